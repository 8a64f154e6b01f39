import contextlib
import importlib.metadata
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny

from vitcourse import doctor, machine, storage
from vitcourse.doctor import Check

pytestmark = pytest.mark.usefixtures("data")


@pytest.fixture
def light(monkeypatch):
    """Leave torch out, whose import takes seconds."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "torchvision", None)


def sound(checks):
    """Every line has a known status, and a line that is not OK says how to mend it."""
    assert all(isinstance(check, Check) and check.status in ("OK", "WARN", "FAIL") for check in checks)
    assert [check for check in checks if check.status != "OK" and not check.fix.strip()] == []
    doctor.as_text(checks)
    assert json.loads(doctor.as_json(checks))["ok"] is not doctor.failed(checks)
    return {check.name: check for check in checks}


def test_the_report_on_this_machine():
    lines = sound(doctor.report())
    for name in (
        "Python",
        "torch",
        "torch and torchvision",
        "CPU",
        "memory",
        "disk",
        "Jupyter kernel",
        "mirror",
    ):
        assert name in lines
    for name in ("Python", "torch and torchvision", "CPU", "Jupyter kernel"):
        assert lines[name].status == "OK"
    assert "bf16 instructions" in lines["CPU"].detail
    assert any(name.startswith("GPU") for name in lines)
    assert lines["torch"].detail.startswith(importlib.metadata.version("torch"))


BLOCKED = ["packaging", "psutil", "yaml", "ipykernel", "jupyter_client", "requests", "huggingface_hub", "PIL"]


@pytest.mark.parametrize("missing", BLOCKED)
def test_never_raises_whatever_is_missing(light, monkeypatch, missing):
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setenv("VITCOURSE_MIRROR", "http://127.0.0.1:9")
    lines = sound(doctor.report())
    assert lines["torch and torchvision"].status == "FAIL"
    assert "does not load" in lines["torch and torchvision"].detail
    assert "pip install" in lines["torch and torchvision"].fix


def test_never_raises_with_nothing_at_all(light, monkeypatch):
    for missing in BLOCKED:
        monkeypatch.setitem(sys.modules, missing, None)

    def not_found(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.importlib.metadata, "version", not_found)
    monkeypatch.setattr(machine.importlib.metadata, "requires", not_found)
    lines = sound(doctor.report())
    assert lines["vitcourse"].status == "WARN" and "pip install -e ." in lines["vitcourse"].fix
    assert lines["numpy"].status == "FAIL" and "pip install" in lines["numpy"].fix


def test_a_library_that_crashes_on_import_is_a_line(monkeypatch):
    class Broken:
        def __getattr__(self, name):
            raise OSError("[WinError 126] The specified module could not be found")

    monkeypatch.setitem(sys.modules, "torch", Broken())
    sound(doctor.report())


@pytest.mark.parametrize(
    ("version", "status", "word"),
    [
        ("1.4.2", "OK", ">=1.2,<2"),
        ("1.1", "FAIL", "older"),
        ("2.0", "WARN", "newer"),
        ("1.4.2+cpu", "OK", "+cpu"),
    ],
)
def test_versions_against_the_declared_range(monkeypatch, version, status, word):
    monkeypatch.setattr(
        machine.importlib.metadata, "requires", lambda name: ["thing<2,>=1.2", "x>1; extra == 'test'"]
    )
    monkeypatch.setattr(machine.importlib.metadata, "version", lambda name: version)
    (check,) = machine.libraries()
    assert (check.name, check.status) == ("thing", status)
    assert word in check.detail
    assert status == "OK" or check.fix.endswith('-m pip install "thing>=1.2,<2"')


def test_a_requirement_with_extras_is_read(monkeypatch):
    monkeypatch.setattr(machine.importlib.metadata, "requires", lambda name: ["thing[signatures]<5,>=4.53"])
    monkeypatch.setattr(machine.importlib.metadata, "version", lambda name: "4.0")
    (check,) = machine.libraries()
    assert (check.name, check.status) == ("thing", "FAIL")
    assert check.fix.endswith('-m pip install "thing[signatures]>=4.53,<5"')


def test_an_old_python_is_a_failure(monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", (3, 9, 1))
    (check,) = machine.python_version()
    assert check.status == "FAIL" and "3.10" in check.detail


def test_a_torchvision_for_another_torch_is_seen(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", sys)
    monkeypatch.setitem(sys.modules, "torchvision", sys)
    monkeypatch.setattr(machine.importlib.metadata, "version", lambda name: "2.13.0+cu130")
    for pinned, status in (("2.13.0", "OK"), ("2.12.1", "WARN")):
        monkeypatch.setattr(
            machine.importlib.metadata, "requires", lambda name, pin=pinned: ["numpy", f"torch=={pin}"]
        )
        (check,) = machine.torch_pair()
        assert check.status == status
        assert status == "OK" or "built for torch 2.12.1" in check.detail


def test_no_gpu_is_no_fault_but_one_that_torch_can_not_use_is(light, monkeypatch):
    monkeypatch.setattr(machine, "_nvidia_gpu", lambda: "")
    assert machine.accelerator() == [Check("OK", "GPU", "none: CPU only")]
    monkeypatch.setattr(machine, "_nvidia_gpu", lambda: "NVIDIA T4")
    (check,) = machine.accelerator()
    assert check.status == "WARN" and "NVIDIA T4" in check.detail and "pytorch.org" in check.fix


@pytest.mark.parametrize(("has_bf16", "word"), [(True, "bf16 yes"), (False, "bf16 no")])
def test_a_cuda_gpu_with_its_memory_and_bf16(monkeypatch, has_bf16, word):
    class Cuda:
        is_available = staticmethod(lambda: True)
        device_count = staticmethod(lambda: 2)
        device = contextlib.nullcontext
        get_device_properties = staticmethod(lambda index: SimpleNamespace(name="L4", total_memory=24e9))
        is_bf16_supported = staticmethod(lambda including_emulation: has_bf16)

    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda))
    first, second = machine.accelerator()
    assert (first.status, first.name, second.name) == ("OK", "GPU 0", "GPU 1")
    assert "L4, 24 GB" in first.detail and word in first.detail


def test_an_apple_gpu_where_bf16_fails(monkeypatch):
    def ones(*shape, **options):
        raise TypeError("BFloat16 is not supported on MPS")

    mps = SimpleNamespace(is_available=lambda: True)
    torch = SimpleNamespace(
        cuda=SimpleNamespace(is_available=lambda: False),
        backends=SimpleNamespace(mps=mps),
        ones=ones,
        bfloat16=None,
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert machine.accelerator() == [Check("OK", "GPU", "Apple GPU (MPS), bf16 no")]


def test_little_memory_and_disk(monkeypatch):
    monkeypatch.setattr(machine, "MEMORY_GB", 1e6)
    assert machine.memory()[0].status == "WARN"
    monkeypatch.setattr(machine, "DISK_WARN_GB", 1e9)
    assert machine.disk()[0].status == "WARN"
    monkeypatch.setattr(machine, "DISK_FAIL_GB", 1e9)
    assert machine.disk()[0].status == "FAIL"
    monkeypatch.setattr(machine.os, "access", lambda path, mode: False)
    (check,) = machine.disk()
    assert "can't be written" in check.detail and "VITCOURSE_DATA" in check.fix


def test_a_kernel_of_another_python_is_seen(monkeypatch):
    from jupyter_client import kernelspec

    class Spec:
        argv = [str(Path("/opt/other/bin/python").absolute()), "-m", "ipykernel_launcher"]

    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", lambda self, name: Spec)
    (check,) = machine.jupyter_kernel()
    assert check.status == "WARN" and "ipykernel install" in check.fix


def test_asset_lines(tiny_registry, light, data, tmp_path, monkeypatch):
    lines = sound(doctor.report())
    assert lines["demo assets"].status == "FAIL" and "git checkout" in lines["demo assets"].fix
    assert "`vitcourse download`" in lines["real assets"].detail and lines["real assets"].status == "OK"
    assert lines["assets in use"].detail.startswith("demo")

    demo = tmp_path / "checkout/data/demo"
    tiny.write(demo, {**tiny.multiclass_members(), **tiny.multilabel_members()})
    tiny.write(demo / "vit-micro", tiny.checkpoint_files())
    tiny.write(data / "real", {**tiny.multiclass_members(), "multilabelFridgeObjects/labels.csv": b""})
    checks = [check for check in doctor.report() if check.name == "real assets"]
    assert [check.status for check in checks] == ["OK", "OK", "WARN"]
    assert "here: fridge" in checks[0].detail
    assert "not here: vit-tiny" in checks[1].detail
    assert checks[2].fix == "vitcourse download fridge-multilabel"
    assert sound(doctor.report())["demo assets"].status == "OK"


def test_mirror_lines(tiny_registry, light, tmp_path, monkeypatch):
    def mirror_line(value):
        monkeypatch.setenv("VITCOURSE_MIRROR", value)
        return sound(doctor.report())["mirror"]

    assert mirror_line("").detail.startswith("none set")
    gone = mirror_line(str(tmp_path / "unplugged"))
    assert gone.status == "WARN" and "no such folder" in gone.detail and "VITCOURSE_MIRROR" in gone.fix
    (tmp_path / "empty").mkdir()
    assert "lacks fridge, fridge-multilabel, vit-tiny" in mirror_line(str(tmp_path / "empty")).detail
    down = mirror_line("http://user:secret@127.0.0.1:9/m")
    assert down.status == "WARN" and "does not answer" in down.detail and "secret" not in down.detail


def test_a_broken_choice_of_assets(light, monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "best")
    line = sound(doctor.report())["assets in use"]
    assert line.status == "FAIL" and "'best'" in line.detail and "VITCOURSE_ASSETS" in line.fix


def test_unreadable_folders_are_lines(tiny_registry, light, data, monkeypatch):
    def forbidden(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    for name in ("is_dir", "is_file", "exists", "iterdir", "stat"):
        monkeypatch.setattr(storage.Path, name, forbidden)
    checks = doctor.report()
    monkeypatch.undo()
    sound(checks)


def test_the_commands_are_those_of_the_platform(monkeypatch):
    monkeypatch.setattr(machine.os, "name", "posix")
    assert machine.set_variable("A", "b") == 'export A="b"'
    assert machine.set_variable("A") == "unset A"
    monkeypatch.setattr(machine.os, "name", "nt")
    windows = machine.set_variable("A", "b"), machine.set_variable("A")
    monkeypatch.undo()
    assert windows == ('$env:A = "b"  (cmd.exe: set A=b)', "Remove-Item Env:A  (cmd.exe: set A=)")


def test_text_and_exit_status():
    checks = [
        Check("OK", "Python", "3.12"),
        Check("WARN", "disk", "little", "free some"),
        Check("FAIL", "x", "y", "z"),
    ]
    text = doctor.as_text(checks)
    assert "[OK]   Python" in text and "[WARN] disk" in text and "mend: free some" in text
    assert text.endswith("1 OK, 1 WARN, 1 FAIL")
    assert doctor.failed(checks) and not doctor.failed(checks[:2])
