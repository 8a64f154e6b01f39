"""Checks of lesson 09, distillation."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from vitcourse.exercises import Wrong, call, number


def exercise_1(answer: Any) -> None:
    """(1 - λ) times the cross-entropy with the label, plus λ τ² times the divergence from the teacher.

    The student says 1/2, so its logits are equal, and the cross-entropy with the label is ln 2, at any
    temperature. The divergence is 3/4 ln(3/2) + 1/4 ln(1/2). Weigh the first with 0.9 and the second with
    0.1, and look up what τ does to the second.
    """
    divergence = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    reverse = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    expected = 0.9 * math.log(2) + 0.1 * 4 * divergence
    got = number(answer)
    hints = {
        0.9 * math.log(2) + 0.1 * divergence: "where is the square of the temperature?",
        0.9 * math.log(2) + 0.1 * 2 * divergence: "the temperature comes squared",
        math.log(2) + 0.1 * 4 * divergence: "the label's part counts 1 - λ",
        0.1 * math.log(2) + 0.9 * 4 * divergence: "λ belongs to the teacher",
        0.9 * math.log(2) + 0.1 * 4 * reverse: "the divergence is weighed by the teacher's probabilities",
    }
    if not math.isclose(got, expected, abs_tol=2e-3):
        hint = next((hint for value, hint in hints.items() if math.isclose(got, value, abs_tol=2e-3)), "")
        raise Wrong(f"got {got:.4g}, expected another number; {hint or 'natural logarithms, and all parts'}")


def exercise_2(answer: Any) -> None:
    """The mean of the two teachers' softmaxes of `logits / temperature`, then the divergence, times τ².

    Soften both teachers with `(... / temperature).softmax(-1)`, then take their mean. The student goes
    through `log_softmax` at the same temperature. `functional.kl_div(student, mean, reduction="batchmean")`
    is the divergence; one factor is still missing.
    """
    logits, first, second = _random(3)
    for temperature in (1.0, 3.0):
        got = _loss(answer, logits, first, second, temperature)
        expected = _divergence(logits, _soft(first, second, temperature), temperature)
        by_logits = _divergence(logits, ((first + second) / 2 / temperature).softmax(-1), temperature)
        hints = {
            by_logits: "average the probabilities, not the logits",
            expected / temperature**2: "the square of the temperature is missing",
            expected / logits.shape[1]: "a mean over photos, not over all logits: reduction='batchmean'",
        }
        _compare(got, expected, hints, f"at temperature {temperature:g}")


def exercise_3(answer: Any) -> None:
    """Choose the target of each photo with `torch.where`, then take the cross-entropy.

    `teacher_logits.softmax(-1).max(-1)` returns two things: how sure the teacher is, and what it says.
    `torch.where(condition, a, b)` takes from a where the condition holds: the result is a vector of B targets
    for `functional.cross_entropy`.
    """
    logits, teacher_logits = _random(2)
    labels = torch.tensor([0, 1, 2, 3] * 2)
    sure, said = teacher_logits.softmax(-1).max(-1)
    for threshold in (0.0, float(sure.median()), 1.1):
        got = _loss(answer, logits, teacher_logits, labels, threshold)
        targets = torch.where(sure >= threshold, said, labels)
        swapped = torch.where(sure >= threshold, labels, said)
        silent = functional.cross_entropy(logits, targets, reduction="none")[sure >= threshold].mean()
        hints = {
            functional.cross_entropy(logits, swapped).item(): "label and answer are swapped",
            silent.item(): "photos with an unsure teacher count, too, with their label",
        }
        _compare(
            got, functional.cross_entropy(logits, targets).item(), hints, f"at threshold {threshold:.2f}"
        )


def _random(count: int) -> list[torch.Tensor]:
    """Logits (8, 4), `count` of them, the same each time; the global generator stays as it is."""
    generator = torch.Generator().manual_seed(9)
    return [2 * torch.randn(8, 4, generator=generator) for _ in range(count)]


def _soft(first: torch.Tensor, second: torch.Tensor, temperature: float) -> torch.Tensor:
    return ((first / temperature).softmax(-1) + (second / temperature).softmax(-1)) / 2


def _divergence(logits: torch.Tensor, target: torch.Tensor, temperature: float) -> float:
    student = (logits / temperature).log_softmax(-1)
    return temperature**2 * functional.kl_div(student, target, reduction="batchmean").item()


def _loss(function: Callable, *arguments: Any) -> float:
    """Call a loss with copies of its tensors, so that it can change nothing."""
    return number(call(function, *(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments)))


def _compare(got: float, expected: float, hints: dict[float, str], where: str) -> None:
    if math.isclose(got, expected, abs_tol=1e-4):
        return
    hint = next((hint for value, hint in hints.items() if math.isclose(got, value, abs_tol=1e-4)), "")
    raise Wrong(f"{where}: got {got:.4f}, expected {expected:.4f}; {hint or 'see the hint'}")
