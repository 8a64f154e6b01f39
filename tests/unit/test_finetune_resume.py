"""A run that was killed, wherever, ends as one that never was; a full disk harms no checkpoint."""

import os
import sys
from pathlib import Path

import pytest
import small_runs
import torch

from vitcourse import checkpoints, configuration, finetune
from vitcourse.storage import StorageError


@pytest.fixture(autouse=True)
def one_thread():
    """The same sums in the same order, here and in the processes that tests start."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Photos, and the result of a run that was never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    data = small_runs.photos(folder / "photos")
    status, _, err = small_runs.run(small_runs.command(data, folder / "run", **OPTIONS))
    assert status == 0, err
    return data, small_runs.result(folder / "run")


OPTIONS = {"epochs": 3, "weight_averaging": 0.9, "metric_for_best_model": "loss", "drop_path": 0.2}


def after_a_checkpoint(run):
    return (run / "checkpoints/epoch-0001").exists()


def in_a_checkpoint(run):
    return (run / "checkpoints/.epoch-0002.part").exists()


def in_the_result(run):
    return (run / ".result.part").exists()


@pytest.mark.slow
@pytest.mark.parametrize("moment", [after_a_checkpoint, in_a_checkpoint, in_the_result])
def test_killed_and_started_again_it_ends_the_same(whole, tmp_path, moment):
    data, expected = whole
    run = tmp_path / "run"
    command = small_runs.command(data, run, **OPTIONS)
    small_runs.kill_when(small_runs.start(command), lambda: moment(run))
    assert not (run / "metrics.json").exists()
    status, _, err = small_runs.run(command)
    assert status == 0, err
    assert small_runs.result(run) == expected
    assert {path.name for path in run.iterdir()} == {
        *("README.md", "config.json", "config.yaml", "history.csv", "history.png", "metrics.json"),
        *("model.safetensors", "preprocessor_config.json", "split.csv"),
    }


class Stopped(Exception):
    pass


def stop_after(monkeypatch, epoch):
    """Let a run in this process end with an exception once it has written a checkpoint."""
    save = checkpoints.save

    def save_and_stop(accelerator, folder, number):
        save(accelerator, folder, number)
        if number == epoch:
            raise Stopped

    monkeypatch.setattr(checkpoints, "save", save_and_stop)
    return lambda: monkeypatch.setattr(checkpoints, "save", save)


def cut_short(checkpoint):
    path = checkpoint / "optimizer.bin"
    path.write_bytes(path.read_bytes()[:1000])


def flip_a_byte(checkpoint):
    content = bytearray((checkpoint / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (checkpoint / "model.safetensors").write_bytes(content)


def lose_the_manifest(checkpoint):
    (checkpoint / checkpoints.MANIFEST).unlink()


@pytest.mark.parametrize("damage", [cut_short, flip_a_byte, lose_the_manifest])
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(whole, tmp_path, monkeypatch, damage):
    data, expected = whole
    run = tmp_path / "run"
    config = configuration.FineTuning(**small_runs.fields(data, run, **OPTIONS))
    go_on = stop_after(monkeypatch, 2)
    with pytest.raises(Stopped):
        finetune.run(config)
    go_on()
    damage(run / "checkpoints/epoch-0002")
    with pytest.warns(UserWarning, match=r"epoch-0002 is damaged .*trying the one before"):
        finetune.run(config)
    assert small_runs.result(run)["history"][1:] == expected["history"][1:]
    assert small_runs.result(run)["model.safetensors"] == expected["model.safetensors"]


def limited(size):
    """Return what lets a process write no file beyond a size, as on a full disk."""
    resource = pytest.importorskip("resource")
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.slow
def test_a_full_disk_is_one_error_and_earlier_checkpoints_go_on(whole, tmp_path, monkeypatch):
    data, expected = whole
    run = tmp_path / "run"
    go_on = stop_after(monkeypatch, 1)
    with pytest.raises(Stopped):
        finetune.run(configuration.FineTuning(**small_runs.fields(data, run, **OPTIONS)))
    go_on()
    command = small_runs.command(data, run, **OPTIONS)
    status, _, err = small_runs.run(command, preexec_fn=limited(1_000_000))
    message = err.strip().splitlines()[-1]
    assert (status, message.startswith(f"vitcourse: {run}")) == (1, True), err
    assert "could not be written" in message
    assert "Traceback" not in err
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["epoch-0001"]
    assert small_runs.run(command)[0] == 0
    assert small_runs.result(run) == expected


def test_a_result_that_cannot_be_written_keeps_the_checkpoints(whole, tmp_path, monkeypatch):
    from safetensors import SafetensorError
    from transformers import PreTrainedModel

    def full(*_, **__):
        raise SafetensorError("No space left on device (os error 28)")

    run = tmp_path / "run"
    config = configuration.FineTuning(**small_runs.fields(whole[0], run, **OPTIONS))
    with monkeypatch.context() as patch:
        patch.setattr(PreTrainedModel, "save_pretrained", full)
        with pytest.raises(StorageError, match=r"run: the model could not be written.*No space left"):
            finetune.run(config)
    assert len(list((run / "checkpoints").iterdir())) == checkpoints.KEPT
    finetune.run(config)
    assert small_runs.result(run)["model.safetensors"] == whole[1]["model.safetensors"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    run = tmp_path / "forbidden" / "run"
    run.parent.mkdir()
    run.parent.chmod(0o500)
    try:
        if os.access(run.parent, os.W_OK):  # root and Windows ignore the mode
            refuse = PermissionError(13, "Permission denied")
            monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(refuse))
        with pytest.raises(StorageError, match=f"{run.name}: it can't be written to"):
            finetune.run(configuration.FineTuning(**small_runs.fields("photos", run)))
    finally:
        run.parent.chmod(0o700)


def test_a_folder_has_one_setting_and_a_finished_run_is_not_repeated(whole, tmp_path, monkeypatch):
    run = tmp_path / "run"
    fields = small_runs.fields(whole[0], run, epochs=1)
    measured = finetune.run(configuration.FineTuning(**fields))
    with pytest.raises(ValueError, match=r"belongs to another run: seed was 0, is 1\. Choose another"):
        finetune.run(configuration.FineTuning(**{**fields, "seed": 1}))
    monkeypatch.setattr(sys.modules["vitcourse.training"], "fit", None)
    assert finetune.run(configuration.FineTuning(**fields, num_workers=1)) == measured
