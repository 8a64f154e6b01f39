"""The OpenAPI documentation of an endpoint: the JSON Schemas of the package, and the samples of the cards.

Taught in lesson 13.
"""

import json
from typing import Any

from fastapi import FastAPI

from vitcourse.endpoint.schema import SCHEMAS

REQUESTS, RESPONSES = ("R1", "R2", "R3"), ("P1", "P2", "P3")
_ERRORS = {
    400: "At least one image is bad; all bad ones are named by their position.",
    401: "The key is missing or wrong.",
    408: "The body did not arrive in time.",
    413: "The body is too large, or there are too many images.",
    422: "The body is no JSON, or of none of the forms, or an option does not fit the model.",
    503: "Overload; try again after the seconds in Retry-After.",
}


def schemas() -> dict[str, dict]:
    """Return every JSON Schema of the package by its name: R1 to R3, P1 to P3, params, error."""
    return {name: _read(name) for name in (*REQUESTS, *RESPONSES, "params", "error")}


def samples() -> dict[str, Any]:
    """Return a sample of each form, as the model cards print them ("image1" stands for base64)."""
    return _read("samples")


def score_documentation() -> dict[str, Any]:
    """Return what FastAPI cannot know about `POST /score`: its body and its answers."""
    error = _content(["error"])
    return {
        "requestBody": {"required": True, "content": _content(REQUESTS)},
        "responses": {
            "200": {"description": "One entry an image, in order.", "content": _content(RESPONSES)},
            **{str(status): {"description": text, "content": error} for status, text in _ERRORS.items()},
        },
    }


def add_schemas(app: FastAPI, with_key: bool) -> None:
    """Put the JSON Schemas, and the key if there is one, into the application's document."""
    generate = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = generate()
            components = made.setdefault("components", {})
            text = json.dumps(schemas()).replace('"params.json"', '"#/components/schemas/params"')
            components.setdefault("schemas", {}).update(json.loads(text))
            if with_key:
                components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
                made["paths"]["/score"]["post"]["security"] = [{"key": []}]
        return app.openapi_schema

    app.openapi = document


def _content(names: tuple[str, ...] | list[str]) -> dict[str, Any]:
    printed = samples()
    examples = {name: {"value": printed[name]} for name in names}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {"application/json": {"schema": schema, "examples": examples}}


def _read(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
