"""`vc.load`: the right class, the right head, and an error instead of a random model.

Each trap of the installed libraries that `load` guards against has a test here.
"""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForImageClassification,
    DeiTConfig,
    DeiTForImageClassification,
    DeiTForImageClassificationWithTeacher,
    DeiTImageProcessor,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

import vitcourse as vc
from vitcourse.models import CheckpointError, heads

SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 48,
    "image_size": 64,
    "patch_size": 16,
    "num_labels": 5,
}
FAMILIES = {
    "vit": (ViTForImageClassification, ViTConfig, ViTImageProcessor),
    "deit": (DeiTForImageClassification, DeiTConfig, DeiTImageProcessor),
    "distilled": (DeiTForImageClassificationWithTeacher, DeiTConfig, DeiTImageProcessor),
}


@pytest.fixture
def checkpoint(tmp_path):
    def make(family="vit", half=False):
        model_class, config_class, processor_class = FAMILIES[family]
        torch.manual_seed(0)
        model = model_class(config_class(**SMALL))
        for head in heads(model).values():
            torch.nn.init.normal_(head.bias)
        folder = tmp_path / family
        (model.half() if half else model).save_pretrained(folder)
        processor_class(size={"height": 64, "width": 64}, do_center_crop=False).save_pretrained(folder)
        return folder

    return make


def edit_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_gets_its_class_and_its_weights(checkpoint, family):
    folder = checkpoint(family)
    model, _ = vc.load(folder)
    assert type(model) is FAMILIES[family][0]
    assert not model.training
    original = FAMILIES[family][0].from_pretrained(folder)
    for name, value in original.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name


def test_half_precision_files_load_as_fp32(checkpoint):
    folder = checkpoint(half=True)
    assert AutoModelForImageClassification.from_pretrained(folder).dtype == torch.float16  # the trap
    assert vc.load(folder)[0].dtype == torch.float32


def test_new_head_is_zero_and_the_rest_is_kept(checkpoint):
    folder = checkpoint("distilled")
    model, _ = vc.load(folder, labels=["a", "b", "c"])
    kept = DeiTForImageClassificationWithTeacher.from_pretrained(folder).deit.state_dict()
    assert all(torch.equal(model.deit.state_dict()[name], value) for name, value in kept.items())
    assert set(heads(model)) == {"cls_classifier", "distillation_classifier"}
    for head in heads(model).values():
        assert head.out_features == 3
        assert not head.weight.any()
        assert not head.bias.any()
    assert model.config.id2label == {0: "a", 1: "b", 2: "c"}
    assert model(pixel_values=torch.zeros(1, 3, 64, 64)).logits.shape == (1, 3)


def test_new_head_also_when_the_number_of_labels_happens_to_be_the_same(checkpoint):
    folder = checkpoint()
    same_count = AutoModelForImageClassification.from_pretrained(
        folder, num_labels=5, ignore_mismatched_sizes=True
    )
    assert same_count.classifier.bias.any()  # the trap: the old task's head, silently kept
    assert not vc.load(folder, labels=list("vwxyz"))[0].classifier.bias.any()


def test_a_new_head_survives_saving(checkpoint, tmp_path):
    model, processor = vc.load(checkpoint(), labels=["a", "b"])
    model.save_pretrained(tmp_path / "saved")
    processor.save_pretrained(tmp_path / "saved")
    again, again_processor = vc.load(tmp_path / "saved")
    assert again.config.id2label == {0: "a", 1: "b"}
    assert again_processor.do_convert_rgb


def test_weights_of_another_family_are_refused(checkpoint):
    folder = checkpoint("vit")
    loaded, report = DeiTForImageClassification.from_pretrained(folder, output_loading_info=True)
    assert report["missing_keys"]  # the trap: only a printed report says that the model is random
    assert loaded is not None
    edit_config(folder, model_type="deit", architectures=["DeiTForImageClassification"])
    with pytest.raises(CheckpointError, match="missing"):
        vc.load(folder)


def test_plain_deit_class_on_a_distilled_checkpoint_is_refused(checkpoint):
    folder = checkpoint("distilled")
    edit_config(folder, architectures=["DeiTForImageClassification"])
    with pytest.raises(CheckpointError, match=r"classifier|distillation"):
        vc.load(folder)


def test_position_embeddings_of_another_size_are_refused_not_randomised(checkpoint):
    folder = checkpoint()
    edit_config(folder, image_size=96)
    silent = ViTForImageClassification.from_pretrained(folder, ignore_mismatched_sizes=True)
    saved = load_file(folder / "model.safetensors")["vit.embeddings.position_embeddings"]
    assert silent.vit.embeddings.position_embeddings.shape != saved.shape  # the trap: random ones
    with pytest.raises(CheckpointError, match=r"1 of another shape \(vit.embeddings.position_embeddings"):
        vc.load(folder)


