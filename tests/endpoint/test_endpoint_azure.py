"""The entry script for Azure's server: by itself, and under that server as it is published."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import serving
from serving import FILES, TEXTS

import vitcourse as vc
from vitcourse.endpoint import openapi, score
from vitcourse.endpoint.schema import RequestError
from vitcourse.models import CheckpointError

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / "_build" / "azmlinfsrv"
NOT_INSTALLED = (
    "Azure's server is not in _build/azmlinfsrv; `make test` puts it there, from the package registry: "
    "is there a network?"
)
# The program `azmlinfsrv`, but for this machine only: it has no option for the address it listens on.
ON_LOOPBACK = """\
from azureml_inference_server_http import amlserver

amlserver.DEFAULT_HOST = "127.0.0.1"
amlserver.run()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, classifier):
    """A registered model as Azure lays it down: a folder with the model's folder in it."""
    folder = tmp_path_factory.mktemp("azureml-models")
    classifier.model.save_pretrained(folder / "fridge")
    classifier.processor.save_pretrained(folder / "fridge")
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    """What `Classifier` says of the first two pictures, in the precision that it chooses on this machine."""
    answers = vc.Classifier(folder / "fridge").predict(FILES[:2], top_k=None)
    return [pytest.approx(serving.scores(answer), abs=1e-3) for answer in answers]


@pytest.fixture
def loaded(folder, monkeypatch):
    monkeypatch.setattr(score, "_served", None)
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder))
    monkeypatch.delenv("VITCOURSE_MODEL", raising=False)
    monkeypatch.setitem(sys.modules, "azureml_inference_server_http", None)  # as where it is not installed
    score.init()


@pytest.mark.parametrize("form", ["R1", "R2", "R3"])
def test_the_script_answers_the_samples_of_the_cards(loaded, expected, form):
    answer = score.run(json.dumps(serving.with_images(openapi.samples()[form], TEXTS)))
    assert serving.is_valid({"R1": "P1", "R2": "P2", "R3": "P3"}[form], json.loads(json.dumps(answer)))
    assert [serving.scores(row) for row in answer] == expected


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("no JSON", 422),
        (json.dumps({"input_data": ["nonsense"]}), 400),
        (json.dumps({"input_data": ["http://127.0.0.1/a.png"]}), 400),
        (json.dumps({"input_data": ["a"] * 129}), 413),
        (" " * 32_000_001, 413),
    ],
    ids=["no JSON", "bad image", "address", "images", "body"],
)
def test_without_the_server_a_bad_request_raises(loaded, body, status):
    with pytest.raises(RequestError) as caught:
        score.run(body)
    assert caught.value.status == status


def test_run_before_init_says_so(monkeypatch):
    monkeypatch.setattr(score, "_served", None)
    with pytest.raises(RuntimeError, match=r"call init\(\) before"):
        score.run("{}")


def test_the_model_is_found_where_it_lies(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("VITCOURSE_MODEL", raising=False)
    for given in (folder, folder / "fridge"):
        monkeypatch.setenv("AZUREML_MODEL_DIR", str(given))
        assert score.find_model() == str(folder / "fridge")
    monkeypatch.setenv("VITCOURSE_MODEL", "vit-micro")
    assert score.find_model() == "vit-micro"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (None, "neither AZUREML_MODEL_DIR nor VITCOURSE_MODEL"),
        ([], "Models in it: none"),
        (["a", "b"], "a, b"),
    ],
)
def test_one_clear_error_where_no_model_is(tmp_path, monkeypatch, names, message):
    monkeypatch.delenv("VITCOURSE_MODEL", raising=False)
    monkeypatch.delenv("AZUREML_MODEL_DIR", raising=False)
    if names is not None:
        monkeypatch.setenv("AZUREML_MODEL_DIR", str(tmp_path))
    for name in names or []:
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=message):
        score.init()


@pytest.fixture(scope="module")
def azure(folder, tmp_path_factory):
    """The address of Azure's server with the entry script, and its log."""
    if os.name == "nt":
        pytest.skip("make, which installs Azure's server, is not for Windows")
    if not (INSTALLED / ".installed").exists():
        pytest.fail(NOT_INSTALLED) if os.environ.get("VITCOURSE_CI") else pytest.skip(NOT_INSTALLED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = shutil.copy(
        score.__file__, tmp_path_factory.mktemp("code") / "score.py"
    )  # it needs no neighbour
    command = [sys.executable, "-c", ON_LOOPBACK, "--entry_script", script, "--model_dir", folder]
    paths = [INSTALLED, ROOT, os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"}
    environment.pop("VITCOURSE_MODEL", None)
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=folder, env=environment, stdout=file, stderr=file
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(process, address, log)
        yield address, log
    finally:
        process.terminate()
        process.wait(900)


def wait_until_healthy(process, address, log):
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            answer = requests.get(address, timeout=900)  # it listens first, and then loads the model
            assert (answer.status_code, answer.text) == (200, "Healthy")
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"no answer after 90 s: {log.read_text()}")


def post(azure, body):
    return requests.post(f"{azure[0]}/score", data=body, timeout=900)


@pytest.mark.slow
@pytest.mark.parametrize(("form", "answer"), [("R1", "P1"), ("R2", "P2")])
def test_azures_server_answers_the_samples_of_the_cards(azure, expected, form, answer):
    response = post(azure, json.dumps(serving.with_images(openapi.samples()[form], TEXTS)))
    assert response.status_code == 200, azure[1].read_text()
    assert response.headers["x-ms-server-version"].startswith("azmlinfsrv/")
    assert serving.is_valid(answer, response.json())
    assert [serving.scores(row) for row in response.json()] == expected


@pytest.mark.slow
def test_azures_server_names_a_bad_image_and_a_malformed_body(azure):
    bad = post(azure, json.dumps({"input_data": [TEXTS[0], "nonsense"]}))
    assert (bad.status_code, [image["position"] for image in bad.json()["images"]]) == (400, [1])
    malformed = post(azure, '{"input_data": 3}')
    assert (malformed.status_code, post(azure, b"\xff").status_code) == (422, 400)
    for response in (bad, malformed):
        assert serving.is_valid("error", response.json())
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["x-ms-run-function-failed"] == "False"
        assert "Traceback" not in response.text
    assert "Encountered Exception" not in azure[1].read_text()  # what it writes before a stack trace
    assert requests.get(azure[0], timeout=900).text == "Healthy"
