"""`python -m vitcourse.course build` and `python -m vitcourse.course outputs`."""

from vitcourse.course.commands import main

if __name__ == "__main__":
    raise SystemExit(main())
