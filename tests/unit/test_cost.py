"""Arithmetic by formula against torch's counter, and memory in a fresh process."""

import os

import psutil
import pytest
import torch

from vitcourse import cost, memory, models, variants


@pytest.mark.parametrize("name", list(variants.all_variants()))
def test_the_formula_agrees_with_what_torch_counts(name):
    variant = variants.get(name)
    pixel_values = torch.zeros(2, 3, variant.image_size, variant.image_size, device="meta")
    model = cost.random_model(variant, "meta")
    assert sum(parameter.numel() for parameter in model.parameters()) >= variant.num_parameters
    assert cost.count_flops(model, pixel_values) == 2 * cost.forward_flops(variant)


def test_counted_by_hand_for_deit_base():
    tokens, width = 197, 768
    by_layer = (
        4 * 2 * tokens * width * width + 2 * 2 * tokens * tokens * width + 2 * 2 * tokens * width * 4 * width
    )
    assert (
        cost.forward_flops(variants.get("deit-base")) == 12 * by_layer + 2 * 196 * 768 * 768 + 2 * 768 * 1000
    )


def test_a_real_model_is_counted_as_the_formula_says():
    model, _ = models.load("vit-micro")
    counted = cost.count_flops(model, torch.zeros(1, 3, 224, 224))
    assert counted == cost.forward_flops(variants.get("vit-micro"), num_classes=123)


def test_the_peak_rises_with_what_was_in_use():
    before = memory.peak_bytes()
    unused = before - psutil.Process().memory_info().rss  # given back since the mark was set
    block = torch.ones(int(unused + 240e6) // 4)
    assert 100e6 < memory.peak_bytes() - before < 500e6
    del block


def test_a_fresh_process_has_its_own_peak():
    block = torch.ones(150_000_000)  # 600 MB, which must not count as the child's
    peaks = memory.in_fresh_process(memory.forward_peaks, "vit-micro", [16, 1], "cpu")
    del block
    assert list(peaks) == ["imports", "weights", "batch 1", "batch 16"]
    assert peaks["imports"] <= peaks["weights"] <= peaks["batch 1"] < peaks["batch 16"]
    assert peaks["imports"] < memory.peak_bytes() - 100e6
    assert peaks["batch 16"] - peaks["imports"] >= 4 * variants.get("vit-micro").num_parameters


def test_a_process_that_is_killed_says_what_to_do():
    with pytest.raises(MemoryError, match="smaller batch"):
        memory.in_fresh_process(os._exit, 9)


def test_the_footprint_is_power_times_time():
    assert cost.footprint(53, 8 * 300, overhead=1.2) == {"kWh": 152.64, "kg CO2": 61.056}
    assert cost.footprint(2, 500, grams_per_kwh=50) == {"kWh": 1.0, "kg CO2": 0.05}
