"""What a Vision Transformer costs, from its shape alone: arithmetic by formula and counted.

Taught in lesson 12.
"""

import torch
import transformers
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedModel

from vitcourse.variants import Variant

NUM_CLASSES = 1000


def forward_flops(variant: Variant, num_classes: int = NUM_CLASSES) -> int:
    """Return the floating-point operations of one picture's forward pass, matrix products alone.

    With N tokens of width D, a block takes 8ND^2 for query, key, value and output, 4N^2D for attention itself
    and 16ND^2 for its two MLP layers. A sum and a product are two operations; papers that count
    "multiply-adds" print half of it. Normalisation, softmax, GELU and sums are left out: they are about one
    part in a hundred.

    Taught in lesson 12.
    """
    tokens, width = variant.num_tokens, variant.embed_dim
    num_patches = (variant.image_size // variant.patch_size) ** 2
    embedding = 2 * num_patches * 3 * variant.patch_size**2 * width
    block = 24 * tokens * width**2 + 4 * tokens**2 * width
    heads = 2 * width * num_classes * (2 if variant.distilled else 1)
    return embedding + variant.depth * block + heads


def count_flops(model: nn.Module, pixel_values: torch.Tensor) -> int:
    """Return the floating-point operations of a forward pass, counted as torch carries it out.

    Args:
        model: Takes `pixel_values`.
        pixel_values: (B, 3, H, W); on the device "meta" nothing is computed, and it takes no time.

    Taught in lesson 12.
    """
    # torch before 2.15 does not count its fused attention on the CPU; written out, it is counted everywhere
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(pixel_values=pixel_values)
    return counter.get_total_flops()


def footprint(
    hours: float, watts: float, overhead: float = 1.0, grams_per_kwh: float = 400
) -> dict[str, float]:
    """Estimate what a computation takes: energy is power times time, and each factor is an assumption.

    Lacoste et al., *Quantifying the Carbon Emissions of Machine Learning*, arXiv:1910.09700.

    Args:
        hours: How long it runs.
        watts: What the machine draws while it does.
        overhead: Cooling and the rest of the room, as a factor.
        grams_per_kwh: CO2 of a kilowatt-hour; grids give from 50 to 800.

    Returns:
        "kWh" and "kg CO2", to four decimals.

    Taught in lesson 12.
    """
    kwh = hours * watts / 1000 * overhead
    return {"kWh": round(kwh, 4), "kg CO2": round(kwh * grams_per_kwh / 1000, 4)}


def random_model(variant: Variant, device: str = "cpu", num_classes: int = NUM_CLASSES) -> PreTrainedModel:
    """Build a variant with random weights, in evaluation mode: speed and memory do not depend on them.

    Args:
        variant: From `vitcourse.variants`.
        device: "cpu", "cuda", "mps", or "meta" for shapes without numbers.
        num_classes: Outputs of the head.

    Taught in lesson 12.
    """
    model_class = getattr(transformers, variant.class_name)
    config = model_class.config_class(
        image_size=variant.image_size,
        patch_size=variant.patch_size,
        hidden_size=variant.embed_dim,
        intermediate_size=4 * variant.embed_dim,
        num_hidden_layers=variant.depth,
        num_attention_heads=variant.num_heads,
        num_labels=num_classes,
    )
    with torch.device(device):
        return model_class(config).eval()
