"""What `vitcourse doctor` looks at on the machine: Python, libraries, processor, memory, disk.

Each check looks for trouble without making any: a library that is missing or broken is a line
of the report, not an exception.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLDEST_PYTHON = (3, 10)
MEMORY_GB = 2.5  # what the largest lesson needs
DISK_WARN_GB = 2.0
DISK_FAIL_GB = 0.2
NVIDIA_SECONDS = 10.0
TORCH_PAIR = ("torch", "torchvision")


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes:
        status: `OK`, `WARN` (the course runs, something is worse than it could be) or `FAIL`.
        name: What was looked at.
        detail: What was found.
        fix: The command or step that mends it; empty on an OK line.
    """

    status: str
    name: str
    detail: str
    fix: str = ""


def python_command() -> str:
    """How this Python is called in a terminal: `python` where that is the same one."""
    on_path = shutil.which("python")
    if on_path and Path(on_path).absolute().parent == Path(sys.executable).absolute().parent:
        return "python"
    return f'"{sys.executable}"' if " " in sys.executable else sys.executable


def set_variable(name: str, value: str = "") -> str:
    """The command that sets an environment variable on this platform, or unsets it without a value."""
    if os.name == "nt":
        powershell = f'$env:{name} = "{value}"' if value else f"Remove-Item Env:{name}"
        return f"{powershell}  (cmd.exe: set {name}={value})"
    return f'export {name}="{value}"' if value else f"unset {name}"


def python_version() -> list[Check]:
    """The interpreter against the oldest that the course supports."""
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info >= OLDEST_PYTHON:
        return [Check("OK", "Python", detail)]
    wanted = ".".join(map(str, OLDEST_PYTHON))
    fix = "conda env create -f environment.yml, or install a newer one from https://www.python.org/downloads/"
    return [Check("FAIL", "Python", f"{detail}; the course needs {wanted} or newer", fix)]


def libraries() -> list[Check]:
    """Each dependency against the range that the package declares."""
    try:
        declared, checks = importlib.metadata.requires("vitcourse") or [], []
    except importlib.metadata.PackageNotFoundError:
        declared = _declared_in_pyproject()
        fix = f"{python_command()} -m pip install -e ."
        checks = [Check("WARN", "vitcourse", "the package is not installed in this Python", fix)]
    requirements = [line for line in declared if "extra ==" not in line]
    if not requirements:
        fix = f"{python_command()} -m pip install -e .  (in the checkout)"
        return [*checks, Check("WARN", "libraries", "no list of dependencies to compare with", fix)]
    return checks + [_library(line.split(";")[0].strip()) for line in requirements]


def _declared_in_pyproject() -> list[str]:
    pyproject = Path(__file__).resolve().parents[1] / "pyproject.toml"
    if not pyproject.is_file():
        return []
    found = re.search(r"^dependencies = \[(.*?)^\]", pyproject.read_text(encoding="utf-8"), re.M | re.S)
    return re.findall(r'"([^"]+)"', found.group(1)) if found else []


def _library(requirement: str) -> Check:
    name, extras, specifiers = re.fullmatch(r"([\w.-]+)(\[[\w,-]+\])?\s*(.*)", requirement).groups()
    wanted = ",".join(sorted(specifiers.split(","), reverse=True))  # the lower bound first
    fix = _install(name, f"{name}{extras or ''}{wanted}")
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Check("FAIL", name, f"not installed; expected {wanted}", fix)
    try:
        from packaging.specifiers import SpecifierSet
    except ImportError:
        detail = f"{version}; not compared with {wanted}: packaging is missing"
        return Check("WARN", name, detail, _install("packaging"))
    detail = f"{version} ({wanted})"
    outside = [spec for spec in SpecifierSet(wanted) if not spec.contains(version, prereleases=True)]
    if not outside:
        return Check("OK", name, detail)
    if any(spec.operator.startswith(">") for spec in outside):
        return Check("FAIL", name, f"{version} is older than the course supports ({wanted})", fix)
    return Check("WARN", name, f"{version} is newer than what was tried ({wanted})", fix)


def _install(name: str, requirement: str = "") -> str:
    wanted = f'"{requirement or name}"'
    if name in TORCH_PAIR:  # one without the other leaves a pair that does not fit
        wanted += f" {TORCH_PAIR[1 - TORCH_PAIR.index(name)]}"
    return f"{python_command()} -m pip install {wanted}"


def torch_pair() -> list[Check]:
    """Whether torch loads, and torchvision was built for it."""
    name = "torch and torchvision"
    fix = f"{python_command()} -m pip install --force-reinstall --no-cache-dir torch torchvision"
    for library in TORCH_PAIR:
        try:
            importlib.import_module(library)
        except Exception as error:  # noqa: BLE001 - a broken build raises OSError, RuntimeError and others
            return [Check("FAIL", name, f"{library} does not load: {_first_line(error)}", fix)]
    torch_version = importlib.metadata.version("torch")
    built_for = _torch_that_torchvision_wants()
    if built_for and built_for != torch_version.split("+")[0]:
        detail = f"torchvision was built for torch {built_for}, here is {torch_version}"
        return [Check("WARN", name, detail, fix)]
    return [Check("OK", name, f"{torch_version} and {importlib.metadata.version('torchvision')} fit")]


