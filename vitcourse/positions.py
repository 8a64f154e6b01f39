"""Position embeddings for another resolution than the one they were trained at.

Taught in lesson 10.
"""

import torch
from torch.nn import functional


def interpolate(embeddings: torch.Tensor, grid: tuple[int, int], num_prefix: int = 1) -> torch.Tensor:
    """Resize the part of position embeddings that belongs to patches, bicubic, and keep the rest.

    Args:
        embeddings: (1, P + N, D), trained on a square grid of N patches.
        grid: Height and width of the new grid, in patches.
        num_prefix: P: 1 with a class token, 2 with a distillation token besides.

    Returns:
        (1, P + height * width, D). Touvron et al., arXiv:2012.12877, section 3: bicubic nearly keeps the
        norm of the vectors, bilinear shrinks it.

    Raises:
        ValueError: If N is not a square number.
    """
    prefix, patches = embeddings[:, :num_prefix], embeddings[:, num_prefix:]
    side = int(patches.shape[1] ** 0.5)
    if side * side != patches.shape[1]:
        raise ValueError(
            f"{patches.shape[1]} patch positions after {num_prefix} prefix tokens; expected a square number, "
            "such as 196. Is num_prefix 2, for a distilled model?"
        )
    square = patches.unflatten(1, (side, side)).permute(0, 3, 1, 2)  # (1, D, side, side)
    resized = functional.interpolate(square, size=grid, mode="bicubic", align_corners=False)
    return torch.cat([prefix, resized.flatten(2).transpose(1, 2)], dim=1)
