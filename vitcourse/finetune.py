"""`vitcourse finetune`: a configuration in, a folder with a model, its metrics and its card out.

Taught in lesson 06.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from accelerate import Accelerator, PartialState
from datasets import DatasetDict
from timm.data import Mixup
from torch import nn
from torch.utils.data import DataLoader
from transformers import BaseImageProcessor

from vitcourse import distillation, losses, models, own_data, positions, preprocessing, results, training
from vitcourse.configuration import ConfigurationError, FineTuning


def run(config: FineTuning) -> dict:
    """Fine-tune as a configuration says, and write the folder `config.output_dir`.

    A run that was stopped goes on from its last checkpoint; one that is finished is not repeated.

    Args:
        config: What, on what, and how.

    Returns:
        The metrics, as in the folder's metrics.json.

    Raises:
        ConfigurationError: If the folder belongs to a run with another configuration.
        DataError: If anything is wrong with the photos.
        CheckpointError: If there is no such model.
        StorageError: If the folder cannot be written.

    Taught in lesson 06.
    """
    folder = Path(config.output_dir)
    accelerator = _start(config)
    training.check_installed(config.trackers)
    if config.batch_size % accelerator.num_processes:
        raise ConfigurationError(
            f"batch_size is {config.batch_size}; expected a multiple of the {accelerator.num_processes} "
            "processes, which share each batch"
        )
    with accelerator.main_process_first():
        results.begin(config, folder)
    if results.finished(folder):
        results.clean(folder)
        return results.read_metrics(folder)
    splits = own_data.read(config.data, multi_label=config.multi_label, skip_bad=config.skip_bad)
    model, processor = build(config, preprocessing.class_names(splits["train"]))
    loaders = build_loaders(config, splits, processor)
    loss_of = build_loss(config, loaders["train"], processor)
    history = training.fit(model, loaders, config, loss_of, folder / results.CHECKPOINTS)
    predictions = predict_all(config, model, loaders)
    if accelerator.is_main_process:
        results.write(config, model, processor, history, splits, predictions)
    accelerator.wait_for_everyone()
    return results.read_metrics(folder)


def _start(config: FineTuning) -> Accelerator:
    """Return an `Accelerator` for what surrounds training: in fp32, telling no tracker."""
    return training.start(dataclasses.replace(config, mixed_precision="no", trackers=[]))


def is_main_process() -> bool:
    """Return whether this process is the one that writes and prints."""
    return PartialState().is_main_process


def build(config: FineTuning, labels: Sequence[str]) -> tuple[nn.Module, BaseImageProcessor]:
    """Return the model with a new head for the labels, and its processor, as the configuration wants them."""
    model, processor = models.load(config.model, labels=labels, multi_label=config.multi_label)
    if config.distillation_token:
        model = distillation.two_tokens(model)
    if config.image_size:
        positions.resize(model, processor, config.image_size)
    if config.drop_path:
        models.set_drop_path(model, config.drop_path)
    models.freeze(model, config.freeze)
    return model, processor


def build_loaders(
    config: FineTuning, splits: DatasetDict, processor: BaseImageProcessor
) -> dict[str, DataLoader]:
    """Return a loader a split, with the configuration's augmentation on the training photos."""
    augment = preprocessing.training_transform(
        processor, config.smallest_crop, config.horizontal_flip, config.rand_augment, config.random_erasing
    )
    mixup = None
    if config.mixes:
        num_classes = len(preprocessing.class_names(splits["train"]))
        mixup = Mixup(
            config.mixup,
            config.cutmix,
            label_smoothing=config.label_smoothing,
            num_classes=num_classes,
        )
    return preprocessing.loaders(
        splits, processor, config.batch_size, config.seed, augment, config.num_workers, mixup
    )


def build_loss(config: FineTuning, train: DataLoader, processor: BaseImageProcessor) -> Callable:
    """Return the loss of a training batch: a teacher's, plain, weighted by class, or for mixed labels."""
    if config.teacher:
        teacher = build_teacher(config, preprocessing.class_names(train.dataset.dataset), processor)
        targets, share = config.distillation_targets, config.distillation_share
        return distillation.taught_by(teacher, targets, share, config.temperature)
    if config.mixes:
        return losses.mixed_loss
    if config.class_weights == "balanced":
        return losses.weighted_loss(losses.class_weights(preprocessing.all_labels(train.dataset.dataset)))
    return training.classification_loss


def build_teacher(
    config: FineTuning, labels: Sequence[str], processor: BaseImageProcessor
) -> distillation.Teacher:
    """Return the teacher, frozen; one that knows other classes is fine-tuned as the student is, first.

    Args:
        config: What, on what, and how.
        labels: The class names.
        processor: The student's image processor.
    """
    model, own = models.load(config.teacher)
    if list(model.config.id2label.values()) != list(labels):
        folder = str(Path(config.output_dir) / "teacher")
        alone = {"teacher": "", "distillation_token": False, "drop_path": 0.0, "freeze": "none"}
        rate = config.teacher_learning_rate
        run(dataclasses.replace(config, model=config.teacher, output_dir=folder, learning_rate=rate, **alone))
        model, own = models.load(folder)
    return distillation.Teacher(model, own, processor)


def predict_all(
    config: FineTuning, model: nn.Module, loaders: dict[str, DataLoader]
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return probabilities (N, C), computed in fp32, and labels of validation and test photos."""
    accelerator = _start(config)
    activation = torch.sigmoid if config.multi_label else functools.partial(torch.softmax, dim=-1)
    predictions = {}
    for split in [name for name in loaders if name != "train"]:  # in every process in the same order
        logits, labels = training.predict(accelerator, model, accelerator.prepare(loaders[split]))
        predictions[split] = activation(logits), labels
    return predictions
