"""What lesson 05 promises for the real photos: a linear probe on ViT-Tiny; only where a mirror is at hand."""

import numpy as np
import pytest
from datasets import concatenate_datasets
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vitcourse import features, fridge

pytestmark = [pytest.mark.slow, pytest.mark.real]


def test_a_linear_probe_on_the_real_photos(tmp_path, monkeypatch, record_property):
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    monkeypatch.setenv("VITCOURSE_DATA", str(tmp_path))
    photos = concatenate_datasets(list(fridge.multiclass().values()))
    found, labels = features.extract("vit-tiny", photos, [12]), np.array(photos["label"])
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    accuracy = {}
    for pooling in features.POOLINGS:
        runs = [
            cross_val_score(
                probe, found.vectors(pooling), labels, cv=StratifiedKFold(5, shuffle=True, random_state=seed)
            )
            for seed in range(3)
        ]
        accuracy[pooling] = np.mean(runs, axis=1)
    shown = "; ".join(f"{pooling} {values.round(3)}" for pooling, values in accuracy.items())
    record_property("measured", f"{len(photos)} real photos, five folds, three seeds: {shown}")
    assert len(photos) == 134
    assert accuracy["class"].min() >= 0.93
    assert accuracy["class"].mean() > accuracy["mean"].mean() + 0.04
