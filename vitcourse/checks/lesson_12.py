"""Checks of lesson 12, speed, memory and precision."""

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from vitcourse import cost, variants
from vitcourse.exercises import Wrong, call, number

TOLERANCE = 1e-5  # of an output; its values are near 1


class _Device:
    """A device that works on its own, and a clock: a call gives it work and returns at once."""

    def __init__(self, jobs: list[float]) -> None:
        self.jobs, self.calls, self.now, self.busy_until = jobs, 0, 0.0, 0.0

    def call(self) -> None:
        seconds = self.jobs[min(self.calls, len(self.jobs) - 1)]
        self.calls += 1
        self.now += 1e-6
        self.busy_until = max(self.now, self.busy_until) + seconds

    def synchronize(self) -> None:
        self.now = max(self.now, self.busy_until)

    def clock(self) -> float:
        return self.now


def exercise_1(answer: Any) -> None:
    """512 pixels are 32 x 32 patches and a class token; put that into `forward_flops`.

    `replace(base, image_size=512, num_tokens=...)`: 512 / 16 = 32 patches along an edge, and the class token.
    `forward_flops` of that divided by `forward_flops(base)`.
    """
    got, base = number(answer), variants.get("deit-base")
    larger = replace(base, image_size=512, num_tokens=1025)
    expected = cost.forward_flops(larger) / cost.forward_flops(base)
    hints = {
        1025 / 197: "that is the ratio of the tokens; attention grows with their square",
        (1025 / 197) ** 2: "only attention between tokens is quadratic, the matrices are not",
        1 / expected: "the larger over the smaller",
    }
    if not abs(got - expected) <= 0.011:  # nan is wrong, too
        hint = next((hint for value, hint in hints.items() if abs(got - value) < 0.011), "")
        raise Wrong(f"got {got:g}, expected another number; {hint or 'how many tokens are 512 pixels?'}")


def exercise_2(answer: Any) -> None:
    """Wait, read the clock, call, wait, read the clock: thirteen calls, of which the last ten count.

    First three calls without a clock. Then ten times: synchronize, read the clock, call, synchronize, read
    again, and keep the difference. `statistics.median` of the ten.
    """
    timed = [2.0, 2.1, 1.9, 2.0, 30.0, 2.2, 2.0, 2.3, 2.4, 1.8]
    device = _Device([60.0, 50.0, 40.0, *timed])
    got = number(call(answer, device.call, device.synchronize, device.clock))
    if device.calls != 13:
        raise Wrong(f"got {device.calls} calls, expected 13: 3 to warm up and 10 that are timed")
    expected = sorted(timed)[4] / 2 + sorted(timed)[5] / 2
    if abs(got - expected) < 0.01:
        return
    hint = "wait before each reading of the clock, and take the median of the ten last calls"
    if got < 0.01:
        hint = "the clock was read before the work was done; synchronize first"
    elif abs(got - sum(timed) / 10) < 0.01:
        hint = "that is the mean; one interrupted run moves it"
    elif got > 20:
        hint = "the warm-up has leaked in; synchronize before the clock starts, too"
    raise Wrong(f"got {got:g} s, expected another number; {hint}")


def exercise_3(answer: Any) -> None:
    """Index the rows of `fc1` and the columns of `fc2` by `keep`; the bias of `fc2` stays.

    Start with `copy.deepcopy(mlp)`, and give it two new layers: `nn.Linear(D, len(keep))` and
    `nn.Linear(len(keep), D)`. Fill the first with the rows `keep` of weight and bias, the second with the
    columns `[:, keep]` of its weight; which bias has nothing to do with the hidden neurons?
    """
    mlp, hidden = _mlp()
    before = copy.deepcopy(mlp.state_dict())
    keep = [1, 4, 5, 10]
    got = call(answer, mlp, list(keep))
    if not isinstance(got, nn.Module) or not {"fc1", "fc2"} <= {name for name, _ in got.named_children()}:
        raise Wrong(f"got {type(got).__name__}, expected an MLP with fc1 and fc2")
    if any(not torch.equal(value, mlp.state_dict()[name]) for name, value in before.items()):
        raise Wrong("got the old MLP changed, expected a copy; take copy.deepcopy of it first")
    shapes = tuple(got.fc1.weight.shape), tuple(got.fc2.weight.shape)
    if shapes != ((len(keep), 6), (6, len(keep))):
        raise Wrong(f"got weights {shapes}, expected {((len(keep), 6), (6, len(keep)))}; really smaller")
    gate = torch.zeros(hidden)
    gate[keep] = 1
    tokens = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = mlp.fc2(mlp.activation_fn(mlp.fc1(tokens)) * gate)
        found = call(got, tokens)
    if not (isinstance(found, torch.Tensor) and found.shape == expected.shape):
        raise Wrong(f"got {type(found).__name__} from it, expected a tensor {tuple(expected.shape)}")
    if not torch.allclose(found, expected, atol=TOLERANCE):
        worst = (found - expected).abs().max().item()
        raise Wrong(
            f"got outputs that differ by {worst:.2g}, expected at most {TOLERANCE}; take the rows of fc1 "
            "with their biases and the columns of fc2, in the order of keep, and leave the bias of fc2"
        )


def _mlp() -> tuple[nn.Module, int]:
    """A small MLP like those of a ViT, and the number of its hidden neurons."""
    from transformers import ViTConfig
    from transformers.models.vit.modeling_vit import ViTMLP

    config = ViTConfig(hidden_size=6, intermediate_size=12)
    mlp, generator = ViTMLP(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in mlp.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return mlp.eval(), config.intermediate_size
