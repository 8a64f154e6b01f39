"""The real core set, where `VITCOURSE_MIRROR` names a mirror of it."""

import pytest

from vitcourse import assets


@pytest.mark.real
def test_the_real_core_set_comes_out_of_the_mirror_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("VITCOURSE_DATA", str(tmp_path))
    monkeypatch.setenv("VITCOURSE_ASSETS", "auto")
    assert assets.mode() == "real"
    for name in assets.core_names():
        folder = assets.resolve(name)
        assets.get(name).check(folder, decode=True)
    assert assets.dataset("fridge") == tmp_path / "real" / "fridgeObjects"
