import json
import subprocess
import sys

import pytest
import tiny
from loopback import serve, status

from vitcourse import assets, variants
from vitcourse.assets import AssetError

HEAVY = {
    "torch",
    "transformers",
    "pooch",
    "requests",
    "huggingface_hub",
    "yaml",
    "numpy",
    "PIL",
    "tqdm",
    "filelock",
}


def place(data, *names):
    """Put tiny assets on disk, as a finished download would."""
    contents = {
        "fridge": tiny.multiclass_members(),
        "fridge-multilabel": tiny.multilabel_members(),
        "vit-tiny": {f"{tiny.HUB_ID}/{name}": content for name, content in tiny.checkpoint_files().items()},
    }
    for name in names:
        tiny.write(data / "real", contents[name])


def mirror_folder(folder):
    datasets = {
        "fridgeObjects": tiny.multiclass_members(),
        "multilabelFridgeObjects": tiny.multilabel_members(),
    }
    tiny.write(folder / "datasets", {f"{name}.zip": tiny.zipped(files) for name, files in datasets.items()})
    tiny.write(folder / "models" / tiny.HUB_ID, tiny.checkpoint_files())
    return folder


# The registry itself


def test_the_registry_has_every_asset_with_address_size_and_licence():
    everything = [assets.get(name) for name in assets.names()]
    assert assets.names("dataset") == ["fridge", "fridge-multilabel"]
    assert assets.core_names() == ["fridge", "fridge-multilabel", "vit-tiny"]
    for asset in everything:
        assert asset.licence and asset.source and asset.title and asset.megabytes > 0
        assert asset.ships or asset.addresses or asset.hub_id
        assert all(address.startswith("https://") for address in asset.addresses)
    assert assets.get("fridge").size == "about 21 MB"
    assert assets.get("vit-tiny").size == "23 MB"
    assert sum(assets.get("fridge").structure.photos_per_class.values()) == 134
    assert sum(assets.get("fridge-multilabel").structure.photos_per_label_count.values()) == 128


def test_the_registry_agrees_with_the_table_of_variants():
    for name, variant in variants.all_variants().items():
        if not variant.demo:
            assert assets.get(name).megabytes == pytest.approx(4 * variant.num_parameters / 1e6)


def test_an_unknown_name_lists_the_names():
    with pytest.raises(AssetError, match=r"'vit-huge'.*fridge, fridge-multilabel, vit-tiny"):
        assets.get("vit-huge")
    with pytest.raises(ValueError, match="'model'"):
        assets.names("model")


def test_importing_is_light():
    code = "import sys, json, vitcourse.assets, vitcourse.cli; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert HEAVY.isdisjoint(loaded)


# Where things lie


def test_data_dir_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VITCOURSE_DATA", str(tmp_path / "elsewhere"))
    assert assets.data_dir() == tmp_path / "elsewhere"
    monkeypatch.setenv("VITCOURSE_DATA", "~/vit")
    assert assets.data_dir().is_absolute() and "~" not in str(assets.data_dir())
    monkeypatch.delenv("VITCOURSE_DATA")
    assert assets.data_dir() == assets.CHECKOUT / "data"


def test_find_fetches_and_unpacks_nothing(tiny_registry, data, tmp_path, monkeypatch, server):
    mirror = mirror_folder(tmp_path / "mirror")
    monkeypatch.setenv("VITCOURSE_MIRROR", str(mirror))
    assert assets.find("fridge") is None
    assert assets.find("vit-tiny") == mirror / "models" / tiny.HUB_ID
    place(data, "fridge", "vit-tiny")
    assert assets.find("fridge") == data / "real" / "fridgeObjects"
    assert assets.find("vit-tiny") == data / "real" / tiny.HUB_ID
    assert server.requests == []


def test_find_does_not_take_half_an_asset(tiny_registry, data):
    place(data, "fridge", "vit-tiny")
    (data / "real/fridgeObjects/can/2.jpg").unlink()
    weights = data / "real" / tiny.HUB_ID / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    assert assets.find("fridge") is None
    assert assets.find("vit-tiny") is None


