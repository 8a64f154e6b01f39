"""Checks of lesson 13, the endpoint."""

from types import SimpleNamespace
from typing import Any

from vitcourse.exercises import Wrong, call, number

BODY, PHOTO = 32_000_000, 1_000_000  # bytes
ATTEMPTS = 5


def exercise_1(answer: Any) -> None:
    """Base64 writes four characters for three bytes; what is left over in the end fits no photo.

    A photo of a million bytes is 333,334 groups of four characters, and stands in quotes with a comma
    behind it. Divide the body by that, and round down.
    """
    got = number(answer)
    text = -(-PHOTO // 3) * 4  # characters: a last group of fewer than three bytes is filled up
    expected = BODY // (text + len('"",'))
    hints = {
        BODY // PHOTO: "these are the photos as bytes; a request holds them as base64",
        BODY / PHOTO * 3 / 4: "nearly: base64 fills up the last group, and each photo has quotes around it",
    }
    if got != expected:
        hint = hints.get(got, "four characters for three bytes, and only whole photos")
        raise Wrong(f"got {got:g}, expected another number; {hint}")


def exercise_2(answer: Any) -> None:
    """Tell the forms apart by their type and by "probs"; then take the label of the largest number.

    P2 is a list of entries, P3 a dictionary whose values are such entries, P1 a dictionary of two lists,
    which `zip` joins. `max` with a `key` finds the largest in all three; do not rely on any order.
    """
    rows = [
        [("can", 0.2), ("carton", 0.7), ("milk_bottle", 0.1)],
        [("water_bottle", 0.55), ("can", 0.45)],
        [("can", 0.3), ("milk_bottle", 0.6), ("carton", 0.9), ("water_bottle", 0.4)],
    ]
    for row in rows:
        expected = max(row, key=lambda pair: pair[1])[0]
        for form, entry in _forms(row).items():
            got = call(answer, entry)
            if not (isinstance(got, str) and got == expected):
                raise Wrong(
                    f"got {got!r} for {form} {entry}, expected {expected!r}; the label with the largest "
                    "probability, wherever it stands"
                )


def _forms(row: list[tuple[str, float]]) -> dict[str, Any]:
    """Write what an answer holds for one picture in each form, in the order of the row."""
    listed = [{"label": label, "score": score} for label, score in row]
    return {
        "P1": {"probs": [score for _, score in row], "labels": [label for label, _ in row]},
        "P2": listed,
        "P3": {str(rank): entry for rank, entry in enumerate(listed)},
    }


class _Replies:
    """A server that gives prepared replies, one after the other, and a clock that stands still."""

    def __init__(self, statuses: list[int]) -> None:
        self.left, self.sent, self.slept = list(statuses), 0, []

    def send(self) -> SimpleNamespace:
        self.sent += 1
        status = self.left.pop(0) if self.left else 503
        headers = {"Retry-After": str(self.sent + 1)} if status == 503 else {}
        content = [{"answer": self.sent}] if status == 200 else {"error": "no"}
        return SimpleNamespace(status_code=status, headers=headers, json=lambda: content)

    def sleep(self, seconds: Any) -> None:
        self.slept.append(number(seconds))


def exercise_3(answer: Any) -> None:
    """Send at most five times; sleep only after a 503 that is not the last; raise for all that is not 200.

    Loop over the attempts: send; if the status is 200, return what `json()` gives; if it is another than 503,
    or this was the fifth attempt, raise; else sleep `int(reply.headers["Retry-After"])` seconds.
    """
    for statuses in ([200], [503, 200], [503, 503, 503, 503, 200]):
        server = _Replies(statuses)
        got = call(answer, server.send, server.sleep)
        _check_counts(server, statuses)
        if got != [{"answer": len(statuses)}]:
            raise Wrong(f"got {got!r} after {statuses}, expected what json() of the last reply gives")
    for statuses in ([400], [503, 422], [500], [503] * ATTEMPTS):
        server = _Replies(statuses)
        try:
            got = answer(server.send, server.sleep)
        except Exception:  # noqa: BLE001 - which error it raises is the learner's choice
            _check_counts(server, statuses)
        else:
            raise Wrong(f"got {got!r} after {statuses}, expected an error; only a 200 is an answer")


def _check_counts(server: _Replies, statuses: list[int]) -> None:
    """Refuse requests that were too many or too few, and other sleeps than those asked for."""
    if server.sent != len(statuses):
        raise Wrong(
            f"got {server.sent} requests, expected {len(statuses)} where the replies are {statuses}; ask "
            f"again after a 503 only, and {ATTEMPTS} times in all at most"
        )
    expected = list(range(2, len(statuses) + 1))
    if server.slept != expected:
        raise Wrong(
            f"got sleeps of {server.slept} s, expected {expected} where the replies are {statuses}; take "
            "each reply's own Retry-After, and do not sleep when nothing is sent afterwards"
        )
