"""Requests: from the bytes of a body to images and options, or one error that says what is wrong.

The forms are also written as JSON Schemas, in `vitcourse/endpoint/schemas/`. Taught in lesson 13.
"""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, NoReturn

SCHEMAS = Path(__file__).with_name("schemas")
ANSWERS = {"R1": "P1", "R2": "P2", "R3": "P3"}  # as the model cards pair them
MALFORMED, BAD_IMAGES, TOO_LARGE = 422, 400, 413


class RequestError(ValueError):
    """A request that is not answered.

    Attributes:
        status: The HTTP status that fits.
        message: What was got and what was expected.
        images: Every bad image: `{"position": int, "reason": str}`, and its `index` if the request has one.
    """

    def __init__(self, status: int, message: str, images: list[dict] | None = None) -> None:
        """Keep status, message and the bad images."""
        super().__init__(message)
        self.status, self.message, self.images = status, message, images or []

    def as_dict(self) -> dict:
        """Return the body of the answer, in the form of schemas/error.json."""
        return {"error": self.message} | ({"images": self.images} if self.images else {})


@dataclass(frozen=True)
class Params:
    """Options of a request.

    Attributes:
        response: The form of the answer: "P1", "P2" or "P3"; None for the one that goes with the request.
        top_k: How many classes an image, the most probable; None for all.
        threshold: Multi-label models: leave out labels with a smaller probability; None for no threshold.
        explain: Say where each image spoke for its most probable class.
    """

    response: Literal["P1", "P2", "P3"] | None = None
    top_k: int | None = None
    threshold: float | None = None
    explain: bool = False


@dataclass(frozen=True)
class Request:
    """What a request asks for.

    Attributes:
        images: Base64, data URLs or addresses, in the request's order.
        form: Which form it had: "R1", "R2" or "R3".
        index: One entry an image, if R1 gave an index; only used to name images in errors.
        params: Options.
    """

    images: list[str]
    form: Literal["R1", "R2", "R3"]
    index: list[int | str] | None = None
    params: Params = field(default_factory=Params)

    @property
    def response(self) -> str:
        """The form of the answer."""
        return self.params.response or ANSWERS[self.form]


def parse(body: bytes | str) -> Request:
    """Read the body of a request: R1, R2 or R3 as JSON.

    Raises:
        RequestError: Status 422, if it is no JSON, or of none of the forms.

    Taught in lesson 13.
    """
    try:
        value = json.loads(body, object_pairs_hook=_unrepeated, parse_constant=_no_number)
    except RequestError:
        raise
    except UnicodeDecodeError:
        _refuse("the body is no UTF-8 text; expected JSON")
    except (ValueError, RecursionError) as error:
        _refuse(
            f'the body is no JSON ({_short(str(error))}); expected an object such as {{"input_data": [...]}}'
        )
    return from_json(value)


def from_json(value: Any) -> Request:
    """Read a request that is decoded JSON already.

    Raises:
        RequestError: Status 422, if it is of none of the forms.
    """
    if not isinstance(value, dict) or ("input_data" in value) == ("inputs" in value):
        _refuse(f"got {_kind(value)}; expected an object with either input_data or inputs")
    if "inputs" in value:
        _only(value, {"inputs", "parameters"}, "the request")
        table = _object(value["inputs"], "inputs")
        _only(table, {"image"}, "inputs")
        images = _strings(table.get("image"), "inputs.image")
        return Request(images, "R3", params=_params(value.get("parameters", {}), "parameters"))
    _only(value, {"input_data", "params"}, "the request")
    params = _params(value.get("params", {}), "params")
    if isinstance(value["input_data"], dict):
        return _table(value["input_data"], params)
    return Request(_strings(value["input_data"], "input_data"), "R2", params=params)


def _table(table: dict, params: Params) -> Request:
    """Read the table of R1: rows may be images, or lists of one image."""
    _only(table, {"columns", "index", "data"}, "input_data")
    if table.get("columns") != ["image"]:
        _refuse(f'input_data.columns is {_short(ascii(table.get("columns")))}; expected ["image"]')
    rows = _list(table.get("data"), "input_data.data")
    rows = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in rows]
    images = _strings(rows, "input_data.data")
    if "index" not in table:
        return Request(images, "R1", params=params)
    index = _list(table["index"], "input_data.index")
    if not all(isinstance(entry, str) or is_integer(entry) for entry in index):
        _refuse("input_data.index holds something else than whole numbers and text")
    if len(index) != len(images):
        _refuse(f"input_data.index has {len(index)} entries; expected {len(images)}, one an image")
    return Request(images, "R1", index, params)


def _params(value: Any, name: str) -> Params:
    known = {option.name for option in fields(Params)}
    value = _object(value, name)
    _only(value, known, name)
    if "response" in value and value["response"] not in list(ANSWERS.values()):
        _refuse(f"{name}.response is {_short(ascii(value['response']))}; expected P1, P2 or P3")
    if "top_k" in value and not (is_integer(value["top_k"]) and value["top_k"] >= 1):
        _refuse(f"{name}.top_k is {_short(ascii(value['top_k']))}; expected a whole number from 1")
    if "threshold" in value and not (_is_number(value["threshold"]) and 0 <= value["threshold"] <= 1):
        _refuse(f"{name}.threshold is {_short(ascii(value['threshold']))}; expected a number from 0 to 1")
    if not isinstance(value.get("explain", False), bool):
        _refuse(f"{name}.explain is {_short(ascii(value['explain']))}; expected true or false")
    whole = {"top_k": int(value["top_k"])} if "top_k" in value else {}
    return Params(**value | whole)


def is_integer(value: Any) -> bool:
    """Tell whether JSON holds a whole number; 2.0 is one (JSON Schema, section 4.2.3), true is none."""
    return _is_number(value) and value == int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != float("inf")


def _object(value: Any, name: str) -> dict:
    return value if isinstance(value, dict) else _refuse(f"{name} is {_kind(value)}; expected an object")


def _list(value: Any, name: str) -> list:
    return value if isinstance(value, list) else _refuse(f"{name} is {_kind(value)}; expected a list")


def _strings(value: Any, name: str) -> list[str]:
    wrong = [place for place, entry in enumerate(_list(value, name)) if not isinstance(entry, str)]
    if wrong:
        first = f"{name}[{wrong[0]}] is {_kind(value[wrong[0]])}"
        _refuse(f"{first}; expected text: base64, a data URL or an address ({len(wrong)} such entries)")
    return value


def _only(value: dict, known: set[str], name: str) -> None:
    unknown = sorted(set(value) - known)
    if unknown:
        _refuse(f"{name} has {_short(ascii(unknown[0]))}; expected {' and '.join(sorted(known))} only")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _short(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict:
    value = dict(pairs)
    if len(value) < len(pairs):
        _refuse("an object names a field twice; expected each once")
    return value


def _no_number(name: str) -> NoReturn:
    _refuse(f"the body holds {name}, which is no JSON")


def _refuse(message: str) -> NoReturn:
    raise RequestError(MALFORMED, message)
