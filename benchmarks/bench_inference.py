"""Inference with ViT-Tiny beside the libraries' own front doors: from disk to labels, and each part of it.

    VITCOURSE_ASSETS=real python benchmarks/bench_inference.py [--rounds 5] [--only disk pixels model]

On the 128 photos of the multi-label set (499x666 JPEG). `pipeline` runs at the best of its batch sizes. With
demo assets it runs too, and means nothing. About 3 minutes on two cores. Writes
benchmarks/results/bench_inference_DEVICE_PRECISION.json.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import compare
import PIL.Image
import torch
import transformers
from datasets import DatasetDict, Image

import vitcourse as vc
from vitcourse import assets, cost, timing

BATCHES = (1, 8, 32)
MODEL_BATCH = 8
FORWARDS = 4  # timed together, as the products are
NEAR = 2 / 255  # of the peer's pixels, on average


def main() -> None:
    """Answer every question, and write the rows."""
    compare.run({"disk": disk, "pixels": pixels, "model": model}, __doc__, __file__)


def files(splits: DatasetDict) -> list[str]:
    """Return the paths of a dataset's photos."""
    splits = splits.cast_column("image", Image(decode=False))
    return [row["image"]["path"] for split in splits.values() for row in split]


def disk(name: str, rounds: int) -> list[dict]:
    """Compare `Classifier.predict` with `pipeline`, from files to labels."""
    photos = files(vc.fridge.multilabel())
    plain, compiled = vc.Classifier(name), vc.Classifier(name)
    began = time.perf_counter()
    compiled.compile()
    seconds = time.perf_counter() - began
    peers = {
        precision: best_pipeline(name, precision, photos)
        for precision in dict.fromkeys(("fp32", plain.precision))
    }
    calls = {f"pipeline {precision}, {how}": call for precision, (how, call) in peers.items()}
    ours = f"Classifier.predict {plain.precision}", f"Classifier.compile().predict {plain.precision}"
    calls |= {ours[0]: lambda: plain.predict(photos), ours[1]: lambda: compiled.predict(photos)}
    mine = f"{ours[1]}, near ties left as they are"
    parts = {"products": compare.products()}
    if plain.precision != "fp32":
        parts[mine] = near_ties_left()(lambda: compiled.predict(photos))
    taken = compare.in_turns(calls | parts, rounds)
    question, work = f"{len(photos)} photos from disk to labels", len(photos)
    rows = [
        compare.faster(
            question + (f"; compiled in {seconds:.1f} s" if our == ours[1] else ""),
            (peer, taken[peer]),
            (our, taken[our]),
            work,
            "images/s",
            to_reach=compare.by_precision(3.0) if peer.startswith("pipeline fp32") else None,
        )
        for peer in list(calls)[:-2]
        for our in ours
    ]
    if mine in parts:
        peer = next(iter(calls))
        rows.append(compare.faster(question, (peer, taken[peer]), (mine, taken[mine]), work, "images/s"))
    flops = work * cost.count_flops(plain._network, torch.zeros(1, 3, 224, 224, device=plain.device))
    return [*rows, compare.ceiling(question, taken, flops, work)]


@contextmanager
def near_ties_left() -> Iterator[None]:
    """Let a `Classifier` compute nothing again in fp32; of 1,000 classes, two are now and then as likely."""
    with mock.patch.object(vc.classifier, "NEAR_TIE", 0.0):
        yield


def best_pipeline(name: str, precision: str, photos: list[str]) -> tuple[str, Callable[[], object]]:
    """Return `pipeline` at the batch size that classifies the photos in the shortest time."""
    pipe = pipeline(name, precision)
    calls = {size: lambda size=size: pipe(photos, batch_size=size) for size in BATCHES}
    best = min((timing.measure(calls[size], runs=2, warm_up=1).median, size) for size in BATCHES)[1]
    return f"batch {best}", calls[best]


def pipeline(name: str, precision: str = "fp32") -> transformers.Pipeline:
    """Return the library's front door, on the same weights and device."""
    dtype = vc.classifier.PRECISIONS[precision]
    path = str(assets.find(name) or assets.resolve(name))
    return transformers.pipeline("image-classification", path, dtype=dtype, device=vc.devices.name())


