"""The settings of a batch: a dataclass, a YAML file, and a command line over both.

Taught in lesson 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vitcourse import options
from vitcourse.endpoint.decoding import Limits


@dataclass(frozen=True)
class BatchSettings:
    """What to classify, with which model, and how to write it down.

    Attributes:
        source: A folder of images, with those below it; a .csv file with a column image (base64, a data URL
            or a path relative to the file); or a .jsonl file with an object a line, which has such an image
            or is a whole request. Also given as the first argument, without --source.
        model: A fine-tuned folder, a name of the course or a Hub id.
        output: The file to write, .csv or .jsonl; it appears when all rows are done.
        format: Columns of a CSV. full has a header and row (from 0), file_name, the source's own columns (not
            the image), label and score of the most probable class, labels and probs as JSON in the model's
            order, and error. published has no header and row_number_per_file, preds, labels, file_name, as
            Azure's batch endpoints write them; there a bad row is empty.
        top_k: How many classes a row, the most probable; null for all.
        threshold: Multi-label models, leave out labels with a smaller probability; null for no threshold.
        precision: What the model computes in; auto is the fastest that the device has in hardware.
        batch_size: The most images a forward pass; 0 for what suits the device.
        decoders: Threads that read and decode images; 0 for one a core, shared among the processes.
        max_image_mb: The largest image file, in megabytes; a larger one is an error of its row.
        max_megapixels: The largest image, in millions of pixels; the same.
    """

    source: str = ""
    model: str = ""
    output: str = "predictions.csv"
    format: Literal["full", "published"] = "full"
    top_k: int | None = None
    threshold: float | None = None
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    batch_size: int = 0
    decoders: int = 0
    max_image_mb: float = 16.0
    max_megapixels: float = 50.0

    def __post_init__(self) -> None:
        """Refuse values that are missing, out of range or contradict each other."""
        if not self.source:
            raise ValueError(
                "source is not given; expected a folder of images, a .csv or a .jsonl file, first"
            )
        if not self.model:
            raise ValueError(
                "model is not given; expected --model with a folder, a name of the course or a Hub id"
            )
        ending = Path(self.output).suffix.lower()
        if ending not in (".csv", ".jsonl"):
            raise ValueError(f"output is {self.output}; expected a name that ends in .csv or .jsonl")
        if self.format == "published" and ending != ".csv":
            raise ValueError(f"format is published and output {self.output}; expected a .csv file for it")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k is {self.top_k}; expected a whole number from 1, or null")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold}; expected a number from 0 to 1, or null")
        if min(self.batch_size, self.decoders) < 0:
            raise ValueError("expected batch_size and decoders from 0")
        for name in ("max_image_mb", "max_megapixels"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")

    @property
    def limits(self) -> Limits:
        """The limits of one image."""
        return Limits(int(self.max_image_mb * 1e6), int(self.max_megapixels * 1e6))


def parse(arguments: Sequence[str]) -> BatchSettings:
    """Read the command line of `vitcourse batch`: SOURCE, `--config FILE`, then single fields.

    Raises:
        ConfigurationError: If a field is unknown, or a value has the wrong type or is out of range.
    """
    if arguments and not arguments[0].startswith("-"):
        arguments = [*arguments[1:], "--source", arguments[0]]
    return options.parse(
        BatchSettings,
        arguments,
        "vitcourse batch SOURCE",
        "Classify all images of a folder, a CSV or a JSONL file. A row that cannot be read gets its error, "
        "and the rest goes on. Stopped and started again, it goes on where it was. Several processes share "
        "the rows: accelerate launch ... -m vitcourse batch ... For 2,000 rows a process, or more, a "
        "model on the CPU is compiled first, which takes some seconds.",
        Path(__file__).parent,
        "model: runs/fridge",
    )
