"""Fine-tune the upper blocks of a network on tokens that the frozen lower ones gave once.

What is frozen gives the same answer to the same picture in every epoch. So it is asked once.
"""

from collections.abc import Sequence

import torch
from accelerate import Accelerator
from datasets import Dataset
from torch import nn
from torch.utils.data import DataLoader
from transformers import BaseImageProcessor, PreTrainedModel
from transformers.modeling_outputs import ImageClassifierOutput

from vitcourse import preprocessing


class Upper(nn.Module):
    """The upper blocks of a ViT and its head; they stay part of the model, so fitting this trains it.

    Args:
        model: A ViT or plain DeiT of transformers.
        blocks: How many blocks from the first are left out.

    Raises:
        ValueError: If the network is another, or has no more blocks than that.
    """

    def __init__(self, model: PreTrainedModel, blocks: int) -> None:
        super().__init__()
        layers = getattr(getattr(model, "base_model", model), "layers", ())
        if not hasattr(model, "classifier") or not 0 < blocks < len(layers):
            raise ValueError(
                f"got a {type(model).__name__} with {len(layers)} blocks, and blocks = {blocks}; expected a "
                "ViT or plain DeiT of transformers, and a number from 1 to one less than it has"
            )
        self.config, self.layers = model.config, layers[blocks:]
        self.layernorm, self.classifier = model.base_model.layernorm, model.classifier

    def forward(self, pixel_values: torch.Tensor) -> ImageClassifierOutput:
        """Return the logits (B, C) for tokens (B, T, D), which stand where pixels usually do."""
        hidden = pixel_values
        for layer in self.layers:
            hidden = layer(hidden)
        return ImageClassifierOutput(logits=self.classifier(self.layernorm(hidden)[:, 0]))


class Tokens(torch.utils.data.Dataset):
    """Tokens and labels as rows, like `preprocessing.Prepared`; chance picks one of a photo's views.

    Args:
        tokens: (V, N, T, D), as `lower` gives them.
        labels: (N,) int64.
        rows: Which of the N photos there are; by default all.
        views: How many of the V views there are to pick from.
        seed: Seeds the pick, with the epoch and the row.
    """

    def __init__(
        self,
        tokens: torch.Tensor,
        labels: torch.Tensor,
        rows: Sequence[int] | None = None,
        views: int = 1,
        seed: int = 0,
    ) -> None:
        self.tokens, self.labels, self.views, self.seed, self.epoch = tokens, labels, views, seed, 0
        self.rows = list(range(len(labels))) if rows is None else [int(row) for row in rows]

    def set_epoch(self, epoch: int) -> None:
        """Change which views are picked."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return `pixel_values`, which are tokens (T, D), and `labels`, a number."""
        row = self.rows[index]
        with preprocessing.seeded(self.seed, self.epoch, row):
            view = int(torch.randint(self.views, ()))
        return {"pixel_values": self.tokens[view, row], "labels": self.labels[row]}


@torch.no_grad()
def lower(
    model: PreTrainedModel,
    processor: BaseImageProcessor,
    dataset: Dataset,
    blocks: int,
    accelerator: Accelerator,
    batch_size: int = 16,
) -> torch.Tensor:
    """Return the tokens after the first blocks, of each photo as it is and mirrored.

    Args:
        model: A ViT or plain DeiT of transformers.
        processor: Its image processor.
        dataset: N rows with `image` and `label`.
        blocks: How many blocks from the first.
        accelerator: From `training.start`; gives device and precision.
        batch_size: Photos at a time.

    Returns:
        (2, N, T, D) float32 on the CPU: 8 * N * T * D bytes.
    """
    network = model.base_model.to(accelerator.device).eval()
    transform = preprocessing.evaluation_transform(processor)
    loader: DataLoader = preprocessing.loader(dataset, transform, batch_size)
    batches = []
    for batch in loader:
        pixel_values = batch["pixel_values"].to(accelerator.device)
        views = torch.cat([pixel_values, pixel_values.flip(-1)])  # (2 B, 3, H, W)
        with accelerator.autocast():
            hidden = network.embeddings(views)
            for layer in network.layers[:blocks]:
                hidden = layer(hidden)
        batches.append(hidden.float().cpu().unflatten(0, (2, -1)))
    return torch.cat(batches, 1)
