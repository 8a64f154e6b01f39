"""Seconds of a processor: a clock would count what other tests, and a machine's other guests, take of it."""

import os
from pathlib import Path

_PROC_STAT = Path("/proc/stat")


class Stopwatch:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self._computed, (self._stolen, self._all) = _of_children(), _of_the_machine()

    def seconds(self) -> float:
        """What the processes that have ended since computed; two cores for one second are two."""
        return _of_children() - self._computed

    def disturbed(self) -> bool:
        """Whether other guests took more than a twentieth of the machine: then no time says anything.

        They share its caches and the insides of its cores, so that seconds of a processor grow as well.
        """
        stolen, everything = _of_the_machine()
        return stolen - self._stolen > 0.05 * (everything - self._all)


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _of_the_machine() -> tuple[int, int]:
    """Return what was stolen (proc_stat(5)) and all that there was, in ticks; 0 of 0 on other systems."""
    if not _PROC_STAT.is_file():
        return 0, 0
    ticks = [int(word) for word in _PROC_STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)
