"""A command line and YAML files over a dataclass: for commands whose options are many.

Taught in lesson 06.
"""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentError, ArgumentParser

Fields = TypeVar("Fields")


class ConfigurationError(ValueError):
    """A configuration has a field, a type or a value that it cannot have."""


def parse(
    fields: type[Fields],
    arguments: Sequence[str],
    program: str,
    description: str,
    shipped: Path,
    example: str,
) -> Fields:
    """Read a command line: `--config FILE` (a path, or the name of a shipped file), then single fields.

    Args:
        fields: A dataclass; its docstring is the help.
        arguments: What follows the command's name.
        program: The command's name, for the help.
        description: What it does, for the help.
        shipped: The folder whose YAML files can be named without a path.
        example: A line of such a file, for errors.

    Raises:
        ConfigurationError: If a field is unknown, or a value has the wrong type or is out of range.
    """
    names = ", ".join(sorted(path.name for path in shipped.glob("*.yaml")))
    hints = get_type_hints(fields)
    parser = ArgumentParser(prog=program, description=description, exit_on_error=False, allow_abbrev=False)
    ending = f"; shipped: {names}" if names else ""
    parser.add_argument("--config", action="config", help=f"a YAML file{ending}")
    parser.add_class_arguments(fields, as_group=False)
    try:
        values = parser.parse_args(_normalised(arguments, hints, shipped)).as_dict()
        values = {name: value for name, value in values.items() if name != "config"}
        _refuse_null(values, hints)
        return fields(**values)
    except (ArgumentError, ValueError) as error:
        expected = f"a YAML file with lines like `{example}`" + (f", or one of {names}" if names else "")
        raise ConfigurationError(_in_plain_words(str(error), hints, expected)) from error


def _normalised(arguments: Sequence[str], hints: dict[str, Any], shipped: Path) -> list[str]:
    """Allow `--skip-bad` for `--skip_bad true`, and the bare name of a shipped file after `--config`."""
    result = []
    for place, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if option.startswith("--"):
            option = "--" + option[2:].replace("-", "_")
            following = arguments[place + 1 : place + 2]
            if not equals and hints.get(option[2:]) is bool and (not following or following[0][:2] == "--"):
                equals, value = "=", "true"
        if option == "--config" and equals:
            value = _shipped(value, shipped)
        elif result[-1:] == ["--config"]:
            option = _shipped(argument, shipped)
        result.append(option + equals + value)
    return result


def _shipped(name: str, folder: Path) -> str:
    """Turn the name of a shipped file into its path, unless a file of that name is here."""
    inside = folder / Path(name).name
    return str(inside) if Path(name).name == name and inside.is_file() and not Path(name).exists() else name


def _refuse_null(values: dict, hints: dict[str, Any]) -> None:
    for name, value in values.items():
        if value is None and type(None) not in get_args(hints[name]):
            raise ValueError(f"{name} is null; expected {_words(hints[name])}")


def _in_plain_words(message: str, hints: dict[str, Any], config: str) -> str:
    """Turn a message of the parser into one that names the field, what it got and what it takes."""
    wrong = re.match(r'Parser key "(\w+)[^"]*":\n', message)
    if wrong and wrong[1] in hints:
        got = message.rpartition(" value: ")[2].strip()
        got = {"None": "null", "True": "true", "False": "false"}.get(got, got)
        return f"{wrong[1]} is {got}; expected {_words(hints[wrong[1]])}"
    unknown = re.search(r"unrecognized arguments: (?:--)?(\S+)|Option '(\S+)' is not accepted", message)
    if unknown:
        name = (unknown[1] or unknown[2]).partition("=")[0]
        near = difflib.get_close_matches(name, hints, 1, 0.75)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"there is no field {name}{meant}; expected one of {', '.join(sorted(hints))}"
    alone = re.match(r"argument --(\w+): expected one argument", message)
    if alone:
        return f"--{alone[1]} has no value; expected {_words(hints.get(alone[1], str))} after it"
    if "config" in message:
        problem = re.sub(r'Parser key "config": |Problems parsing config: ', "", message).strip()
        return f"config: {problem}; expected {config}"
    return message


def _words(hint: Any) -> str:
    """Say in words what a field takes: "a whole number or null"."""
    plain = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "null"}
    if hint in plain:
        return plain[hint]
    if get_origin(hint) is Literal:
        return f"one of {', '.join(get_args(hint))}"
    if get_origin(hint) is list:
        return f"a list in brackets, [] or [{', '.join(get_args(get_args(hint)[0]))}]"
    return " or ".join(_words(part) for part in get_args(hint))
