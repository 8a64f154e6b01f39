"""Every wrong field, type and value is one error that names the field and what it takes."""

import dataclasses

import pytest

from vitcourse import configuration
from vitcourse.configuration import CONFIGS, ConfigurationError, FineTuning, parse
from vitcourse.recipe import Recipe

SHIPPED = sorted(path.name for path in CONFIGS.glob("*.yaml"))
WRONG = {
    "--epochs three": "epochs is three; expected a whole number",
    "--epochs 3.5": "epochs is 3.5; expected a whole number",
    "--epochs true": "epochs is true; expected a whole number",
    "--epochs 0": "epochs is 0; expected 1 or more",
    "--epochs null": "epochs is null; expected a whole number",
    "--epochs": "--epochs has no value; expected a whole number after it",
    "--epoch 3": "there is no field epoch (did you mean epochs?); expected one of batch_size, ",
    "--lr=3": "there is no field lr; expected one of batch_size, ",
    "stray": "there is no field stray; expected one of ",
    "--learning_rate fast": "learning_rate is fast; expected a number",
    "--learning_rate .nan": "learning_rate is nan; expected 0 or more",
    "--learning_rate .inf": "learning_rate is inf; expected 0 or more",
    "--label_smoothing 2": "label_smoothing is 2.0; expected 0 to 1",
    "--scheduler poly": "scheduler is poly; expected one of cosine, linear, constant_with_warmup",
    "--metric_for_best_model mcc": "metric_for_best_model is mcc; expected one of loss, accuracy, ",
    "--optimizer adamww": "optimizer is 'adamww'; expected one that timm knows: adamw",
    "--freeze true": "freeze is true; expected a whole number or one of none, backbone",
    "--freeze -1": "freeze is -1; expected none, backbone, or 0 or more blocks",
    "--multi_label maybe": "multi_label is maybe; expected true or false",
    "--multi_label --label_smoothing 0.1": "multi_label is true; expected mixup, cutmix and label_smoothing",
    "--class_weights balanced --mixup 1": "class_weights and mixup or cutmix exclude each other",
    "--image_size 0": "image_size is 0; expected 1 or more",
    "--patience x": "patience is x; expected a whole number or null",
    "--rand_augment foo": "rand_augment is 'foo'; expected timm's notation",
    "--seed -1": "seed is -1; expected 0 to 4294967295",
    "--trackers wandb": "trackers is wandb; expected a list in brackets, [] or [tensorboard, mlflow]",
    "--config none.yaml": "config: File does not exist",
}


@pytest.mark.parametrize(("typed", "message"), WRONG.items(), ids=WRONG)
def test_a_wrong_field_is_one_plain_error(typed, message):
    with pytest.raises(ConfigurationError) as caught:
        parse(typed.split())
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert "typing." not in str(caught.value) and "<class" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs: three", "epochs is three; expected a whole number"),
        ("epoch: 3", r"there is no field epoch \(did you mean epochs\?\)"),
        ("model: [a, b]", r"model is \['a', 'b'\]; expected text"),
        ("skip_bad: 1", "skip_bad is 1; expected true or false"),
        ("- 1", "config: Unexpected config.*expected a YAML file with lines like `epochs: 3`"),
        ("epochs: [", "config: .*expected a YAML file"),
    ],
)
def test_a_wrong_file_is_one_plain_error(tmp_path, text, message):
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"(?s)^{message}"):
        parse(["--config", str(file)])


def test_single_fields_override_the_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("epochs: 3\nlearning_rate: 2e-4\ntrackers: [tensorboard]\n", encoding="utf-8")
    config = parse(["--config", str(file), "--epochs", "5", "--skip-bad", "--image-size=64"])
    expected = {"epochs": 5, "learning_rate": 2e-4, "trackers": ["tensorboard"], "skip_bad": True}
    assert config == FineTuning(**expected, image_size=64)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_is_found_by_its_name(name):
    for arguments in (["--config", name], [f"--config={name}"]):
        assert parse([*arguments, "--epochs", "2"]).epochs == 2


def test_what_is_written_is_read_back(tmp_path):
    config = FineTuning(epochs=2, freeze=3, patience=4)
    configuration.write(config, tmp_path / "config.yaml")
    assert parse(["--config", str(tmp_path / "config.yaml")]) == config
    assert configuration.read(tmp_path / "config.yaml") == dataclasses.asdict(config)
    (tmp_path / "config.yaml").write_text("epochs: [", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is no YAML"):
        configuration.read(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"epochs": 0}, {"learning_rate": -1}, {"head_factor": -1}, {"layer_decay": 1.1}, {"warmup": 2}),
        *({"max_grad_norm": float("nan")}, {"gradient_accumulation_steps": 0}, {"weight_averaging": 2}),
        *({"patience": 0}, {"seed": -1}, {"scheduler": "poly"}, {"mixed_precision": "fp7"}),
        *({"metric_for_best_model": "mcc"}, {"trackers": ["wandb"]}),
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_recipe_refuses_what_cannot_train(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Recipe(**wrong)
