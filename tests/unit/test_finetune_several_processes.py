"""Two processes on a CPU do what one does, and the shipped configurations for Accelerate are whole."""

import json
from pathlib import Path

import pytest
import small_runs
import torch
from accelerate.commands.config.config_args import load_config_from_file
from two_processes import launcher

from vitcourse import configuration, training

CONFIGS = sorted((configuration.CONFIGS / "accelerate").glob("*.yaml"))


def rows(folder):
    lines = (folder / "history.csv").read_text().splitlines()
    return [[float(value) for value in line.split(",")[:-1]] for line in lines[1:]]


@pytest.mark.slow
def test_two_processes_end_as_one_does(tmp_path):
    data = small_runs.photos(tmp_path / "photos")
    single = small_runs.run(small_runs.command(data, tmp_path / "one"))
    double = small_runs.run(small_runs.command(data, tmp_path / "two", launcher()))
    assert single[0] == 0, single[2]
    assert double[0] == 0, double[2]
    assert double[1].count("validation") == 1  # one process speaks
    assert rows(tmp_path / "two") == [pytest.approx(row, abs=1e-4) for row in rows(tmp_path / "one")]
    one, two = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("one", "two"))
    for split in ("validation", "test"):
        assert two[split]["photos"] == small_runs.SPLITS[split]
        assert two[split].pop("accuracy_interval") == pytest.approx(one[split].pop("accuracy_interval"))
        assert two[split] == pytest.approx(one[split], abs=1e-4)


class Process:
    """What `own_part` asks of an accelerator, at the end of an epoch of 21 photos in batches of 8."""

    def __init__(self, process_index, num_processes, remainder=5):
        self.process_index, self.num_processes = process_index, num_processes
        self.gradient_state = type("State", (), {"end_of_dataloader": True, "remainder": remainder})


@pytest.mark.parametrize(("processes", "remainder"), [(1, 5), (2, 5), (2, 3), (4, 1), (4, 6), (8, 8)])
def test_the_parts_of_the_last_batch_weigh_what_the_batch_does(processes, remainder):
    size = 8 // processes
    values = torch.arange(8.0) ** 2
    filled = torch.cat([values[:remainder], values[7:].repeat(8)])[:8]
    losses, count = [], 0
    for index in range(processes):
        padded = {"labels": filled[index * size : (index + 1) * size]}
        batch, own, weight = training.own_part(Process(index, processes, remainder), padded)
        losses.append(weight * batch["labels"].mean())
        count += own
    assert count == remainder
    assert sum(losses) / processes == pytest.approx(values[:remainder].mean().item())


def test_a_batch_that_processes_cannot_share_is_refused(tmp_path, monkeypatch):
    from accelerate import Accelerator

    from vitcourse import finetune

    monkeypatch.setattr(Accelerator, "num_processes", 3)
    config = configuration.FineTuning(**small_runs.fields("photos", tmp_path / "run"))
    with pytest.raises(ValueError, match="batch_size is 8; expected a multiple of the 3 processes"):
        finetune.run(config)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_configuration_for_accelerate_is_whole(path):
    config = load_config_from_file(str(path))
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert f"accelerate launch --config_file vitcourse/configs/accelerate/{path.name} -m vitcourse" in first
    assert first.endswith(("(run here on two CPU processes)", "(not run here: no GPU was at hand)"))
    assert config.num_processes >= 1


def test_all_configurations_are_shipped():
    names = "deepspeed fsdp one_gpu several_gpus several_machines two_cpu_processes"
    assert [path.stem for path in CONFIGS] == names.split()
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"configs/*.yaml", "configs/accelerate/*.yaml"' in text
