"""`python -m vitcourse` is the same as `vitcourse`."""

from vitcourse.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
