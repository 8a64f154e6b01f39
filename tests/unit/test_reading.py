"""Flesch's reading ease, on texts whose syllables and sentences were counted by hand."""

import pytest

from vitcourse.course import commands, reading


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("table", 2), ("picture", 2), ("transformer", 3), ("make", 1), ("looked", 1), ("needed", 2)],
)
def test_syllables(word, count):
    assert reading.syllables(word) == count


def test_the_formula():
    score, length = reading.ease("The cat sat on the mat. A dog ran.")
    assert length == 9 / 2
    assert score == pytest.approx(206.835 - 1.015 * 4.5 - 84.6 * 9 / 9)


def test_code_tables_formulas_and_addresses_are_no_prose():
    text = "# A heading\n\nWe cut `pixel_values` [here](https://example.org/long).\n\n"
    text += "| a | table |\n\n$x + y$ [see](x)"
    assert reading.sentences(text) == [["We", "cut", "here"]]


def test_hard_words_score_lower():
    easy, _ = reading.ease("We cut a picture into squares. Each is a patch.")
    hard, _ = reading.ease("Tokenisation necessitates partitioning photographic representations.")
    assert easy > 60 > hard


def test_nothing_to_read_is_an_error():
    with pytest.raises(ValueError, match="expected prose"):
        reading.ease("| a | table |")


def test_the_command_has_a_line_a_lesson(capsys):
    assert commands.main(["reading"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("00_start_here")
    assert 30 < float(lines[1].split()[1]) < 100
