"""Learn Vision Transformers by running them: the package behind the lessons.

Modules load when they are first used, so that `import vitcourse` stays instant
although torch and transformers stand behind it.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_MODULES = ("abstention", "assets", "attention", "calibration", "cards", "classifier", "cost")
_MODULES += ("distillation", "doctor", "download", "drawn", "duplicates", "evaluation", "explanations")
_MODULES += ("export", "faithfulness", "features")
_MODULES += ("fridge", "imagenet", "images", "intervals", "losses", "memory", "metric_classes", "metrics")
_MODULES += ("models", "own_data", "patches", "photo_lists", "plotting", "positions", "prediction", "privacy")
_MODULES += ("preprocessing", "pruning", "results", "run", "split_files", "suspects", "thresholds", "timing")
_MODULES += ("training", "variants", "vit", "weights", "world")
_NAMES = {
    "Classifier": "classifier",
    "check": "exercises",
    "hint": "exercises",
    "load": "models",
    "setup": "run",
    "show": "plotting",
}

__all__ = ["__version__", *_MODULES, *_NAMES]


def __getattr__(name: str) -> Any:
    """Import a module, or the module behind a name, on first use (PEP 562)."""
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'vitcourse' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
