"""`vitcourse doctor`: what this machine has, what it lacks, and the command that mends it.

Taught in lesson 00.
"""

from __future__ import annotations

import json
import textwrap
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from vitcourse import __version__, machine
from vitcourse.machine import Check

NAME_WIDTH = 22
LINE_WIDTH = 110

__all__ = ["Check", "as_json", "as_text", "failed", "report"]


def report(workshop: bool = False, learners: int = 1) -> list[Check]:
    """Look at everything the course stands on. Never raises, whatever is missing.

    Args:
        workshop: Look at what an instructor needs the day before, too.
        learners: How many people will work on this machine at the same time, in a workshop.

    Returns:
        One check a line: Python, libraries, torch, CPU, GPU, memory, disk, Jupyter, assets.
    """
    looks = dict(_LOOKS)
    if workshop:
        from vitcourse.workshop import looks as more

        looks |= more(learners)
    checks = []
    for name, look in looks.items():
        checks += _guarded(name, look)
    return checks


def _guarded(name: str, look: Callable[[], list[Check]]) -> list[Check]:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - the report is for broken machines: any error is a finding
        fix = f"{machine.python_command()} -m pip install -e .  (in the checkout), then look again"
        return [Check("FAIL", name, f"can't be looked at: {type(error).__name__}: {error}", fix)]


def failed(checks: Sequence[Check]) -> bool:
    """Whether a line says that the course can't run."""
    return any(check.status == "FAIL" for check in checks)


def as_text(checks: Sequence[Check]) -> str:
    """The report for a terminal: a line a check, below it what mends it, and a summary."""
    lines = [f"vitcourse {__version__}"]
    for check in checks:
        lines.append(f"{f'[{check.status}]':<7}{check.name:<{NAME_WIDTH}} {check.detail}")
        if check.fix:
            lines.append(f"{'':<{7 + NAME_WIDTH}} mend: {check.fix}")
    counts = {status: sum(check.status == status for check in checks) for status in ("OK", "WARN", "FAIL")}
    lines.append(", ".join(f"{count} {status}" for status, count in counts.items()))
    return "\n".join(lines)


def as_json(checks: Sequence[Check]) -> str:
    """The report as JSON: `version`, `ok`, and `checks` with status, name, detail and fix."""
    rows = [{"status": c.status, "name": c.name, "detail": c.detail, "fix": c.fix} for c in checks]
    return json.dumps({"version": __version__, "ok": not failed(checks), "checks": rows}, indent=2)


def _demo_assets() -> list[Check]:
    from vitcourse import assets

    shipped = [asset for name in assets.names() if (asset := assets.get(name)).demo]
    faults = {asset.name: assets.problem(asset, assets.demo_folder(asset)) for asset in shipped}
    if not any(faults.values()):
        return [Check("OK", "demo assets", f"{', '.join(faults)} in {assets.demo_dir()}")]
    detail = "; ".join(f"{name}: {fault}" for name, fault in faults.items() if fault)
    fix = "git checkout -- data/demo  (in the checkout), or clone the repository again"
    return [Check("FAIL", "demo assets", textwrap.shorten(detail, 300), fix)]


def _real_assets() -> list[Check]:
    from vitcourse import assets

    fetched = [asset for name in assets.names() if not (asset := assets.get(name)).ships]
    here = [asset.name for asset in fetched if assets.find(asset.name)]
    absent = [asset for asset in fetched if asset.name not in here]
    damaged = [asset for asset in absent if assets.real_path(asset).exists()]
    missing = [asset for asset in absent if asset.core and asset not in damaged]
    checks = []
    if here:
        checks.append(Check("OK", "real assets", f"here: {', '.join(here)}"))
    if missing:
        megabytes = sum(asset.megabytes for asset in missing)
        names = ", ".join(asset.name for asset in missing)
        detail = f"not here: {names}; optional, `vitcourse download` fetches {megabytes:.0f} MB"
        checks.append(Check("OK", "real assets", detail))
    for asset in damaged:
        fault = assets.problem(asset, assets.real_path(asset))
        detail = textwrap.shorten(f"{asset.name} is not whole: {fault}", 300)
        checks.append(Check("WARN", "real assets", detail, f"vitcourse download {asset.name}"))
    return checks


def _mirror() -> list[Check]:
    from vitcourse import assets, transfer

    mirror = assets.mirror_location()
    if mirror is None:
        return [Check("OK", "mirror", "none set (VITCOURSE_MIRROR)")]
    fix = f"mend the address, or {machine.set_variable('VITCOURSE_MIRROR')}"
    shown = str(mirror) if isinstance(mirror, Path) else transfer.redacted(mirror)
    if isinstance(mirror, Path) and not mirror.is_dir():
        return [Check("WARN", "mirror", f"{shown}: there is no such folder", fix)]
    try:
        held = [name for name in assets.core_names() if assets.in_mirror(name)]
    except transfer.TransferError as error:
        return [Check("WARN", "mirror", f"does not answer: {error}", fix)]
    missing = [name for name in assets.core_names() if name not in held]
    if missing:
        detail = f"{shown} lacks {', '.join(missing)} of the core set"
        return [Check("WARN", "mirror", detail, "vitcourse mirror DIR  (on a machine that has them)")]
    return [Check("OK", "mirror", f"{shown} holds the core set")]


def _mode() -> list[Check]:
    from vitcourse import assets

    try:
        requested = assets.requested_mode()
    except ValueError as error:
        return [Check("FAIL", "assets in use", str(error), machine.set_variable("VITCOURSE_ASSETS"))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the mirror has a line of its own
        mode = assets.mode()
    return [Check("OK", "assets in use", f"{mode} (VITCOURSE_ASSETS={requested})")]


_LOOKS: dict[str, Callable[[], list[Check]]] = {
    "Python": machine.python_version,
    "libraries": machine.libraries,
    "torch and torchvision": machine.torch_pair,
    "CPU": machine.processor,
    "GPU": machine.accelerator,
    "memory": machine.memory,
    "disk": machine.disk,
    "Jupyter kernel": machine.jupyter_kernel,
    "demo assets": _demo_assets,
    "real assets": _real_assets,
    "mirror": _mirror,
    "assets in use": _mode,
}
