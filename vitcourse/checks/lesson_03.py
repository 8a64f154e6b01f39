"""Checks of lesson 03's exercises."""

from typing import Any

from vitcourse.exercises import Wrong, number
from vitcourse.suspects import BUGS


def exercise_1(answer: Any) -> None:
    """Sixteen tensors a block, and eight outside of the blocks.

    The number of tensors is 8 + 16 L for L blocks: the lesson says so below its table. Which tensors are
    outside of the blocks is the same for every size of ViT, so only L changes.
    """
    got = number(answer)
    if got != 24 * 16 + 8:
        raise Wrong(f"got {got:g}, expected 16 for each of 24 blocks, and those outside of the blocks")


def exercise_2(answer: Any) -> None:
    """Plot the four; start with what differs after the embeddings and what does not.

    A curve above zero at layer 0 means other pixels or other tokens; one that leaves zero at block 1 means
    something inside the blocks. Of the first two, the one that leaves some single tokens alone (those on the
    diagonal of the grid) only moves patches about. Of the other two, ask which change is larger: a tiny
    number below a square root, or two vectors less in every block.
    """
    if not isinstance(answer, dict) or set(answer) != set(BUGS):
        raise Wrong(f"got {answer!r}, expected a dict with a bug for each of A, B, C and D")
    said = {
        letter: bug.strip().lower() if isinstance(bug, str) else repr(bug) for letter, bug in answer.items()
    }
    wrong = [letter for letter in BUGS if said[letter] != BUGS[letter]]
    if wrong:
        got = ", ".join(f"{letter}: {said[letter]}" for letter in wrong)
        raise Wrong(
            f"got {got}, expected another bug there; the four are {', '.join(sorted(BUGS.values()))}: "
            "look at where the curve leaves zero, and how high"
        )


def exercise_3(answer: Any) -> None:
    """For each of query, key and value: the largest change of a logit when that bias is set to zero.

    Copy the network with `copy.deepcopy`, loop over `blocks`, set one bias with `torch.nn.init.zeros_`, and
    compare the logits with the old ones: `.abs().max().item()`. Do it with a fresh copy for each of the
    three. For the why: a bias of the key adds q·b to a whole row before the softmax.
    """
    parts = ("query", "key", "value")
    if not isinstance(answer, dict) or set(answer) != set(parts):
        raise Wrong(f"got {answer!r}, expected a dict of three numbers: query, key, value")
    query, key, value = (number(answer[part]) for part in parts)
    if not 0 <= key < 1e-3:
        raise Wrong(f"got {key} for key, expected rounding only: the softmax takes no notice of that bias")
    if not (1e-3 < query < float("inf") and 1e-3 < value < float("inf")):
        raise Wrong(f"got {query} and {value} for query and value, expected both to matter, and no infinity")
