"""The first line of every lesson: seeds, style, and what this run stands on.

Taught in lesson 00.
"""

import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path

import datasets
from accelerate.utils import set_seed
from matplotlib import pyplot as plt

from vitcourse import assets, devices, models

_SHOWN = ("torch", "transformers", "timm", "accelerate")
MODELS = {"demo": "vit-micro", "real": "vit-tiny"}
LEARNING_RATES = {"vit-micro": 2e-4, "vit-tiny": 1e-4}


@dataclass(frozen=True)
class Run:
    """What a lesson runs on.

    Attributes:
        assets: "demo" (drawn pictures, a network trained on drawn pictures) or "real".
        model: The checkpoint for lessons that need a small one: "vit-micro" or "vit-tiny".
        learning_rate: One that suits fine-tuning all of that checkpoint; a smaller network takes more.
        device: "cuda", "mps" or "cpu".
        precision: What Accelerate trains in: "bf16", "fp16" or "no" (fp32).
        seed: Set for Python, NumPy and torch.
    """

    assets: str
    model: str
    learning_rate: float
    device: str
    precision: str
    seed: int


def setup(seed: int = 0) -> Run:
    """Prepare a lesson: seed, figure style, quiet libraries; print versions, device and assets.

    Raises:
        ValueError: If VITCOURSE_ASSETS is none of demo, real and auto.

    Taught in lesson 00.
    """
    set_seed(seed)
    plt.style.use(Path(__file__).with_name("course.mplstyle"))
    quiet()
    mode = assets.mode()
    model = MODELS[mode]
    run = Run(mode, model, LEARNING_RATES[model], devices.name(), devices.mixed_precision(), seed)
    print(_summary(run))
    return run


def quiet() -> None:
    """Leave out the libraries' progress bars and loading reports: `vc.load` checks what they would say."""
    models.quiet()
    datasets.disable_progress_bars()


def _summary(run: Run) -> str:
    versions = " · ".join(f"{name} {importlib.metadata.version(name)}" for name in _SHOWN)
    precision = {"no": "fp32"}.get(run.precision, run.precision)
    lines = [
        f"python {platform.python_version()} · {versions}",
        f"device: {run.device}, training in {precision} · seed {run.seed}",
    ]
    if run.assets == "demo":
        lines.append(
            "assets: DEMO: drawn pictures and vit-micro. Numbers say nothing about ViT or DeiT on photos.\n"
            "        Real photos and ViT-Tiny: run `vitcourse download`, restart the kernel, run again."
        )
    else:
        absent = [name for name in assets.core_names() if not assets.at_hand(name)]
        later = f" (to be fetched when first used: {', '.join(absent)})" if absent else ""
        lines.append(f"assets: real photos and {run.model}{later}")
    return "\n".join(lines)
