"""The subclasses of evaluate.Metric: no network, batches, and two real processes."""

import multiprocessing

import pytest
from test_metrics import random_multiclass, random_multilabel

from vitcourse import metrics

TASKS = {
    "MultiClass": (random_multiclass, metrics.multiclass),
    "MultiLabel": (random_multilabel, metrics.multilabel),
}


def compute(task, process, processes, folder, answers):
    """Score every `processes`-th photo, in batches of 16; run in a process of its own."""
    from vitcourse import metric_classes

    probabilities, labels = (values[process::processes] for values in TASKS[task][0]())
    where = {"num_process": processes, "process_id": process, "experiment_id": "test"}
    metric = getattr(metric_classes, task)(cache_dir=str(folder), **where)
    for start in range(0, len(labels), 16):
        rows = slice(start, start + 16)
        metric.add_batch(predictions=probabilities[rows], references=labels[rows])
    answers.put((process, metric.compute()))


@pytest.mark.parametrize("task", TASKS)
def test_two_processes_count_each_photo_once(task, tmp_path):
    answers = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=compute, args=(task, index, 2, tmp_path, answers))
        for index in range(2)
    ]
    for process in processes:
        process.start()
    found = dict(answers.get(timeout=900) for _ in processes)
    for process in processes:
        process.join(timeout=900)
        assert process.exitcode == 0
    data, function = TASKS[task]
    assert found[0] == pytest.approx(function(*data()))
    assert found[1] is None


def test_one_process_and_options(tmp_path):
    from vitcourse.metric_classes import MultiClass, MultiLabel

    probabilities, labels = random_multilabel()
    metric = MultiLabel(cache_dir=str(tmp_path))
    found = metric.compute(predictions=probabilities, references=labels, thresholds=[0.3, 0.4, 0.5, 0.6])
    assert found == pytest.approx(metrics.multilabel(probabilities, labels, [0.3, 0.4, 0.5, 0.6]))
    again = metric.compute(predictions=probabilities[:50], references=labels[:50])
    assert again == pytest.approx(metrics.multilabel(probabilities[:50], labels[:50]))
    probabilities, labels = random_multiclass()
    found = MultiClass(cache_dir=str(tmp_path)).compute(
        predictions=probabilities, references=labels, top_k=[3]
    )
    assert found == pytest.approx(metrics.multiclass(probabilities, labels, top_k=[3]))
