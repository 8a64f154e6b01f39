"""The Vision Transformers of the course in one table: ten published variants and the demo ones.

The facts stand in `variants.yaml`, each published number with its source.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from vitcourse import assets

_FILE = Path(__file__).with_name("variants.yaml")


@dataclass(frozen=True)
class Variant:
    """One architecture with its published numbers.

    Attributes:
        name: Name in the course, such as "deit-small".
        class_name: The transformers class that loads it.
        image_size: Height and width of `pixel_values`, in pixels.
        num_tokens: Patches plus class token plus, where there is one, distillation token.
        embed_dim: Width of a token (D).
        depth: Number of transformer blocks.
        num_heads: Attention heads in a block.
        num_parameters: Parameters with the classification head(s).
        preprocessing: What the model card states: resize, crop, mean, std.
        published: Numbers by source ("card", "paper", "timm", "v100").
        demo: True for a small network that the course trained on drawn pictures.
    """

    name: str
    class_name: str
    image_size: int
    num_tokens: int
    embed_dim: int
    depth: int
    num_heads: int
    num_parameters: int
    preprocessing: dict
    published: dict
    demo: bool = False

    @property
    def hub_id(self) -> str | None:
        """Repository on the Hugging Face Hub; None for a demo variant."""
        return assets.get(self.name).hub_id

    @property
    def patch_size(self) -> int:
        """Height and width of a patch, in pixels: 16 throughout the course."""
        return 16

    @property
    def distilled(self) -> bool:
        """Whether it has a distillation token (DeiT paper, section 4)."""
        return self.class_name == "DeiTForImageClassificationWithTeacher"


@functools.cache
def all_variants() -> dict[str, Variant]:
    """Return every variant by name, in the order of the course's table."""
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Variant(name=name, **row) for name, row in rows.items()}


def get(name: str) -> Variant:
    """Return one variant.

    Raises:
        KeyError: If no variant has this name; the message lists those there are.
    """
    try:
        return all_variants()[name]
    except KeyError:
        raise KeyError(f"no variant {name!r}; the course has {', '.join(all_variants())}") from None


def table() -> pd.DataFrame:
    """Return the variants as a table, a row each.

    Accuracies are percent on ImageNet-1k's validation images, from the source in the column's name;
    `v100` is images a second on one V100 GPU, as published by DeiT's authors.
    """
    rows = []
    for v in all_variants().values():
        published = {source: v.published.get(source, {}) for source in ("card", "paper", "timm", "v100")}
        rows.append(
            {
                "name": v.name,
                "Hub id": v.hub_id,
                "class": v.class_name,
                "resolution": v.image_size,
                "tokens": v.num_tokens,
                "dim/depth/heads": f"{v.embed_dim}/{v.depth}/{v.num_heads}",
                "parameters": v.num_parameters,
                "top-1 (card)": published["card"].get("top1"),
                "top-5 (card)": published["card"].get("top5"),
                "top-1 (paper)": published["paper"].get("top1"),
                "top-1 (timm)": published["timm"].get("top1"),
                "ReaL (timm)": published["timm"].get("real"),
                "V2 (timm)": published["timm"].get("v2"),
                "v100": published["v100"].get("images_per_second"),
                "note": "; ".join(f"{source}: {p['note']}" for source, p in published.items() if "note" in p),
            }
        )
    return pd.DataFrame(rows).set_index("name")
