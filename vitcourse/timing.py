"""How long something takes: warmed up, waited for, repeated, and told with its spread.

Taught in lesson 12.
"""

import logging
import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it misses CUDA on every CPU

RUNS, WARM_UP = 30, 3  # thirty runs, as in the DeiT paper
_COMPILERS = ("c++", "g++", "clang++", "cl")


@dataclass(frozen=True)
class Timing:
    """The seconds of each run."""

    seconds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """What the DeiT paper reports; one interrupted run moves it."""
        return statistics.fmean(self.seconds)

    @property
    def median(self) -> float:
        """Half the runs were faster: a few interrupted ones do not move it."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The middle half of the runs lies between these two."""
        if len(self.seconds) == 1:
            return self.seconds * 2
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return low, high


def synchronize() -> None:
    """Wait until a GPU has finished what it was given; without one there is nothing to wait for."""
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()


def measure(
    call: Callable[[], Any], runs: int = RUNS, warm_up: int = WARM_UP, seconds: float = float("inf")
) -> Timing:
    """Time a call.

    Args:
        call: What is timed; it takes nothing, and what it returns is dropped.
        runs: How often at most.
        warm_up: Calls before the clock runs: memory is allocated, caches fill, kernels are chosen.
        seconds: Stop early, after three runs at the soonest, once they have taken this long together.

    Raises:
        ValueError: If runs is below 1 or warm_up below 0.

    Taught in lesson 12.
    """
    if runs < 1 or warm_up < 0:
        raise ValueError(f"runs is {runs}, warm_up {warm_up}; expected at least 1 run, and 0 or more calls")
    for _ in range(warm_up):
        call()
    taken: list[float] = []
    while len(taken) < runs and (len(taken) < 3 or sum(taken) < seconds):
        synchronize()
        began = time.perf_counter()
        call()
        synchronize()
        taken.append(time.perf_counter() - began)
    return Timing(tuple(taken))


def largest_batch(attempt: Callable[[int], Any], most: int = 1024) -> int:
    """Return the largest batch size, a power of two, for which a call does not run out of memory.

    Args:
        attempt: Called with 1, 2, 4 and so on.
        most: Where to stop, though more would fit. On a CPU stop low: it swaps or is killed long before it
            raises.

    Raises:
        ValueError: If not even one picture fits.

    Taught in lesson 12.
    """
    fits, size = 0, 1
    while size <= most:
        try:
            attempt(size)
        except torch.OutOfMemoryError:
            torch.accelerator.empty_cache()
            break
        fits, size = size, 2 * size
    if not fits:
        raise ValueError("a batch of 1 does not fit into memory; take a smaller model, or a lower precision")
    return fits


def matmul_rate(dtype: torch.dtype = torch.float32, size: int = 2048, device: str = "cpu") -> float:
    """Return how many floating-point operations a second a product of two square matrices reaches.

    A sum and a product are two operations, so that it takes 2 size^3. It is what a network of matrix products
    can come near to, and hardly ever beats.

    Taught in lesson 12.
    """
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return 2 * size**3 / measure(lambda: left @ right, runs=10, seconds=2).median


def compiler() -> str | None:
    """Return the C++ compiler that `torch.compile` would use on a CPU, or None if there is none."""
    named = os.environ.get("CXX")
    return next((found for name in (named, *_COMPILERS) if name and (found := shutil.which(name))), None)


def compiled(model: nn.Module, pixel_values: torch.Tensor) -> tuple[nn.Module, float]:
    """Compile a model, by a first call with such a batch.

    Args:
        model: In evaluation mode, on the device of the batch.
        pixel_values: (B, 3, H, W). Another batch size compiles once more.

    Returns:
        The compiled model, which shares its weights with the model, and the seconds that the first call took.

    Raises:
        RuntimeError: If the machine cannot compile; the message says what to install.

    Taught in lesson 12.
    """
    if pixel_values.device.type == "cpu" and compiler() is None:
        raise RuntimeError(
            f"torch.compile needs a C++ compiler on a CPU; none of {', '.join(_COMPILERS)} is found. "
            "Install one (Linux: apt install g++; macOS: xcode-select --install; Windows: Visual Studio's "
            "C++ build tools), or go on without: everything else works"
        )
    faster = torch.compile(model)
    began = time.perf_counter()
    with torch.inference_mode():
        faster(pixel_values=pixel_values)
    synchronize()
    return faster, time.perf_counter() - began
