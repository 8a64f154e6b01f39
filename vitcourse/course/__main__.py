"""`python -m vitcourse.course`: build, outputs, lesson and reading."""

from vitcourse.course.commands import main

if __name__ == "__main__":
    raise SystemExit(main())