def pixels(name: str, rounds: int) -> list[dict]:
    """Compare preprocessing, from the bytes of JPEG files to `pixel_values`."""
    data = [Path(photo).read_bytes() for photo in files(vc.fridge.multilabel())]
    classifier = vc.Classifier(name)
    peers = {backend: peer_pixels(name, backend, data) for backend in ("torchvision", "pil")}
    ours = lambda: list(classifier.batch_pixels(data, MODEL_BATCH))  # noqa: E731
    taken = compare.in_turns({**peers, "ours": ours}, 3 * rounds)
    found, levels = torch.cat(ours()), 255 * torch.tensor(classifier.processor.image_std).view(3, 1, 1)
    rows = []
    for backend in sorted(peers, key=lambda peer: sum(taken[peer])):
        apart = ((found - torch.cat(peers[backend]())).abs() * levels).mean().item()
        question = f"JPEG bytes to pixel_values; {apart:.2g}/255 apart on average"
        peer, mine = f"AutoImageProcessor, {backend}", "Classifier.batch_pixels"
        pair = (peer, taken[backend]), (mine, taken["ours"])
        row = compare.faster(question, *pair, len(data), "images/s", to_reach=None if rows else 2.0)
        rows.append(row | ({} if rows else {"holds": row["holds"] and apart <= 255 * NEAR}))
    return rows


def peer_pixels(name: str, backend: str, data: list[bytes]) -> Callable[[], list[torch.Tensor]]:
    """Return a call that decodes and preprocesses by the library, a batch of 8 at a time."""
    processor = transformers.AutoImageProcessor.from_pretrained(assets.find(name), backend=backend)

    def call() -> list[torch.Tensor]:
        batches = [data[start : start + MODEL_BATCH] for start in range(0, len(data), MODEL_BATCH)]
        pictures = ([PIL.Image.open(io.BytesIO(each)).convert("RGB") for each in batch] for batch in batches)
        return [processor(batch, return_tensors="pt")["pixel_values"] for batch in pictures]

    return call


@torch.inference_mode()
def model(name: str, rounds: int) -> list[dict]:
    """Compare the model alone with the processor's rate for products of matrices, in the same precision.

    Nothing is computed again here: of noise, nearly every answer is a near tie.
    """
    plain, compiled = vc.Classifier(name), vc.Classifier(name).compile()
    pixel_values = torch.randn(MODEL_BATCH, 3, 224, 224)
    calls = {
        "products": compare.products(),
        "compiled": lambda: [compiled.forward(pixel_values) for _ in range(FORWARDS)],
        "eager": lambda: [plain.forward(pixel_values) for _ in range(FORWARDS)],
    }
    try:
        inductor = vc.Classifier(name)
        inductor._network, _ = timing.compiled(inductor._network, pixel_values.to(plain.device))
        calls["torch.compile"] = lambda: [inductor.forward(pixel_values) for _ in range(FORWARDS)]
    except RuntimeError as error:
        print(f"left out: {error}")
    with near_ties_left():
        taken = compare.in_turns(calls, max(rounds, 3) * 3)
    forward = FORWARDS * MODEL_BATCH * cost.count_flops(plain._network, pixel_values[:1].to(plain.device))
    rows = []
    for how in list(calls)[1:]:
        pairs = zip(taken[how], taken["products"], strict=True)
        ratios = [forward / mine * rate / compare.OPERATIONS for mine, rate in pairs]
        said = [
            f"{text}: {work / sorted(taken[call])[len(taken[call]) // 2] / 1e9:.0f} GFLOP/s"
            for text, work, call in (
                (f"{compare.SIZE}x{compare.SIZE} product {plain.precision}", compare.OPERATIONS, "products"),
                (f"{how} {plain.precision}, batch {MODEL_BATCH}", forward, how),
            )
        ]
        to_reach = 0.55 if how == "compiled" else None
        rows.append(compare.row("the model alone: share of the rate", *said, ratios, to_reach))
    return rows


if __name__ == "__main__":
    main()
