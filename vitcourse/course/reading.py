"""How hard is the prose to read? Reported for whoever edits a lesson; nothing enforces it.

R. Flesch's reading ease, *A New Readability Yardstick*, Journal of Applied Psychology 32 (1948):
206.835 - 1.015 words a sentence - 84.6 syllables a word. 60 to 70 is plain English, below 30 is academic.
Syllables are counted as groups of vowels, which is right for most words.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from vitcourse.course.lessons import prose, read_lesson

_NOT_PROSE = (
    r"`[^`]*`|\$[^$]*\$|https?://\S+|<[^>]+>"  # code, formulas, addresses, tags
    r"|!\[[^\]]*\]\([^)]*\)|(?<=\])\([^)]*\)"  # pictures, and where links lead
    r"|^\s*\|.*$|^#.*$"  # tables, headings
)


def sentences(markdown: str) -> list[list[str]]:
    """Split the prose of a Markdown text into sentences, each a list of its words."""
    text = re.sub(_NOT_PROSE, " ", markdown, flags=re.MULTILINE)
    parts = re.split(r"(?<=[.!?])\s+|\n\s*\n|\n\s*[-*]\s|\n\s*\d+\.\s", text)
    found = (re.findall(r"[A-Za-z][A-Za-z'-]*", part) for part in parts)
    return [words for words in found if len(words) > 1]


def syllables(word: str) -> int:
    """Count the groups of vowels in an English word; a silent e at the end is none."""
    word = word.lower()
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$", word) is not None
    return max(1, groups - silent)


def ease(markdown: str) -> tuple[float, float]:
    """Return Flesch's reading ease of a text, and its words a sentence.

    Raises:
        ValueError: If there is no sentence in it.
    """
    found = sentences(markdown)
    if not found:
        raise ValueError("got a text without a sentence; expected prose")
    words = [word for sentence in found for word in sentence]
    length = len(words) / len(found)
    return 206.835 - 1.015 * length - 84.6 * sum(map(syllables, words)) / len(words), length


def report(paths: Sequence[Path]) -> str:
    """Write a line a lesson: reading ease, and words a sentence."""
    lines = ["lesson                          ease  words a sentence"]
    for path in paths:
        score, length = ease(prose(read_lesson(path)))
        lines.append(f"{path.stem:<30}  {score:4.0f}  {length:16.1f}")
    return "\n".join([*lines, "", "ease: 60 to 70 is plain English, below 30 academic (Flesch, 1948)"])
