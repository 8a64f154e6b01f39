"""Figures of the course: shown with alt text, in one style."""

import io
import math
from collections.abc import Sequence

import IPython.display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from PIL.Image import Image


def show(figure: Figure, alt: str, photo: bool = False) -> None:
    """Display a figure in the notebook, with a text for those who do not see it, and close it.

    Args:
        figure: A matplotlib figure.
        alt: A sentence that states what the figure shows.
        photo: Whether it is made of photos: stored as JPEG, which is a tenth of the size.

    Raises:
        ValueError: If alt is not a sentence.
    """
    if len(alt.split()) < 4:
        raise ValueError(f"alt is {alt!r}; expected a sentence that states what the figure shows")
    buffer = io.BytesIO()
    if photo:
        figure.savefig(buffer, format="jpeg", pil_kwargs={"quality": 85})
    else:
        figure.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(figure)
    IPython.display.display(IPython.display.Image(buffer.getvalue(), alt=alt))


def image_grid(images: Sequence[Image], titles: Sequence[str] | None = None, columns: int = 6) -> Figure:
    """Draw images side by side, a title over each.

    Args:
        images: PIL images, any sizes.
        titles: A text for each image.
        columns: Images in a row.

    Raises:
        ValueError: If there is no image, or not as many titles as images.
    """
    if not images or (titles is not None and len(titles) != len(images)):
        got = f"{len(images)} images and {'no' if titles is None else len(titles)} titles"
        raise ValueError(f"got {got}; expected at least one image, and a title for each or none")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.6 * columns, 2.35 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for index, image in enumerate(images):
        axes.flat[index].imshow(image)
        if titles is not None:
            axes.flat[index].set_title(titles[index], fontsize=9, fontweight="normal", loc="center")
    return figure


def learning_curves(histories: dict[str, list[dict[str, float]]]) -> Figure:
    """Draw loss and validation accuracy against epochs, a line for each run.

    Args:
        histories: What `training.fit` returned, by the name of the run.

    Taught in lesson 06.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    for name, history in histories.items():
        epochs = [row["epoch"] for row in history]
        left.plot(epochs, [row["train_loss"] for row in history], label=name)
        right.plot(epochs, [row["validation_accuracy"] for row in history], label=name)
    left.set(title="Training loss", xlabel="epoch", ylabel="loss (nats)", ylim=(0, None))
    right.set(title="Validation accuracy", xlabel="epoch", ylabel="photos right", ylim=(0, 1.03))
    right.yaxis.set_major_formatter(PercentFormatter(1))
    for axis in (left, right):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    left.legend()
    return figure
