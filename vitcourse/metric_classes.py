"""The scores of `vitcourse.metrics` as classes of Hugging Face's evaluate.

They need no network, take batches as they come, and gather across processes: give each process its
`process_id`, all of them the same `num_process`, `experiment_id` and `cache_dir`, and each photo to one
process. `compute` then returns the scores of all photos in process 0, and None in the others.

Taught in lesson 08.
"""

import evaluate
import numpy as np
from datasets import Features, List, Value

from vitcourse import metrics


class MultiClass(evaluate.Metric):
    """`metrics.multiclass`: predictions are probabilities (N, C), references are class indices (N,).

    Taught in lesson 08.
    """

    def _info(self) -> evaluate.MetricInfo:
        return _info(metrics.multiclass.__doc__, Value("int64"))

    def _compute(
        self, predictions: list[list[float]], references: list[int], **options: object
    ) -> dict[str, float]:
        return metrics.multiclass(np.array(predictions), np.array(references), **options)


class MultiLabel(evaluate.Metric):
    """`metrics.multilabel`: predictions are probabilities (N, C), references 0 and 1 (N, C).

    `compute` also takes `thresholds`.

    Taught in lesson 08.
    """

    def _info(self) -> evaluate.MetricInfo:
        return _info(metrics.multilabel.__doc__, List(Value("float64")))

    def _compute(
        self, predictions: list[list[float]], references: list[list[float]], **options: object
    ) -> dict[str, float]:
        return metrics.multilabel(np.array(predictions), np.array(references), **options)


def _info(description: str, references: Value | List) -> evaluate.MetricInfo:
    return evaluate.MetricInfo(
        description=description,
        citation="",
        features=Features({"predictions": List(Value("float64")), "references": references}),
    )
