"""Explained answers: where the picture spoke for the most probable class, as numbers and as a picture.

The method is gradient-weighted attention. Of those in lesson 11 that take one pass through the network it has
the best areas, and at least as many hits (benchmarks/results/explanations.json).

Taught in lesson 13.
"""

import base64
import io
import threading
from collections.abc import Sequence

import matplotlib
import numpy as np
import PIL.Image
import torch

from vitcourse import explanations, models, preprocessing
from vitcourse.classifier import Classifier
from vitcourse.endpoint.schema import MALFORMED, RequestError

_STRENGTH = 0.6  # of the colours over the grey picture, as in the figures of lesson 11


class Explainer:
    """Makes maps from a copy of a classifier's network that shares its weights.

    Reading attention hooks into a network: with a copy, other threads can score at the same time. Those that
    explain wait for each other.

    Taught in lesson 13.
    """

    def __init__(self, classifier: Classifier) -> None:
        """Copy the network, and try it on a grey picture: not every network has attention to read."""
        self._classifier, network = classifier, classifier.model
        self._network = models.twin(network).eval()
        grey = classifier.preprocess([PIL.Image.new("RGB", (32, 32), "grey")]).to(classifier.device)
        with torch.no_grad():
            self._tokens = range(len(models.logits_by_head(self._network(grey))))
        self._one_at_a_time, self._misfit = threading.Lock(), ""
        try:
            self._map(grey, torch.tensor([0]))
        except (RuntimeError, ValueError) as error:
            self._misfit = str(error)

    def explain(self, prepared: Sequence[torch.Tensor], logits: Sequence[torch.Tensor]) -> list[dict]:
        """Explain the most probable class of each image.

        Args:
            prepared: `pixel_values`, one (1, 3, H, W) an image.
            logits: Of the same images, in the same order, each (B, C).

        Returns:
            One object an image, in the published names. `visualizations`: the picture that the network saw,
            in grey, with the map in colours over it; PNG in base64. `attributions`: the map, a list of rows
            of patches, higher where a patch spoke more for the class.

        Raises:
            RequestError: Status 422, if the method does not fit the model.

        Taught in lesson 13.
        """
        if self._misfit:
            raise RequestError(MALFORMED, f"explain does not fit this model: {self._misfit}")
        targets = self._classifier.probabilities(torch.cat(list(logits))).argmax(1)  # (N,)
        found = []
        for pixel_values, target in zip(prepared, targets.split(1), strict=True):
            values = self._map(pixel_values, target)
            picture = preprocessing.to_image(pixel_values[0], self._classifier.processor)
            found.append({"visualizations": _png(_overlay(picture, values)), "attributions": values.tolist()})
        return found

    def _map(self, pixel_values: torch.Tensor, target: torch.Tensor) -> np.ndarray:
        """Return the map (rows, columns) of one image; of two heads the mean, as their mean is the answer."""
        pixel_values, target = (tensor.to(self._classifier.device) for tensor in (pixel_values, target))
        with self._one_at_a_time:
            maps = [
                explanations.gradient_weighted(self._network, pixel_values, target, token)
                for token in self._tokens
            ]
        return torch.cat(maps).mean(0).cpu().numpy()


def _overlay(picture: PIL.Image.Image, values: np.ndarray) -> PIL.Image.Image:
    """Lay a map (rows, columns) in colours over a picture in grey, 0 darkest and its highest brightest."""
    share = PIL.Image.fromarray(values / max(float(values.max()), 1e-30))
    smooth = np.asarray(share.resize(picture.size, PIL.Image.Resampling.BILINEAR))
    colours = PIL.Image.fromarray(matplotlib.colormaps["cividis"](smooth, bytes=True)).convert("RGB")
    return PIL.Image.blend(picture.convert("L").convert("RGB"), colours, _STRENGTH)


def _png(picture: PIL.Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