def _torch_that_torchvision_wants() -> str | None:
    declared = importlib.metadata.requires("torchvision") or []
    pins = [re.fullmatch(r"torch\s*\(?==\s*([\d.]+)\)?", line.split(";")[0].strip()) for line in declared]
    return next((pin.group(1) for pin in pins if pin), None)


def processor() -> list[Check]:
    """Cores, vector instructions, and whether bfloat16 is multiplied in hardware."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    detail = f"{cores} core{'s' if cores != 1 else ''}"
    torch = _torch_or_none()
    if torch is not None:
        from vitcourse import devices

        bf16 = "with" if devices.cpu_has_bf16() else "without"
        detail += f", {torch.backends.cpu.get_cpu_capability()}, {bf16} bf16 instructions"
    return [Check("OK", "CPU", detail)]


def _torch_or_none() -> Any:
    try:
        return importlib.import_module("torch")
    except Exception:  # noqa: BLE001 - torch_pair reports it
        return None


def accelerator() -> list[Check]:
    """CUDA GPUs or Apple's MPS; none is no fault, one that torch can't use is."""
    torch = _torch_or_none()
    if torch is not None and torch.cuda.is_available():
        return [_cuda_gpu(torch, index) for index in range(torch.cuda.device_count())]
    if torch is not None and torch.backends.mps.is_available():
        return [Check("OK", "GPU", f"Apple GPU (MPS), bf16 {'yes' if _mps_has_bf16(torch) else 'no'}")]
    if gpu := _nvidia_gpu():
        fix = "a torch build for your CUDA driver: https://pytorch.org/get-started/locally/"
        version = getattr(torch, "__version__", "(missing)")
        return [Check("WARN", "GPU", f"{gpu} is there, but torch {version} can't use it", fix)]
    return [Check("OK", "GPU", "none: CPU only")]


def _cuda_gpu(torch: Any, index: int) -> Check:
    properties = torch.cuda.get_device_properties(index)
    with torch.cuda.device(index):
        bf16 = "yes" if torch.cuda.is_bf16_supported(including_emulation=False) else "no (fp16 is used)"
    detail = f"{properties.name}, {properties.total_memory / 1e9:.0f} GB, bf16 {bf16}"
    return Check("OK", f"GPU {index}", detail)


def _mps_has_bf16(torch: Any) -> bool:
    try:
        ones = torch.ones(2, 2, dtype=torch.bfloat16, device="mps")
        return bool((ones @ ones)[0, 0].item() == 2)
    except (RuntimeError, TypeError):
        return False


def _nvidia_gpu() -> str:
    """The first NVIDIA GPU that the driver lists, or an empty string."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ""
    try:
        done = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=NVIDIA_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"GPU 0: (.+?) \(", done.stdout)
    return found.group(1) if done.returncode == 0 and found else ""


def memory() -> list[Check]:
    """Free memory against what the largest lesson needs."""
    try:
        import psutil
    except ImportError:
        return [Check("WARN", "memory", "not measured: psutil is missing", _install("psutil"))]
    free, total = psutil.virtual_memory().available / 1e9, psutil.virtual_memory().total / 1e9
    detail = f"{free:.1f} of {total:.1f} GB free"
    if free >= MEMORY_GB:
        return [Check("OK", "memory", detail)]
    fix = "close other programs and other notebooks' kernels, or lower batch_size in the lesson"
    return [Check("WARN", "memory", f"{detail}; the lessons need up to {MEMORY_GB} GB", fix)]


def disk() -> list[Check]:
    """Free space below the data folder, and whether it can be written to."""
    from vitcourse import assets, storage

    data = assets.data_dir()
    folder = storage.nearest_folder(data)
    free = shutil.disk_usage(folder).free / 1e9
    elsewhere = set_variable("VITCOURSE_DATA", "another folder")
    detail = f"{free:.1f} GB free for {data}"
    if not os.access(folder, os.W_OK):
        return [Check("WARN", "disk", f"{folder} can't be written to", elsewhere)]
    if free >= DISK_WARN_GB:
        return [Check("OK", "disk", detail)]
    fix = f"free some space, or {elsewhere}"
    return [Check("FAIL" if free < DISK_FAIL_GB else "WARN", "disk", detail, fix)]


def jupyter_kernel() -> list[Check]:
    """Whether notebooks start this very Python."""
    try:
        importlib.import_module("ipykernel")
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError as error:
        fix = f"{python_command()} -m pip install jupyterlab ipykernel"
        return [Check("FAIL", "Jupyter kernel", f"does not load: {_first_line(error)}", fix)]
    command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    own = Path(sys.executable).absolute()
    if not Path(command).is_absolute() or Path(command).absolute().parent == own.parent:
        return [Check("OK", "Jupyter kernel", "python3 starts this Python")]
    fix = f"{python_command()} -m ipykernel install --sys-prefix --name python3"
    return [Check("WARN", "Jupyter kernel", f"python3 starts {command}, not {own}", fix)]


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
