"""The entry script for Azure's inference server: `azmlinfsrv --entry_script score.py --model_dir FOLDER`.

The server, the package azureml-inference-server-http, calls `init` when a process starts and `run` for each
request; it answers `POST /score` and, when it is ready, `GET /`. It wants older libraries than the course's
tests: an environment for both takes `pip install . azureml-inference-server-http`. It asks for no key and
listens on every address of its machine: in Azure something stands before it, on your own nothing does.

Taught in lesson 13.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitcourse import models
from vitcourse.classifier import Classifier
from vitcourse.endpoint import schema, scoring
from vitcourse.endpoint.schema import RequestError
from vitcourse.endpoint.settings import Settings

FOLDER, MODEL = "AZUREML_MODEL_DIR", "VITCOURSE_MODEL"


@dataclass(frozen=True)
class _Served:
    classifier: Classifier
    settings: Settings


_served: _Served | None = None


def init() -> None:
    """Load the model, once: the one that VITCOURSE_MODEL names, or the one in the folder AZUREML_MODEL_DIR.

    Raises:
        CheckpointError: If neither names a model.

    Taught in lesson 13.
    """
    global _served
    models.quiet()
    source = find_model()
    _served = _Served(Classifier(source), Settings(model=source))


def run(raw_data: str) -> Any:
    """Answer a request.

    Args:
        raw_data: R1, R2 or R3, as JSON.

    Returns:
        P1, P2 or P3, as lists and dictionaries. Under Azure's server a request that can't be answered gets an
        `AMLResponse` with its status and the body of schemas/error.json.

    Raises:
        RequestError: Without Azure's server, if the request can't be answered.
        RuntimeError: If `init` was not called.

    Taught in lesson 13.
    """
    if _served is None:
        raise RuntimeError("no model is loaded; call init() before run()")
    limit = int(_served.settings.max_body_mb * 1e6)
    try:
        if len(raw_data) > limit:
            raise RequestError(schema.TOO_LARGE, f"the body is too large; expected at most {limit} bytes")
        return scoring.score(schema.parse(raw_data), _served.classifier, _served.settings.limits)
    except RequestError as error:
        return _refuse(error)


def find_model() -> str:
    """Return what to load: VITCOURSE_MODEL, or the folder in AZUREML_MODEL_DIR, or the one model inside it.

    Azure puts a registered model into a folder of its name inside AZUREML_MODEL_DIR.

    Raises:
        CheckpointError: If no variable is set, or the folder holds no model, or several.

    Taught in lesson 13.
    """
    if os.environ.get(MODEL):
        return os.environ[MODEL]
    if not os.environ.get(FOLDER):
        raise models.CheckpointError(
            f"neither {FOLDER} nor {MODEL} is set; start the server with --model_dir FOLDER, or set {MODEL} "
            "to a folder, a name of the course or a Hub id"
        )
    folder = Path(os.environ[FOLDER])
    if (folder / "config.json").is_file():
        return str(folder)
    nested = sorted(path.parent for path in folder.glob("*/config.json"))
    if len(nested) != 1:
        names = ", ".join(path.name for path in nested) or "none"
        raise models.CheckpointError(
            f"{FOLDER} is {folder}; expected the folder of a model (with config.json), or a folder with one "
            f"such folder in it. Models in it: {names}. {MODEL} can name another"
        )
    return str(nested[0])


def _refuse(error: RequestError) -> Any:
    """Return an error in the way that Azure's server passes on: what `run` raises, it answers with 500."""
    try:
        from azureml_inference_server_http.api.aml_response import AMLResponse
    except ModuleNotFoundError:
        raise error from None
    return AMLResponse(error.as_dict(), error.status, json_str=True)
