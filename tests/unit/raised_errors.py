"""Makes the mistakes of notebooks/COMMON_ERRORS.md for real: a function for each heading of the page."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import PIL.Image
import torch
import transformers
from torch import nn

import vitcourse as vc
from vitcourse import assets, configuration, losses, own_data, storage
from vitcourse.progress import Progress
from vitcourse.recipe import Recipe

Mistake = Callable[..., object]
MISTAKES: dict[str, Mistake] = {}


def mistake(heading: str) -> Callable[[Mistake], Mistake]:
    """Register what is done wrong under a heading; the function takes a folder and pytest's monkeypatch."""

    def register(function: Mistake) -> Mistake:
        MISTAKES[heading] = function
        return function

    return register


@mistake("The notebook runs in another Python")
def other_python(folder, monkeypatch):
    command = [sys.executable, "-I", "-S", "-c", "import vitcourse"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    raise ModuleNotFoundError(run.stderr.splitlines()[-1].removeprefix("ModuleNotFoundError: "))


@mistake("An unknown value of VITCOURSE_ASSETS")
def other_assets(folder, monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "reel")
    vc.assets.mode()


@mistake("A name of the package is misspelt")
def misspelt(folder, monkeypatch):
    vc.chekc("01.1", 1)


@mistake("There is no such exercise")
def no_exercise(folder, monkeypatch):
    vc.check("6.1", 60)


@mistake("There is no such asset")
def no_asset(folder, monkeypatch):
    vc.assets.resolve("vit-huge")


@mistake("An asset cannot be fetched")
def no_network(folder, monkeypatch):
    vc.assets.resolve("fridge")


@mistake("The demo assets are gone")
def no_demo(folder, monkeypatch):
    monkeypatch.setattr(assets, "CHECKOUT", folder)
    vc.assets.dataset("fridge")


@mistake("The disk is full")
def full_disk(folder, monkeypatch):
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: SimpleNamespace(free=12_000_000))
    storage.ensure_space(folder, 150_000_000)


@mistake("A field is misspelt on the command line")
def misspelt_field(folder, monkeypatch):
    configuration.parse(["--epoch", "3"])


@mistake("A picture is no picture")
def no_picture(folder, monkeypatch):
    (folder / "photo.jpg").write_text("<html>not found</html>")
    next(vc.images.decodings(folder / "photo.jpg"))()


@mistake("A picture is an address")
def address(folder, monkeypatch):
    next(vc.images.decodings("https://example.org/cat.jpg"))()


@mistake("An array is no picture")
def float_array(folder, monkeypatch):
    next(vc.images.decodings(np.zeros((3, 224, 224), dtype=np.float32)))()


@mistake("Folders are not named after classes of the model")
def other_folders(folder, monkeypatch):
    (folder / "fridge").mkdir()
    vc.imagenet.evaluate(vc.Classifier("vit-micro"), folder)


@mistake("Your data are not where you say")
def no_data(folder, monkeypatch):
    own_data.read(folder / "bottles")


@mistake("Photos in a list are missing")
def missing_photo(folder, monkeypatch):
    (folder / "photos.csv").write_text("image,label\n1.jpg,can\n2.jpg,carton\n")
    own_data.read(folder / "photos.csv")


@mistake("A list has other columns")
def other_columns(folder, monkeypatch):
    (folder / "photos.csv").write_text("picture,label\n1.jpg,can\n")
    own_data.read(folder / "photos.csv")


@mistake("A list has several labels a photo")
def several_labels(folder, monkeypatch):
    (folder / "photos.csv").write_text("image,labels\n1.jpg,can carton\n")
    own_data.read(folder / "photos.csv")


@mistake("There is no such checkpoint")
def no_checkpoint(folder, monkeypatch):
    vc.load("vit-smal")


@mistake("A folder has weights and no processor")
def no_processor(folder, monkeypatch):
    model, _ = vc.load("vit-micro")
    model.save_pretrained(folder)
    vc.load(str(folder))


@mistake("A checkpoint has no head")
def no_head(folder, monkeypatch):
    model, processor = vc.load("vit-micro")
    model.base_model.save_pretrained(folder)
    processor.save_pretrained(folder)
    vc.load(str(folder))


@mistake("A head for other classes")
def other_head(folder, monkeypatch):
    transformers.ViTForImageClassification.from_pretrained(vc.assets.resolve("vit-micro"), num_labels=4)


@mistake("Class names in one text")
def one_text(folder, monkeypatch):
    vc.load("vit-micro", labels="can")


@mistake("One picture instead of a batch")
def no_batch(folder, monkeypatch):
    vc.patches.patchify(torch.zeros(3, 224, 224), 16)


@mistake("Patches do not divide the picture")
def odd_size(folder, monkeypatch):
    vc.patches.patchify(torch.zeros(1, 3, 224, 250), 16)


@mistake("Heads do not divide the width")
def odd_heads(folder, monkeypatch):
    vc.vit.Attention(embed_dim=192, num_heads=5)


@mistake("Your ViT gets another size")
def other_size(folder, monkeypatch):
    network = vc.vit.VisionTransformer(embed_dim=48, depth=1, num_heads=3)
    network(torch.zeros(2, 3, 256, 256))


@mistake("The library's ViT gets another size")
def other_size_of_library(folder, monkeypatch):
    vc.load("vit-micro")[0](torch.zeros(1, 3, 384, 384))


@mistake("Positions of a distilled model")
def odd_positions(folder, monkeypatch):
    vc.positions.interpolate(torch.zeros(1, 198, 8), (24, 24), num_prefix=1)