def test_demo_assets_come_from_the_checkout(tiny_registry, data, tmp_path):
    demo = tmp_path / "checkout/data/demo"
    with pytest.raises(AssetError, match=r"git checkout -- data/demo"):
        assets.dataset("fridge")
    with pytest.raises(AssetError, match=r"config.json is missing"):
        assets.resolve("vit-micro")
    tiny.write(demo, tiny.multiclass_members())
    tiny.write(demo / "vit-micro", tiny.checkpoint_files())
    assert assets.dataset("fridge") == demo / "fridgeObjects"
    assert assets.find("vit-micro") == assets.resolve("vit-micro") == demo / "vit-micro"


def test_a_checkpoint_is_no_dataset(tiny_registry):
    with pytest.raises(AssetError, match="'vit-tiny' is a checkpoint; the datasets are: fridge"):
        assets.dataset("vit-tiny")


# Which assets are in use


def test_auto_is_real_only_with_the_whole_core_set(tiny_registry, data, server):
    assert assets.mode() == "demo"
    place(data, "fridge", "fridge-multilabel")
    assert assets.mode() == "demo"
    place(data, "vit-tiny")
    assert assets.mode() == "real"
    assert server.requests == []


def test_auto_counts_a_mirror_folder_and_a_zip_fetched_by_hand(tiny_registry, data, tmp_path, monkeypatch):
    mirror = mirror_folder(tmp_path / "mirror")
    monkeypatch.setenv("VITCOURSE_MIRROR", str(mirror))
    assert assets.mode() == "real"
    (mirror / "datasets/fridgeObjects.zip").rename(tmp_path / "by_hand.zip")
    assert assets.mode() == "demo"
    (data / "real").mkdir(parents=True)
    (tmp_path / "by_hand.zip").rename(data / "real/fridgeObjects.zip")
    assert assets.mode() == "real"


def test_auto_asks_an_http_mirror_once_and_downloads_nothing(tiny_registry, data, monkeypatch, server):
    monkeypatch.setenv("VITCOURSE_MIRROR", f"{server.address}/m/")
    files = [file for name in assets.core_names() for file in assets.get(name).mirror_files]
    server.routes = {f"/m/{file}": [serve(b"")] for file in files}
    assert assets.mode() == assets.mode() == "real"
    assert server.requests == [("HEAD", f"/m/{file}") for file in files]
    assert not data.exists()


def test_auto_with_a_mirror_that_is_down_warns_and_uses_the_demo(tiny_registry, monkeypatch, server):
    server.routes["/m/datasets/fridgeObjects.zip"] = [status(500)]
    monkeypatch.setenv("VITCOURSE_MIRROR", f"{server.address}/m")
    with pytest.warns(UserWarning, match="HTTP 500"):
        assert assets.mode() == "demo"


def test_auto_with_a_mirror_folder_that_is_not_there_warns_too(tiny_registry, monkeypatch, tmp_path):
    monkeypatch.setenv("VITCOURSE_MIRROR", str(tmp_path / "unplugged"))
    with pytest.warns(UserWarning, match="unplugged: there is no such folder"):
        assert assets.mode() == "demo"


def test_a_chosen_mode_is_taken_as_it_is(tiny_registry, monkeypatch):
    for chosen in ("demo", "real", " Real "):
        monkeypatch.setenv("VITCOURSE_ASSETS", chosen)
        assert assets.mode() == chosen.strip().lower()
    monkeypatch.setenv("VITCOURSE_ASSETS", "best")
    with pytest.raises(ValueError, match=r"'best'.*demo, real, auto"):
        assets.mode()


def test_in_auto_mode_a_dataset_never_starts_an_official_download(
    tiny_registry, monkeypatch, server, tmp_path
):
    mirror = mirror_folder(tmp_path / "mirror")
    (mirror / "datasets/fridgeObjects.zip").write_bytes(b"damaged")
    monkeypatch.setenv("VITCOURSE_MIRROR", str(mirror))
    server.routes["/official/fridgeObjects.zip"] = [serve(tiny.zipped(tiny.multiclass_members()))]
    with pytest.raises(AssetError, match="no whole zip"):
        assets.dataset("fridge")
    assert server.requests == []
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    assert assets.dataset("fridge").is_dir()
