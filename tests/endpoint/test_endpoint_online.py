"""The endpoint over HTTP: forms, statuses, limits, access, health, metrics, documentation."""

import copy
import http.client
import json
import re
import socket

import pytest
import requests
import serving
from jsonschema import Draft202012Validator
from serving import FILES, TEXTS

from vitcourse.endpoint import openapi

KEY = b"a-key-of-the-test"


def ready(address):
    return requests.get(f"{address}/health/ready", timeout=900).json()["ready"]


def post(address, body, **options):
    return requests.post(f"{address}/score", json=body, timeout=900, **options)


@pytest.mark.parametrize("answer", [None, "P1", "P2", "P3"])
@pytest.mark.parametrize("form", ["R1", "R2", "R3"])
def test_the_samples_of_the_cards_in_every_form(address, classifier, form, answer):
    body = serving.with_images(openapi.samples()[form], TEXTS)
    if answer:
        body["parameters" if form == "R3" else "params"] = {"response": answer}
    response = post(address, body)
    assert response.status_code == 200, response.text
    written = answer or {"R1": "P1", "R2": "P2", "R3": "P3"}[form]
    assert serving.is_valid(written, response.json())
    for row, expected in zip(response.json(), classifier.predict(FILES[:2], top_k=None), strict=True):
        assert serving.scores(row) == pytest.approx({e["label"]: e["score"] for e in expected}, abs=1e-3)


def test_the_order_of_answers_is_the_order_of_images(address, classifier):
    order = [5, 0, 3, 3, 1, 4, 2, 0]
    rows = post(address, {"input_data": [TEXTS[place] for place in order]}).json()
    alone = [serving.scores(row) for row in classifier.predict(FILES, top_k=None)]
    assert [serving.scores(row) for row in rows] == [pytest.approx(alone[place], abs=1e-3) for place in order]


def test_no_image_gets_an_empty_answer(address):
    response = post(address, {"input_data": []})
    assert (response.status_code, response.json()) == (200, [])


def test_options_reach_the_answer(address, multi_label):
    rows = post(address, {"input_data": TEXTS[:1], "params": {"top_k": 2, "response": "P3"}}).json()
    assert list(rows[0]) == ["0", "1"]
    with serving.running(multi_label) as other:
        row = post(other, {"input_data": TEXTS[:1], "params": {"threshold": 0.5}}).json()[0]
    assert all(entry["score"] >= 0.5 for entry in row)
    assert len(row) < 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no JSON", 422),
        (b'{"input_data": 3}', 422),
        (json.dumps({"input_data": ["a"], "params": {"threshold": 0.5}}).encode(), 422),
        (json.dumps({"input_data": ["nonsense", TEXTS[0]]}).encode(), 400),
        (json.dumps({"input_data": ["\ud800"]}).encode(), 400),
        (json.dumps({"input_data": ["http://example.org/a.png"]}).encode(), 400),
        (json.dumps({"input_data": ["a"] * 21}).encode(), 413),
        (b" " * 1_000_001, 413),
    ],
    ids=["no JSON", "no form", "threshold", "bad image", "surrogate", "address", "images", "body"],
)
def test_what_is_wrong_has_its_status_and_the_form_of_an_error(address, body, status):
    response = requests.post(f"{address}/score", data=body, timeout=900)
    assert response.status_code == status, response.text
    assert serving.is_valid("error", response.json())
    assert "Traceback" not in response.text
    assert bool(response.json().get("images")) == (status == 400)


def test_a_body_without_a_length_is_cut_off_at_the_limit(address):
    response = requests.post(f"{address}/score", data=(b" " * 100_000 for _ in range(12)), timeout=900)
    assert response.status_code == 413


def test_a_body_that_does_not_come_is_not_waited_for(classifier):
    with serving.running(classifier, read_seconds=0.3) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=900)
        connection.putrequest("POST", "/score")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        assert connection.getresponse().status == 408
        connection.close()
        assert requests.get(f"{address}/health", timeout=900).json()["ready"]


def test_a_client_that_goes_away_gives_its_place_back(classifier):
    with serving.running(classifier, queue_size=1, max_images=1, read_seconds=1000) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            serving.until(lambda: not ready(address))
        serving.until(lambda: ready(address))
        assert post(address, {"input_data": TEXTS[:1]}).status_code == 200


def test_pages_that_are_not_there_answer_in_the_same_form(address):
    for path in ("/score", "/no"):
        response = requests.get(f"{address}{path}", timeout=900)
        assert response.status_code in (404, 405)
        assert serving.is_valid("error", response.json())


def test_a_key_is_asked_for_where_there_is_one(classifier):
    with serving.running(classifier, KEY) as address:
        body = {"input_data": TEXTS[:1]}
        right = {"Authorization": f"Bearer {KEY.decode()}"}
        assert post(address, body, headers=right).status_code == 200
        wrong = ["", "Bearer", "Bearer wrong", KEY.decode(), f"Basic {KEY.decode()}", "Bearer é".encode()]
        for header in wrong:
            response = post(address, body, headers={"Authorization": header})
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
            assert KEY.decode() not in response.text
        assert post(address, body).status_code == 401
        assert requests.get(f"{address}/health", timeout=900).status_code == 200


def test_health_and_root_answer(address):
    assert requests.get(address, timeout=900).json() == {"healthy": True, "classes": 4, "multi_label": False}
    assert requests.get(f"{address}/health", timeout=900).json() == {"live": True, "ready": True}
    assert requests.get(f"{address}/health/live", timeout=900).json() == {"live": True}


def test_metrics_count_what_was_answered(classifier):
    with serving.running(classifier) as address:
        for images in (TEXTS[:3], ["bad"]):
            post(address, {"input_data": images})
        text = requests.get(f"{address}/metrics", timeout=900).text
    assert 'vitcourse_requests_total{path="/score",status="200"} 1.0' in text
    assert 'vitcourse_requests_total{path="/score",status="400"} 1.0' in text
    assert "vitcourse_batch_images_sum 3.0" in text
    assert "vitcourse_queue_images 0.0" in text


def test_the_page_of_the_documentation_needs_no_other_server(address):
    page = requests.get(f"{address}/docs", timeout=900).text
    linked = re.findall(r"""(?:src|href|url)["']?\s*[=:]\s*["']([^"']+)""", page)
    assert {path.rpartition(".")[2] for path in linked} == {"js", "css", "json", "png"}
    for path in linked:
        assert requests.get(f"{address}{path}", timeout=900).status_code == 200
    assert "//" not in "".join(linked)
    assert '"validatorUrl": null' in page
    assert requests.get(f"{address}/redoc", timeout=900).status_code == 404


def test_the_documentation_holds_schemas_and_samples(address):
    document = requests.get(f"{address}/openapi.json", timeout=900).json()
    operation = document["paths"]["/score"]["post"]
    body = operation["requestBody"]["content"]["application/json"]
    assert {name: example["value"] for name, example in body["examples"].items()} == {
        name: openapi.samples()[name] for name in openapi.REQUESTS
    }
    assert {"200", "400", "401", "408", "413", "422", "503"} <= set(operation["responses"])
    schema = copy.deepcopy(body["schema"]) | {"components": document["components"]}
    for name in openapi.REQUESTS:
        assert Draft202012Validator(schema).is_valid(openapi.samples()[name])
    assert not Draft202012Validator(schema).is_valid({"input_data": ["a"], "params": {"top_k": 0}})
