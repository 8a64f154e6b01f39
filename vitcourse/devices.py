"""What the machine can do: which device to train on, and in which precision.

Taught in lesson 06.
"""

import torch


def name() -> str:
    """Return the device that training and inference use: "cuda", "mps" or "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def cpu_has_bf16() -> bool:
    """Return whether this processor multiplies bfloat16 matrices in hardware.

    bf16 also runs without such instructions, but slower than fp32.
    """
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(flag, False) for flag in ("amx_bf16", "avx512_bf16", "bf16"))


def mixed_precision(device: str | None = None) -> str:
    """Return the precision Accelerate should train in: "bf16", "fp16" or "no".

    Args:
        device: "cuda", "mps" or "cpu"; by default the one of this machine. A CUDA GPU trains in bf16
            where it can, else in fp16; a CPU in bf16 where it has the instructions; else fp32 ("no").
    """
    device = device or name()
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if device == "cpu" and cpu_has_bf16() else "no"
