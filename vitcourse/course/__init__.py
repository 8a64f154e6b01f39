"""Execute, render and stamp the lessons: `python -m vitcourse.course build`, and what the tests use."""
