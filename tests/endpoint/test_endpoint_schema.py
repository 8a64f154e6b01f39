"""Requests: every published form is read, everything else is refused with what was got and expected."""

import copy
import json

import pytest
import serving
from hypothesis import given, settings
from hypothesis import strategies as st

from vitcourse.endpoint import openapi, schema
from vitcourse.endpoint.schema import Params, RequestError

REQUESTS = ("R1", "R2", "R3")
SAMPLES = openapi.samples()


def table(**changes):
    return {"input_data": {"columns": ["image"], "index": [0, 1], "data": ["a", "b"]} | changes}


def without_index(**changes):
    request = table(**changes)
    del request["input_data"]["index"]
    return request


@pytest.mark.parametrize("form", REQUESTS)
def test_the_samples_of_the_cards_are_read(form):
    request = schema.parse(json.dumps(SAMPLES[form]))
    assert (request.form, request.images) == (form, ["image1", "image2"])
    assert request.index == ([0, 1] if form == "R1" else None)
    assert request.response == {"R1": "P1", "R2": "P2", "R3": "P3"}[form]
    assert serving.is_valid(form, SAMPLES[form])


@pytest.mark.parametrize("form", ["P1", "P2", "P3", "error"])
def test_the_samples_of_answers_fit_their_schemas(form):
    assert serving.is_valid(form, SAMPLES[form])


@pytest.mark.parametrize(
    ("body", "images", "index"),
    [
        (table(data=[["a"], ["b"]]), ["a", "b"], [0, 1]),
        (table(data=["a", ["b"]]), ["a", "b"], [0, 1]),
        (without_index(), ["a", "b"], None),
        (table(index=[7, 3]), ["a", "b"], [7, 3]),
        (table(index=[5, 5]), ["a", "b"], [5, 5]),
        (table(index=["x.jpg", 3]), ["a", "b"], ["x.jpg", 3]),
        (table(data=[], index=[]), [], []),
        ({"input_data": []}, [], None),
        ({"inputs": {"image": ["a"]}}, ["a"], None),
        ({"input_data": ["a"], "params": {}}, ["a"], None),
    ],
)
def test_every_edge_of_the_forms_is_read(body, images, index):
    request = schema.parse(json.dumps(body).encode())
    assert (request.images, request.index) == (images, index)
    assert any(serving.is_valid(form, body) for form in REQUESTS)


