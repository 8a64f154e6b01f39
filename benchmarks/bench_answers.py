"""Are the faster answers the same? All probabilities of `Classifier` beside those of `pipeline` in fp32.

    VITCOURSE_ASSETS=real python benchmarks/bench_answers.py

On the 262 photos of both fridge sets, with the 1,000 classes of ViT-Tiny: many photos have two names that are
nearly as probable, where rounding decides. Nothing is timed: one round. Writes
benchmarks/results/bench_answers_DEVICE_PRECISION.json.
"""

from __future__ import annotations

import bench_inference
import compare

import vitcourse as vc

SAME, DIFFERENCE = 0.99, 0.02


def main() -> None:
    """Compare, and write the rows."""
    options = compare.parser(__doc__, __file__).parse_args()
    name = vc.setup(seed=0).model
    compare.finish(options.json, answers(name), model=name)


def answers(name: str) -> list[dict]:
    """Compare all probabilities of both on all photos of both sets."""
    photos = bench_inference.files(vc.fridge.multilabel()) + bench_inference.files(vc.fridge.multiclass())
    expected = bench_inference.pipeline(name)(photos, top_k=None, batch_size=8)
    rows = []
    ways = [("predict", vc.Classifier(name)), ("compiled", vc.Classifier(name).compile())]
    if ways[0][1].precision != "fp32":
        ways.append(("predict", vc.Classifier(name, precision="fp32")))
    for how, classifier in ways:
        found = classifier.predict(photos, top_k=None)
        pairs = list(zip(expected, found, strict=True))
        same = sum(one[0]["label"] == other[0]["label"] for one, other in pairs)
        largest = max(largest_difference(*pair) for pair in pairs)
        ours = f"{how} {classifier.precision}: {same} the same, probabilities within {largest:.4f}"
        question = f"the same top-1 on {len(photos)} photos, within {DIFFERENCE}"
        row = compare.row(question, "pipeline fp32", ours, [same / len(photos)], SAME)
        rows.append(row | {"holds": row["holds"] and largest <= DIFFERENCE})
    return rows


def largest_difference(one: list[dict], other: list[dict]) -> float:
    """Return how far the probabilities of one class are apart at most."""
    first, second = ({row["label"]: row["score"] for row in answer} for answer in (one, other))
    return max(abs(first[label] - second[label]) for label in first)


if __name__ == "__main__":
    main()
