"""From a request to its response: the steps that every server of the course shares.

`score` runs them one after the other. The online endpoint runs the same steps, but decodes on several threads
and lets requests share a forward pass. Taught in lesson 13.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from vitcourse.classifier import Classifier
from vitcourse.endpoint import decoding, responses, schema
from vitcourse.endpoint.decoding import Limits
from vitcourse.endpoint.schema import Request, RequestError
from vitcourse.images import ImageError

if TYPE_CHECKING:
    from vitcourse.endpoint.explaining import Explainer


def score(request: Request, classifier: Classifier, limits: Limits | None = None) -> list:
    """Answer a request; nothing is fetched, so addresses are bad images here.

    Raises:
        RequestError: Status 400 with every bad image, 422 if an option does not fit the model, 413 if there
            are too many images.

    Taught in lesson 13.
    """
    limits = limits or Limits()
    check(request, classifier, limits)
    prepared = collect(request, [try_prepare(image, classifier, limits) for image in request.images])
    batches = torch.cat(prepared).split(classifier.batch_size) if prepared else []
    logits = [classifier.forward(batch) for batch in batches]
    explanations = explain(prepared, logits, classifier) if request.params.explain else None
    return answer(request, logits, classifier, explanations)


def check(request: Request, classifier: Classifier, limits: Limits) -> None:
    """Refuse options that do not fit the model, and too many images, before anything is decoded.

    Raises:
        RequestError: Status 422, or 413 if there are too many images.
    """
    most, kind = limits.images, "a request"
    if request.params.explain:
        most, kind = min(limits.explained, most), "a request with explain"
    if len(request.images) > most:
        raise RequestError(
            schema.TOO_LARGE, f"got {len(request.images)} images; expected at most {most} {kind}"
        )
    if request.params.threshold is not None and not classifier.multi_label:
        raise RequestError(
            schema.MALFORMED,
            "threshold is for multi-label models; this model's classes share one probability: use top_k",
        )


def try_prepare(image: str | bytes, classifier: Classifier, limits: Limits) -> torch.Tensor | ImageError:
    """Turn one image into `pixel_values` (1, 3, H, W), or return what is wrong with it.

    Only the small tensor is kept: the decoded pictures of a request would not fit into memory.

    Args:
        image: The text of the request, or the bytes of a file that was fetched.
        classifier: Whose preprocessing to use.
        limits: How large an image may be.
    """
    try:
        data = image if isinstance(image, bytes) else decoding.read_text(image, limits)
        return classifier.preprocess([decoding.read_image(data, limits)])
    except ImageError as error:
        return error


def collect(request: Request, prepared: Sequence[torch.Tensor | ImageError]) -> list[torch.Tensor]:
    """Return the images of a request if all are good.

    Raises:
        RequestError: Status 400; `images` has the position and the reason of every bad one.
    """
    bad = []
    for position, result in enumerate(prepared):
        if isinstance(result, ImageError):
            index = {"index": request.index[position]} if request.index is not None else {}
            bad.append({"position": position, **index, "reason": str(result)})
    if bad:
        message = f"{len(bad)} of {len(prepared)} images cannot be read; nothing was scored"
        raise RequestError(schema.BAD_IMAGES, message, bad)
    return list(prepared)


def explain(
    prepared: Sequence[torch.Tensor], logits: Sequence[torch.Tensor], classifier: Classifier
) -> list[dict]:
    """Return `visualizations` and `attributions` of each image; see `explaining.Explainer.explain`.

    Raises:
        RequestError: Status 422, if the method does not fit the model.
    """
    return _explainer(classifier).explain(prepared, logits) if prepared else []


@functools.lru_cache(maxsize=1)
def _explainer(classifier: Classifier) -> Explainer:
    from vitcourse.endpoint.explaining import Explainer  # 3 seconds and 140 MB that most servers never need

    return Explainer(classifier)


def answer(
    request: Request,
    logits: Sequence[torch.Tensor],
    classifier: Classifier,
    explanations: Sequence[dict] | None = None,
) -> list:
    """Write logits, each (B, C), in the form that a request asks for."""
    if not logits:
        return []
    probabilities = classifier.probabilities(torch.cat(list(logits)))
    params = request.params
    return responses.respond(
        probabilities.numpy(),
        classifier.labels,
        request.response,
        params.top_k,
        params.threshold,
        explanations,
    )
