"""How much memory a model takes: the highest mark of a fresh process, or of a GPU.

Taught in lesson 12.
"""

import multiprocessing
import re
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import psutil
import torch

from vitcourse import cost, devices, variants


def peak_bytes(device: str = "cpu") -> int:
    """Return the most memory there has been in use since the start: of this process, or of torch on a GPU.

    Linux keeps the mark in `/proc/self/status`. `resource.getrusage` also has one, but a process inherits
    that from the process which started it. On "mps" there is no mark: it is what torch holds now, and holds
    on to.

    Taught in lesson 12.
    """
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    if device == "mps":
        return torch.mps.driver_allocated_memory()
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a Python of its own, so that nothing done before counts as its memory.

    Args:
        function: A function of a module (not one defined in a notebook).
        arguments: For it; they and what it returns can be pickled.

    Raises:
        MemoryError: If that process was ended from outside, as Linux does when memory runs out.

    Taught in lesson 12.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            raise MemoryError(
                f"the process of {function.__name__}{arguments} was ended, for want of memory most likely; "
                "take a smaller batch or a smaller model"
            ) from None


def forward_peaks(name: str, batch_sizes: list[int], device: str | None = None) -> dict[str, int]:
    """Return the peak after the imports, with the weights in place, and after a forward pass of each batch.

    Meant for `in_fresh_process`. Batch sizes rise, since a peak never falls.

    Args:
        name: Of a variant, built with random weights.
        batch_sizes: Pictures a forward pass.
        device: "cpu", "cuda" or "mps"; by default the one of this machine.

    Returns:
        Bytes by "imports", "weights" and "batch 1" and so on.

    Taught in lesson 12.
    """
    device = device or devices.name()
    variant = variants.get(name)
    peaks = {"imports": peak_bytes(device)}
    model = cost.random_model(variant, device)
    peaks["weights"] = peak_bytes(device)
    for batch_size in sorted(batch_sizes):
        pixel_values = torch.zeros(batch_size, 3, variant.image_size, variant.image_size, device=device)
        with torch.inference_mode():
            model(pixel_values=pixel_values)
        peaks[f"batch {batch_size}"] = peak_bytes(device)
    return peaks
