"""Explained answers: maps in the published fields, from a network that others use at the same time."""

import base64
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import serving
import torch
from PIL import Image
from serving import TEXTS
from transformers import DeiTConfig, DeiTForImageClassificationWithTeacher

import vitcourse as vc
from vitcourse import explanations
from vitcourse.endpoint import scoring
from vitcourse.endpoint.decoding import Limits
from vitcourse.endpoint.explaining import Explainer
from vitcourse.endpoint.schema import Params, Request, RequestError

EXPLAIN = {"explain": True}


def post(address, images, **params):
    return requests.post(f"{address}/score", json={"input_data": images, "params": params}, timeout=900)


def prepared(classifier, number=3):
    return [scoring.try_prepare(text, classifier, Limits()) for text in TEXTS[:number]]


def picture_of(explanation):
    return Image.open(io.BytesIO(base64.b64decode(explanation["visualizations"])))


def test_the_method_is_the_best_of_those_that_take_one_pass():
    file = Path(__file__).parents[2] / "benchmarks" / "results" / "explanations.json"
    rows = json.loads(file.read_text())["rows"]
    for ours in (row for row in rows if row["method"] == "gradient-weighted"):
        for other in rows:
            same = (other["model"], other["token"]) == (ours["model"], ours["token"])
            if same and other["method"] in ("attention, last layer", "rollout"):
                assert ours["deletion"] < other["deletion"]
                assert ours["insertion"] > other["insertion"]
                assert ours["hits"] >= other["hits"]


@pytest.mark.parametrize("form", ["P1", "P2", "P3"])
def test_every_form_carries_map_and_picture_of_the_most_probable_class(address, classifier, form):
    plain = post(address, TEXTS[:3], response=form).json()
    response = post(address, TEXTS[:3], response=form, explain=True)
    assert response.status_code == 200, response.text
    assert serving.is_valid(form, response.json())
    for pixel_values, before, row in zip(prepared(classifier), plain, response.json(), strict=True):
        said = serving.scores(row)
        assert said == pytest.approx(serving.scores(before), abs=1e-5)
        explained = row if form == "P1" else row[0 if form == "P2" else "0"]
        picture = picture_of(explained)
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (32, 32))
        target = torch.tensor([serving.LABELS.index(max(said, key=said.get))])
        expected = explanations.gradient_weighted(classifier.model, pixel_values, target)[0]
        assert torch.allclose(torch.tensor(explained["attributions"]), expected, atol=1e-5)


def test_the_picture_is_bright_where_the_map_is_high(classifier):
    (found,) = Explainer(classifier).explain([torch.zeros(1, 3, 32, 32)], [torch.eye(4)[:1]])
    picture = picture_of(found).convert("L")
    corners = [picture.getpixel(place) for place in ((0, 0), (31, 0), (0, 31), (31, 31))]
    values = torch.tensor(found["attributions"]).flatten()
    assert len(set(corners)) > 1
    assert corners[values.argmax()] == max(corners)
    assert corners[values.argmin()] == min(corners)


def test_two_heads_are_explained_together():
    torch.manual_seed(0)
    config = DeiTConfig(**serving.TINY)
    model = DeiTForImageClassificationWithTeacher(config).eval()
    classifier = vc.Classifier((model, serving.classifier().processor), "fp32")
    pixels = prepared(classifier, 1)
    logits = classifier.forward(pixels[0])
    by_token = [
        explanations.gradient_weighted(model, pixels[0], logits.argmax(1), token)[0] for token in (0, 1)
    ]
    (found,) = Explainer(classifier).explain(pixels, [logits])
    assert not torch.allclose(*by_token)
    assert torch.allclose(torch.tensor(found["attributions"]), sum(by_token) / 2, atol=1e-5)


def test_a_network_without_attention_is_refused_with_the_reason():
    classifier = vc.Classifier("convnet-micro")
    request = Request(TEXTS[:1], "R2", params=Params(explain=True))
    with pytest.raises(RequestError, match="explain does not fit this model: got no attention") as caught:
        scoring.score(request, classifier)
    assert caught.value.status == 422
    assert scoring.score(Request(TEXTS[:1], "R2"), classifier)


def test_explaining_leaves_alone_what_scores_at_the_same_time(classifier):
    explainer, pixels = Explainer(classifier), prepared(classifier)
    logits = [classifier.forward(image) for image in pixels]
    with ThreadPoolExecutor(2) as threads:
        explained = [threads.submit(explainer.explain, pixels, logits) for _ in range(10)]
        again = [torch.cat([classifier.forward(image) for image in pixels]) for _ in range(30)]
        alone = explainer.explain(pixels, logits)
        for future in explained:
            for found, expected in zip(future.result(), alone, strict=True):
                assert torch.allclose(*map(torch.tensor, (found["attributions"], expected["attributions"])))
    assert all(torch.equal(torch.cat(logits), other) for other in again)
    weights = zip(classifier.model.parameters(), explainer._network.parameters(), strict=True)
    assert all(mine is its and mine.grad is None for mine, its in weights), "shared, and not learning"


def test_too_many_images_to_explain_are_refused(address):
    assert post(address, TEXTS[:1] * 9).status_code == 200
    response = post(address, TEXTS[:1] * 9, **EXPLAIN)
    assert (response.status_code, "at most 8 a request with explain" in response.text) == (413, True)
    assert post(address, [], **EXPLAIN).json() == []


def test_a_bad_image_is_named_when_explained_too(address):
    response = post(address, [TEXTS[0], "bad"], **EXPLAIN)
    assert (response.status_code, response.json()["images"][0]["position"]) == (400, 1)


def test_explanations_hold_up_nobody_else(classifier, monkeypatch):
    go_on, explain = threading.Event(), scoring.explain

    def slow(*arguments):
        assert go_on.wait(900)
        return explain(*arguments)

    monkeypatch.setattr(scoring, "explain", slow)
    with serving.running(classifier, max_explained=1) as address, ThreadPoolExecutor(4) as clients:
        waiting = [clients.submit(post, address, TEXTS[:1], **EXPLAIN) for _ in range(4)]
        try:
            serving.until(lambda: "vitcourse_queue_images 4.0" in metrics(address))
            assert post(address, TEXTS[:3]).status_code == 200
            fifth = post(address, TEXTS[:1], **EXPLAIN)
            assert (fifth.status_code, "Retry-After" in fifth.headers) == (503, True)
        finally:
            go_on.set()
        assert [answer.result().status_code for answer in waiting] == [200] * 4
        assert post(address, TEXTS[:1], **EXPLAIN).status_code == 200


def metrics(address):
    return requests.get(f"{address}/metrics", timeout=900).text