@mistake("A resolution that is no multiple of the patch")
def odd_resolution(folder, monkeypatch):
    vc.positions.resize(*vc.load("vit-micro"), 300)


@mistake("Everything is frozen")
def all_frozen(folder, monkeypatch):
    torch.optim.AdamW(parameter for parameter in nn.Linear(2, 2).parameters() if not parameter.is_leaf)


@mistake("The loss is not a number")
def nan_loss(folder, monkeypatch):
    from accelerate import Accelerator

    network = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(network.parameters())
    progress = Progress(Accelerator(cpu=True), network, optimizer, Recipe(learning_rate=1))
    progress.record({"epoch": 3, "train_loss": float("nan")})


@mistake("A field of the recipe is out of range")
def no_epochs(folder, monkeypatch):
    Recipe(epochs=0)


@mistake("Labels of several classes are whole numbers")
def whole_labels(folder, monkeypatch):
    labels = torch.tensor([[1, 0, 0, 1], [0, 1, 0, 0]])
    nn.functional.binary_cross_entropy_with_logits(torch.zeros(2, 4), labels)


@mistake("A class without a photo")
def empty_class(folder, monkeypatch):
    losses.class_weights(torch.tensor([0, 1, 3, 3]), num_classes=4)


@mistake("The teacher knows other classes")
def other_teacher(folder, monkeypatch):
    vc.distillation.soft_loss(torch.zeros(16, 4), torch.zeros(16, 1000))


@mistake("A second token for a network that cannot have one")
def second_token(folder, monkeypatch):
    vc.distillation.two_tokens(vc.load("deit-micro-distilled")[0])


@mistake("Logits where probabilities belong")
def logits(folder, monkeypatch):
    vc.metrics.multiclass(np.array([[4.2, -1.3], [-0.5, 2.0]]), np.array([0, 1]))


@mistake("Rows of probabilities that do not add up to 1")
def sigmoids(folder, monkeypatch):
    vc.metrics.multiclass(np.array([[0.9, 0.8], [0.2, 0.9]]), np.array([0, 1]))


@mistake("Logits where a threshold is chosen")
def logits_and_threshold(folder, monkeypatch):
    vc.thresholds.best_threshold(np.array([[4.2, -1.3]]), np.array([[1, 0]]))


@mistake("A share where a count belongs")
def share(folder, monkeypatch):
    vc.intervals.wilson(0.93, 27)


@mistake("A layer that was not kept")
def other_layer(folder, monkeypatch):
    photos = vc.fridge.multiclass()["test"].select([0])
    monkeypatch.setenv("VITCOURSE_DATA", str(folder))
    vc.features.extract("vit-micro", photos).vectors("cls", layer=4)


@mistake("A class of transformers that is gone")
def gone(folder, monkeypatch):
    from transformers import DeiTFeatureExtractor

    return DeiTFeatureExtractor


@mistake("A value of another kind on the command line")
def other_kind(folder, monkeypatch):
    configuration.parse(["--epochs", "three"])


@mistake("Too few photos of a class")
def too_few(folder, monkeypatch):
    for name, count in {"can": 5, "jar": 2}.items():
        (folder / "photos" / name).mkdir(parents=True)
        for k in range(count):
            PIL.Image.new("RGB", (8, 8), (k, 0, len(name))).save(folder / "photos" / name / f"{k}.png")
    own_data.read(folder / "photos")


@mistake("Several labels, and a loss for one")
def one_label(folder, monkeypatch):
    labels = torch.tensor([[1, 0, 0, 1], [0, 1, 0, 0]])
    vc.load("vit-micro", labels=["a", "b", "c", "d"])[0](torch.zeros(2, 3, 224, 224), labels=labels)


@mistake("Weights of a plain model for a distilled one")
def plain_weights(folder, monkeypatch):
    sizes = {"embed_dim": 48, "depth": 1, "num_heads": 3}
    tensors = vc.vit.VisionTransformer(**sizes).state_dict()
    vc.weights.fill(vc.vit.VisionTransformer(**sizes, distilled=True), tensors)


@mistake("An endpoint that anybody could use")
def open_endpoint(folder, monkeypatch):
    from vitcourse.endpoint import access

    access.check_binding("0.0.0.0", None, without_key=False, open_to_network=False)


@mistake("A gradient where none is kept")
def no_gradient(folder, monkeypatch):
    with torch.no_grad():
        loss = nn.Linear(2, 1)(torch.zeros(1, 2)).sum()
    loss.backward()


@mistake("No second token to look from")
def no_token(folder, monkeypatch):
    vc.attention.patch_map(torch.zeros(1, 197, 197), (14, 14), token=1)


@mistake("A network without attention")
def no_attention(folder, monkeypatch):
    vc.attention.read(vc.load("convnet-micro")[0], torch.zeros(1, 3, 64, 64))


@mistake("An endpoint without a model")
def no_model(folder, monkeypatch):
    from vitcourse.endpoint.settings import Settings

    Settings(model="")


@mistake("The progress file is broken")
def broken_progress(folder, monkeypatch):
    from vitcourse import passed

    path = folder / "progress.json"
    path.write_text(json.dumps(["03.1"]))
    monkeypatch.setenv("VITCOURSE_PROGRESS", str(path))
    passed.read()


def printed(heading: str, folder: Path, monkeypatch: object) -> str:
    """Make a mistake and return the last lines of its traceback, the test's folder called FOLDER."""
    try:
        MISTAKES[heading](folder, monkeypatch)
    except Exception as error:  # noqa: BLE001 - which one it is, is what the page says
        return f"{type(error).__name__}: {error}".replace(str(folder), "FOLDER").replace("\\", "/")
    raise AssertionError(f"{heading}: nothing was raised")
