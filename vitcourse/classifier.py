"""The front door for inference: pictures of any kind in, labels with scores out.

Threads decode (`vitcourse.images`) and preprocess (`vitcourse.pixels`) the next batch while the model
computes this one; on a CPU, unless the model is compiled, each thread takes batches through to their logits.

Taught in lesson 04.
"""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from typing import TypeVar

import PIL.Image
import torch
from torch import nn
from torch.nn import functional
from transformers import BaseImageProcessor, PreTrainedModel

from vitcourse import ahead, devices, last_block, models, pixels
from vitcourse.images import ImageLike, decodings, each

Answer = TypeVar("Answer")

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
NEAR_TIE = 0.15  # logits; rounding to bf16 moves the difference between two by about 0.04 in ViT-Tiny
_BATCH_SIZES = {"mps": 32, "cuda": 64}
_WIDE = 50e6  # weights; with ViT-Base, two threads with batches of 8 need more memory than one with 16


class Classifier:
    """A classification model with its own preprocessing.

    Attributes:
        model: The network, in evaluation mode.
        processor: Its image processor.
        labels: Class names, in the order of the logits.
        multi_label: Whether each class gets its own probability (sigmoid) or all share one (softmax).
        device: Where the model computes.
        precision: "fp32", "bf16" or "fp16".
        batch_size: How many images in a forward pass suit the device.

    Taught in lesson 04.
    """

    def __init__(
        self, model: str | Path | tuple[PreTrainedModel, BaseImageProcessor], precision: str = "auto"
    ) -> None:
        """Load a model, or take one that is loaded.

        Args:
            model: A name of the course ("vit-tiny"), a folder, an id on the Hub, or the pair from `vc.load`.
                A pair stays on its device, and its weights are left as they are. What is trained later is
                seen, unless the classifier is compiled; for changes of the network itself, such as another
                input size, make another classifier.
            precision: "fp32", "bf16", "fp16", or "auto": the fastest that the device computes in hardware.

        Raises:
            ValueError: If the precision is another, or a tuple is no pair.
            CheckpointError: If there is no such checkpoint, or its weights do not fit.
        """
        if precision not in ("auto", *PRECISIONS):
            raise ValueError(f"precision is {precision!r}; expected auto, {', '.join(PRECISIONS)}")
        self.model, self.processor = _pair(model)
        self.labels = [self.model.config.id2label[index] for index in range(self.model.config.num_labels)]
        self.multi_label = self.model.config.problem_type == "multi_label_classification"
        self.device = self.model.device
        self.precision = _choose(self.device.type) if precision == "auto" else precision
        self._network = last_block.short_twin(self.model.eval())
        if self.precision != "fp32":
            for head in models.heads(self._network).values():
                head.register_forward_hook(_in_fp32)
        self.batch_size = _batch_size(self.device.type, self.model)
        self._compiled: Callable[[torch.Tensor], torch.Tensor] | None = None

    def compile(self) -> "Classifier":
        """Compile the model with OpenVINO, if it is on the CPU, and return this classifier.

        It takes some seconds, and needs a copy of the weights: what is trained later is not seen. Larger
        batches suit a compiled model, which computes them on all cores; see `vitcourse.export.to_openvino`.
        Near ties are computed by the model itself. On other devices, and in fp16, nothing changes.

        Taught in lesson 12.
        """
        if self.device.type == "cpu" and self.precision != "fp16":
            from vitcourse import export  # loads ONNX too

            bare = last_block.short_twin(self.model)  # the hooks of `_network` are for autocast
            self._compiled = export.to_openvino(bare, self.precision)
            self.batch_size = _batch_size("cpu", self.model, compiled=True)
        return self

    def predict(
        self, images: ImageLike | Iterable[ImageLike], top_k: int | None = 5, batch_size: int | None = None
    ) -> list[list[dict[str, str | float]]]:
        """Classify images.

        Args:
            images: One image, or a list or generator of them. Each is a path, the bytes of an image file, a
                PIL image of any mode, or a uint8 array (H, W), (H, W, 3) or (H, W, 4).
            top_k: How many classes to return for each; None for all.
            batch_size: Images a forward pass; by default one that suits the device. A generator is read
                ahead, as `batch_logits` says.

        Returns:
            One list an image, also for a single image: `{"label": str, "score": float}`, highest first.
            Scores are probabilities: they add up to 1 over all classes or, if the model is multi-label,
            stand each on their own.

        Raises:
            ImageError: If something is no image; the message has its path or its position.
            ValueError: If top_k or batch_size is not a positive whole number.

        Taught in lesson 04.
        """
        _check_positive("top_k", top_k)
        k = min(top_k or len(self.labels), len(self.labels))
        batches = self._batches(images, batch_size, functools.partial(self._named, k=k))
        return list(itertools.chain.from_iterable(batches))

    def _named(self, logits: torch.Tensor, k: int) -> list[list[dict[str, str | float]]]:
        scores = self.probabilities(logits)  # (B, C)
        best = logits.topk(k).indices  # (B, k)
        return [
            [{"label": self.labels[i], "score": row[i].item()} for i in indices]
            for row, indices in zip(scores, best.tolist(), strict=True)
        ]

    def batch_logits(
        self, images: ImageLike | Iterable[ImageLike], batch_size: int | None = None
    ) -> Iterator[torch.Tensor]:
        """Yield the logits of images batch by batch: (B, C), fp32, on the CPU.

        The next batch is prepared meanwhile: a generator is read one batch ahead. On a CPU, unless the model
        is compiled, each thread computes the logits of a batch of its own, with one core, since threads that
        compute a batch together wait for each other at every step: a generator is read a batch ahead for
        each thread.

        Raises:
            ImageError: If something is no image.
            ValueError: If batch_size is not a positive whole number.

        Taught in lesson 04.
        """
        yield from self._batches(images, batch_size, lambda logits: logits)

    def _batches(
        self,
        images: ImageLike | Iterable[ImageLike],
        batch_size: int | None,
        finish: Callable[[torch.Tensor], Answer],
    ) -> Iterator[Answer]:
        """Yield what `finish` makes of the logits of each batch; it works where they were computed."""
        images, size = each(images), self._size(batch_size)
        one_batch = isinstance(images, Sized) and len(images) <= size
        if self.device.type == "cpu" and not self._compiled and not one_batch:
            calls, threads = decodings(images), torch.get_num_threads()
            batches = iter(lambda: list(itertools.islice(calls, size)), [])
            answers = (functools.partial(self._answer, batch, finish) for batch in batches)
            yield from ahead.in_order(answers, threads, ahead=threads)
            return
        with contextlib.closing(self.batch_pixels(images, size)) as batches:
            for pixel_values in batches:
                yield finish(self.forward(pixel_values))

    def _answer(
        self, batch: list[Callable[[], PIL.Image.Image]], finish: Callable[[torch.Tensor], Answer]
    ) -> Answer:
        return finish(self.forward(self.preprocess(decoding() for decoding in batch)))

    def batch_pixels(
        self, images: ImageLike | Iterable[ImageLike], batch_size: int | None = None
    ) -> Iterator[torch.Tensor]:
        """Yield the `pixel_values` of images batch by batch: (B, 3, H, W), on the CPU.

        Threads, as many as torch uses, decode and resize, up to a batch ahead of what is asked for.

        Raises:
            ImageError: If something is no image.
            ValueError: If batch_size is not a positive whole number.

        Taught in lesson 12.
        """
        size = self._size(batch_size)
        calls = (functools.partial(self._resized, decoding) for decoding in decodings(images))
        resized = ahead.in_order(calls, torch.get_num_threads(), ahead=size)
        with contextlib.closing(resized):
            while batch := list(itertools.islice(resized, size)):
                yield pixels.normalised(batch, self.processor)

    def _size(self, batch_size: int | None) -> int:
        _check_positive("batch_size", batch_size)
        return batch_size or self.batch_size

    def _resized(self, decoding: Callable[[], PIL.Image.Image]) -> torch.Tensor:
        return pixels.resized(decoding(), self.processor)

    def probabilities(self, logits: torch.Tensor) -> torch.Tensor:
        """Turn logits (B, C) into probabilities (B, C): sigmoid if the model is multi-label, else softmax."""
        return logits.sigmoid() if self.multi_label else logits.softmax(-1)

    def preprocess(self, pictures: Iterable[PIL.Image.Image]) -> torch.Tensor:
        """Turn RGB pictures of any sizes into `pixel_values` (B, 3, H, W), by the checkpoint's own file."""
        return pixels.prepare(pictures, self.processor)

    @torch.inference_mode()
    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Run the model on `pixel_values` (B, 3, H, W); the logits (B, C) come back in fp32 on the CPU.

        In bf16 and fp16, images whose answer is a near tie (`NEAR_TIE`) are computed again in fp32, so that
        rounding does not decide.
        """
        run = self._compiled or functools.partial(self._run, precision=self.precision)
        logits = run(pixel_values)
        if self.precision != "fp32" and (near := self._near_ties(logits)).any():
            logits[near] = self._run(pixel_values[near], "fp32")
        return logits

    def _run(self, pixel_values: torch.Tensor, precision: str) -> torch.Tensor:
        dtype = PRECISIONS[precision]
        with torch.autocast(self.device.type, dtype, enabled=precision != "fp32"):
            logits = self._network(pixel_values=pixel_values.to(self.device)).logits
        return logits.float().cpu()

    def _near_ties(self, logits: torch.Tensor) -> torch.Tensor:
        """Tell for each row of logits (B, C) whether a small change gives another label: (B,) bool."""
        if self.multi_label:
            return logits.abs().amin(-1) < NEAR_TIE
        best = logits.topk(min(2, logits.shape[-1])).values  # (B, 2), or (B, 1) with a single class
        return best[:, 0] - best[:, -1] < NEAR_TIE


def _in_fp32(head: nn.Linear, inputs: tuple[torch.Tensor], _: torch.Tensor) -> torch.Tensor:
    """Return a head's logits (B, C) without rounding them: in bf16, numbers near 10 are 1/16 apart."""
    with torch.autocast(inputs[0].device.type, enabled=False):
        return functional.linear(inputs[0].float(), head.weight, head.bias)


def _pair(model: object) -> tuple[PreTrainedModel, BaseImageProcessor]:
    if isinstance(model, str | Path):
        network, processor = models.load(model)
        return network.to(devices.name()), processor
    if isinstance(model, tuple | list) and len(model) == 2 and isinstance(model[0], PreTrainedModel):
        return tuple(model)
    raise ValueError(
        f"model is a {type(model).__name__}; expected a name of the course, a folder, an id on the Hub, or "
        "the pair (model, processor) from vc.load"
    )


def _batch_size(device: str, model: nn.Module, compiled: bool = False) -> int:
    """Return how many images a forward pass suits the device; on a CPU, unless compiled, that of one core."""
    narrow = sum(parameter.numel() for parameter in model.parameters()) < _WIDE
    small, large = (8, 32) if narrow else (4, 8)
    return _BATCH_SIZES.get(device, large if compiled else small)


def _choose(device: str) -> str:
    precision = devices.mixed_precision(device)
    return "fp32" if precision == "no" else precision


def _check_positive(name: str, value: int | None) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{name} is {value!r}; expected a positive whole number, or None")
