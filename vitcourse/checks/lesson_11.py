"""Checks of lesson 11, what a model looks at."""

from typing import Any

import torch

from vitcourse import attention
from vitcourse.exercises import Wrong, call, number

BY_HAND, TOLERANCE = 0.36, 0.005


def exercise_1(answer: Any) -> None:
    """Half of every token stays where it is: write 0.5 A + 0.5 I, and multiply it with itself.

    A = [[0.6, 0.4], [0, 1]]. Half of it plus half of the identity is one layer of rollout; its first row
    still adds up to 1. Multiply that matrix with itself, and read the first row, second column.
    """
    got = number(answer)
    hints = {
        0.4: "that is the attention of one layer",
        0.2: "that is one layer, half of which stays",
        0.64: "that is what reaches the class token from itself; the row adds up to 1",
        0.16: "what has reached the patch in the first layer counts too",
        0.04: "what the class token took in the first layer is still there",
    }
    hint = next((text for value, text in hints.items() if abs(got - value) < TOLERANCE), None)
    if not abs(got - BY_HAND) < TOLERANCE:  # nan is wrong, too
        raise Wrong(f"got {got:g}, expected another number; {hint or 'multiply 0.5 A + 0.5 I with itself'}")


def exercise_2(answer: Any) -> None:
    """Take `maps.amax(2)` instead of the mean, and divide each row of the mixed matrix by its sum.

    `maps.amax(2)` is (B, L, T, T); go through the layers with `.unbind(1)`, starting from `torch.eye(T)`. In
    each: mix half and half with the identity, divide by `sum(-1, keepdim=True)`, and multiply from the left
    onto what you have.
    """
    maps = torch.randn(2, 3, 4, 6, 6, generator=torch.Generator().manual_seed(0)).mul(2).softmax(-1)
    got = _tensor(call(answer, maps.clone()), (2, 6, 6))
    largest = maps.amax(2, keepdim=True)
    expected = _max_rollout(largest)
    if torch.allclose(got, expected, atol=1e-4):
        return
    if torch.allclose(got, attention.rollout(maps), atol=1e-4):
        raise Wrong("got the rollout of the mean over heads, expected that of the largest head")
    if not torch.allclose(got.sum(-1), torch.ones(2, 6), atol=1e-4):
        rows = got.sum(-1)
        raise Wrong(
            f"got rows that add up to {rows.min():.2f} to {rows.max():.2f}, expected 1: the largest values "
            "of several heads add up to more; divide each row by its sum"
        )
    raise Wrong("got another matrix than expected; is the later layer on the left, as in `rollout`?")


def _max_rollout(largest: torch.Tensor) -> torch.Tensor:
    """Roll out (B, L, 1, T, T), rows brought to 1 after the identity is added."""
    stays = torch.eye(largest.shape[-1])
    flow = stays
    for layer in largest[:, :, 0].unbind(1):
        mixed = 0.5 * layer + 0.5 * stays
        flow = (mixed / mixed.sum(-1, keepdim=True)) @ flow
    return flow


def exercise_3(answer: Any) -> None:
    """Multiply each mask by `score(pixel_values * mask)`, add up, and divide by the sum of the masks.

    Enlarge the masks as the hint under the exercise says, multiply, and call `score`: M numbers. Weigh each
    small mask (rows, columns) with its number, add them up over M, and divide by how often each patch was
    shown: `masks.sum(0)`.
    """
    generator = torch.Generator().manual_seed(0)
    pixel_values = torch.rand(1, 3, 32, 32, generator=generator)
    masks = (torch.rand(40, 4, 4, generator=generator) > 0.5).float()

    def score(pictures: torch.Tensor) -> torch.Tensor:
        return pictures[:, :, 8:16, 16:24].mean((1, 2, 3)) + 0.1  # the patch in row 1, column 2

    got = _tensor(call(answer, score, pixel_values.clone(), masks.clone()), (4, 4))
    big = torch.nn.functional.interpolate(masks[:, None], (32, 32))
    scores = score(pixel_values * big)
    expected = (scores[:, None, None] * masks).sum(0) / masks.sum(0)
    if torch.allclose(got, expected, atol=1e-4):
        return
    if int(got.argmax()) != 1 * 4 + 2:
        raise Wrong(
            f"got a map that is highest at patch {int(got.argmax())}, expected patch 6, the only one that "
            "the test model looks at"
        )
    raise Wrong("got the right patch and other numbers; divide each patch by how often it was shown")


def _tensor(got: Any, shape: tuple[int, ...]) -> torch.Tensor:
    """Return a result as a tensor of a shape."""
    if not isinstance(got, torch.Tensor):
        raise Wrong(f"got {type(got).__name__}, expected a tensor {shape}")
    got = got.detach().float().cpu()
    if tuple(got.shape) != shape:
        raise Wrong(f"got the shape {tuple(got.shape)}, expected {shape}")
    if not got.isfinite().all():
        raise Wrong("got values that are not finite, expected numbers")
    return got