def test_a_missing_weight_is_refused(checkpoint):
    folder = checkpoint()
    weights = load_file(folder / "model.safetensors")
    del weights["vit.layernorm.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"1 missing \(vit.layernorm.weight\)"):
        vc.load(folder)


def test_a_backbone_without_a_head_needs_labels(checkpoint):
    folder = checkpoint()
    weights = {k: v for k, v in load_file(folder / "model.safetensors").items() if "classifier" not in k}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="labels"):
        vc.load(folder)
    assert vc.load(folder, labels=["a", "b"])[0].num_labels == 2


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_image_mode_is_accepted(checkpoint, mode):
    _, processor = vc.load(checkpoint())
    image = Image.new(mode, (40, 30))
    assert processor(image, return_tensors="pt")["pixel_values"].shape == (1, 3, 64, 64)
    if mode not in ("RGB", "1", "I;16"):
        with pytest.raises((RuntimeError, ValueError)):  # the trap
            ViTImageProcessor()(image, return_tensors="pt")


def test_multi_label_loss_is_set_and_not_guessed(checkpoint):
    model, _ = vc.load(checkpoint(), labels=["a", "b"], multi_label=True)
    assert model.config.problem_type == "multi_label_classification"
    images, targets = torch.zeros(2, 3, 64, 64), torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    assert torch.isfinite(model(pixel_values=images, labels=targets).loss)
    with pytest.raises((RuntimeError, ValueError)):
        model(pixel_values=images, labels=targets.long())  # targets must be float


def test_a_distilled_model_computes_no_loss(checkpoint):
    model, _ = vc.load(checkpoint("distilled"), labels=["a", "b"])
    output = model(pixel_values=torch.zeros(2, 3, 64, 64), labels=torch.tensor([0, 1]))
    assert getattr(output, "loss", None) is None  # the trap: labels are swallowed


def test_damaged_weights_are_named(checkpoint):
    folder = checkpoint()
    (folder / "model.safetensors").write_bytes(b"not a tensor in sight")
    with pytest.raises(CheckpointError, match=r"cannot load .*model\.safetensors"):
        vc.load(folder)


def test_attention_comes_only_from_eager_attention(checkpoint):
    model, _ = vc.load(checkpoint())
    images = torch.zeros(1, 3, 64, 64)
    assert not model(pixel_values=images, output_attentions=True).attentions  # the trap: () under SDPA
    model.set_attn_implementation("eager")
    attentions = model(pixel_values=images, output_attentions=True).attentions
    assert [a.shape for a in attentions] == [(1, 3, 17, 17)] * 2


def test_another_resolution_needs_interpolation(checkpoint):
    model, _ = vc.load(checkpoint())
    images = torch.zeros(1, 3, 96, 64)
    with pytest.raises(ValueError, match="size"):
        model(pixel_values=images)
    assert model(pixel_values=images, interpolate_pos_encoding=True).logits.shape == (1, 5)


@pytest.mark.parametrize("labels", ["can", ["can"], ["can", "can"], []])
def test_bad_labels_are_refused(checkpoint, labels):
    with pytest.raises(ValueError, match="expected"):
        vc.load(checkpoint(), labels=labels)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(CheckpointError, match="vit-tiny"):
        vc.load("vit-enormous")


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"config\.json"):
        vc.load(tmp_path)


def test_a_hub_id_of_the_course_is_found_on_disk(monkeypatch, checkpoint):
    folder = checkpoint()
    seen = []
    monkeypatch.setattr(vc.assets, "resolve", lambda name: seen.append(name) or folder)
    vc.load("facebook/deit-tiny-patch16-224")
    assert seen == ["deit-tiny"]


def test_a_timm_network_loads_and_takes_a_new_head(tmp_path):
    import timm

    network = timm.create_model("mobilenetv2_035")
    folder = tmp_path / "timm"
    timm.models.save_for_hf(network, str(folder), safe_serialization=True)
    edit_config(folder, model_args={})  # timm repeats num_classes there, which transformers then passes twice
    model, processor = vc.load(folder, labels=["a", "b", "c"])
    image = Image.fromarray(np.zeros((30, 40, 3), np.uint8))
    pixel_values = processor(image, return_tensors="pt")["pixel_values"]
    assert model(pixel_values=pixel_values).logits.tolist() == [[0, 0, 0]]
    grey = Image.new("L", (40, 30))
    assert vc.preprocessing.evaluation_transform(processor)(grey).shape == pixel_values.shape[1:]
    assert vc.preprocessing.geometry(processor).height == pixel_values.shape[-1]