def test_options_are_read_from_either_name():
    options = {"response": "P3", "top_k": 2, "threshold": 0.5, "explain": True}
    bodies = [table() | {"params": options}, {"input_data": ["a"], "params": options}]
    bodies.append({"inputs": {"image": ["a"]}, "parameters": options})
    for body in bodies:
        request = schema.from_json(copy.deepcopy(body))
        assert request.params == Params("P3", 2, 0.5, True)
        assert request.response == "P3"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "got a list; expected an object with either input_data or inputs"),
        ({}, "got an object; expected an object with either"),
        ({"input_data": [], "inputs": {}}, "either input_data or inputs"),
        ({"input_data": "a"}, "input_data is text; expected a list"),
        ({"input_data": ["a", None, 3]}, r"input_data\[1\] is null; expected text.*\(2 such entries\)"),
        ({"input_data": [["a"]]}, r"input_data\[0\] is a list"),
        ({"input_data": ["a"], "parameters": {}}, "has 'parameters'; expected input_data and params only"),
        ({"inputs": ["a"]}, "inputs is a list; expected an object"),
        ({"inputs": {"images": ["a"]}}, "inputs has 'images'; expected image only"),
        ({"inputs": {}}, "inputs.image is null; expected a list"),
        (table(columns=["image", "text"]), 'expected \\["image"\\]'),
        (table(columns=["text"]), "columns is \\['text'\\]"),
        (table(data=[["a", "b"], ["c"]]), r"input_data.data\[0\] is a list"),
        (table(data=[[], ["c"]]), r"input_data.data\[0\] is a list"),
        (table(data="ab"), "input_data.data is text"),
        (table(index=[0.5, 1]), "index holds something else"),
        (table(index=[True, 1]), "index holds something else"),
        (table(index=None), "index is null; expected a list"),
        (table(rows=1), "has 'rows'"),
        ({"input_data": ["a"], "params": None}, "params is null; expected an object"),
        ({"input_data": ["a"], "params": {"response": "P4"}}, "'P4'; expected P1, P2 or P3"),
        ({"input_data": ["a"], "params": {"response": []}}, "expected P1, P2 or P3"),
        ({"input_data": ["a"], "params": {"top_k": 0}}, "top_k is 0; expected a whole number from 1"),
        ({"input_data": ["a"], "params": {"top_k": True}}, "top_k is True"),
        ({"input_data": ["a"], "params": {"top_k": 1.5}}, "top_k is 1.5"),
        ({"input_data": ["a"], "params": {"threshold": 1.1}}, "expected a number from 0 to 1"),
        ({"input_data": ["a"], "params": {"threshold": "0.5"}}, "expected a number from 0 to 1"),
        ({"input_data": ["a"], "params": {"treshold": 0.5}}, "params has 'treshold'"),
        ({"input_data": ["a"], "params": {"explain": 1}}, "params.explain is 1; expected true or false"),
    ],
)
def test_what_fits_no_form_is_refused(body, message):
    with pytest.raises(RequestError, match=message) as caught:
        schema.parse(json.dumps(body))
    assert caught.value.status == 422
    assert serving.is_valid("error", caught.value.as_dict())
    assert not any(serving.is_valid(form, body) for form in REQUESTS)


@pytest.mark.parametrize("index", [[0], [0, 1, 2], []])
def test_an_index_of_another_length_is_an_error(index):
    with pytest.raises(RequestError, match=f"index has {len(index)} entries; expected 2") as caught:
        schema.from_json(table(index=index))
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b'{"input_data": ["a"',
        b'{"input_data": ["a",]}',
        b"\xff\xfe\xfa",
        b"[" * 100_000,
        b'{"input_data":' * 50_000,
        b'{"input_data": ["a"], "params": {"threshold": NaN}}',
        b'{"input_data": ["a"], "params": {"threshold": 1e400}}',
        b'{"input_data": ["a"], "params": {"top_k": ' + b"9" * 5000 + b"}}",
        b'{"input_data": ["a"], "input_data": ["b"]}',
        b'{"input_data": ["a"], "\\ud800": 1}',
    ],
    ids=lambda body: str(body[:24]),
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(RequestError) as caught:
        schema.parse(body)
    assert caught.value.status == 422
    assert len(caught.value.message) < 300
    json.dumps(caught.value.as_dict()).encode("ascii")


leaves = (
    st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from([2.0, 0.5, "a", "image", "P1", "P9"])
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
options = st.sampled_from(["response", "top_k", "threshold", "explain", "other"])
params = st.dictionaries(options, values, max_size=2)
inputs = st.fixed_dictionaries(
    {"columns": st.just(["image"]) | values, "data": st.lists(values, max_size=3) | values},
    optional={"index": st.lists(values, max_size=3) | values},
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "input_data": inputs | st.lists(st.just("a") | values, max_size=3),
        "inputs": st.fixed_dictionaries({"image": st.lists(values, max_size=2) | values}),
        "params": params | values,
        "parameters": params | values,
    },
)


@settings(max_examples=400, deadline=None)
@given(bodies)
def test_exactly_what_a_schema_allows_is_read(body):
    try:
        request = schema.from_json(body)
    except RequestError as error:
        if "entries; expected" not in error.message:  # lengths that must agree: no schema can say that
            assert not any(serving.is_valid(form, body) for form in REQUESTS)
    else:
        assert [form for form in REQUESTS if serving.is_valid(form, body)] == [request.form] or (
            request.images == []
        )
