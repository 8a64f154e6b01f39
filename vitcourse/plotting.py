"""Figures of the course: shown with alt text, in one style."""

import base64
import html
import io
import math
from collections.abc import Callable, Sequence

import IPython.display
import ipywidgets
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from PIL.Image import Image

from vitcourse import patches


def show(figure: Figure, alt: str, photo: bool = False) -> None:
    """Display a figure in the notebook, with a text for those who do not see it, and close it.

    Args:
        figure: A matplotlib figure.
        alt: A sentence that states what the figure shows.
        photo: Whether it is made of photos: stored as JPEG, which is a tenth of the size.

    Raises:
        ValueError: If alt is not a sentence.
    """
    _check_alt(alt)
    IPython.display.display(IPython.display.Image(_encoded(figure, photo), alt=alt))


def interactive(draw: Callable[..., Figure], alt: str, **menus: ipywidgets.ValueWidget) -> ipywidgets.VBox:
    """Put menus or sliders over a figure of photos that is drawn anew whenever one of them moves.

    `ipywidgets.interactive` does so too, through an output area. While nbclient executes a notebook it
    keeps such areas up to date, and now and then misses the answer to the cell (its issue 312): the cell
    then seems to run until the time is up. A picture within the widget needs nothing of it.

    Args:
        draw: Takes the value of each menu by its name and returns a matplotlib figure.
        alt: A sentence that states what every such figure shows.
        menus: Widgets with a `value`, labelled with their names.

    Raises:
        ValueError: If alt is not a sentence.

    Taught in lesson 01.
    """
    _check_alt(alt)
    picture = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        figure = draw(**{name: menu.value for name, menu in menus.items()})
        data = base64.b64encode(_encoded(figure, photo=True)).decode()
        picture.value = f'<img alt="{html.escape(alt)}" src="data:image/jpeg;base64,{data}">'

    for name, menu in menus.items():
        menu.description = name
        menu.observe(redraw, "value")
    redraw()
    return ipywidgets.VBox([*menus.values(), picture])


def _check_alt(alt: str) -> None:
    if len(alt.split()) < 4:
        raise ValueError(f"alt is {alt!r}; expected a sentence that states what the figure shows")


def _encoded(figure: Figure, photo: bool) -> bytes:
    """Turn a figure into a JPEG (photos) or PNG file, and close it."""
    buffer = io.BytesIO()
    if photo:
        figure.savefig(buffer, format="jpeg", pil_kwargs={"quality": 75})
    else:
        figure.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def image_grid(images: Sequence[Image], titles: Sequence[str] | None = None, columns: int = 6) -> Figure:
    """Draw images side by side, a title over each; rows are as high as the tallest image and its title need.

    Args:
        images: PIL images, any sizes.
        titles: A text for each image, of one line or more.
        columns: Images in a row; the fewer, the wider each is, from 1.6 to 3 inches.

    Raises:
        ValueError: If there is no image, or not as many titles as images.
    """
    if not images or (titles is not None and len(titles) != len(images)):
        got = f"{len(images)} images and {'no' if titles is None else len(titles)} titles"
        raise ValueError(f"got {got}; expected at least one image, and a title for each or none")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    width = min(3.0, max(1.6, 7 / columns))  # inches, as the height
    height = width * max(image.height / image.width for image in images) + _title_height(titles)
    figure, axes = plt.subplots(
        rows, columns, figsize=(width * columns, height * rows), squeeze=False, layout="compressed"
    )
    for axis in axes.flat:
        axis.axis("off")
    for index, image in enumerate(images):
        axes.flat[index].imshow(image)
        if titles is not None:
            axes.flat[index].set_title(titles[index], fontsize=9, fontweight="normal", loc="center")
    return figure


def _title_height(titles: Sequence[str] | None) -> float:
    """Return the inches that the longest title needs, at nine points a line."""
    return 0.14 + 0.16 * max(title.count("\n") + 1 for title in titles) if titles else 0.0


def patch_grid(image: Image, patch_sizes: Sequence[int], numbered: bool = False) -> Figure:
    """Draw an image cut into patches, once for each size of patch, with the number of patches above.

    Args:
        image: A PIL image; every patch size divides its height and its width.
        patch_sizes: Heights and widths of a patch, in pixels.
        numbered: Whether to write its number on each patch, from 0 at the top left.

    Raises:
        ValueError: If a patch size does not divide the image.

    Taught in lesson 01.
    """
    panels, aspect = len(patch_sizes), image.width / image.height
    width = min(9, panels * min(10, 4.2 * min(aspect, 1) * max(aspect / 2, 1)))  # inches
    figure, axes = plt.subplots(1, panels, figsize=(width, width / panels / aspect + 0.3), squeeze=False)
    for axis, patch_size in zip(axes.flat, patch_sizes, strict=True):
        rows, columns = patches.grid(image.height, image.width, patch_size)
        axis.imshow(image, extent=(0, columns, rows, 0), interpolation="nearest")
        axis.set(xticks=range(columns + 1), yticks=range(rows + 1))
        axis.grid(True, color="white", linewidth=1.2)
        axis.set_axisbelow(False)
        axis.tick_params(length=0, labelbottom=False, labelleft=False)
        axis.spines[:].set_visible(False)
        axis.set_title(f"{patch_size} pixels: {rows} x {columns} = {rows * columns} patches", fontsize=10)
        if numbered:
            _number(axis, rows, columns)
    return figure


def _number(axis: Axes, rows: int, columns: int) -> None:
    """Write its number on each patch."""
    box = {"facecolor": "black", "alpha": 0.6, "pad": 0.6, "linewidth": 0}
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        axis.text(column + 0.07, row + 0.1, str(number), fontsize=6, va="top", color="white", bbox=box)


def map_grid(
    maps: torch.Tensor, positions: Sequence[tuple[int, int]], label: str, columns: int = 4
) -> Figure:
    """Draw maps over the patches of a picture side by side, in one colour scale, a cross where each belongs.

    Args:
        maps: (K, rows, columns), a value for each patch.
        positions: For each map, the row and the column of the patch that it is about.
        label: What the values are, with their unit.
        columns: Maps in a row of the figure.

    Raises:
        ValueError: If there is no map, or not as many positions as maps.

    Taught in lesson 01.
    """
    if maps.ndim != 3 or len(maps) == 0 or len(maps) != len(positions):
        got = f"maps {tuple(maps.shape)} and {len(positions)} positions"
        raise ValueError(f"got {got}; expected maps (K, rows, columns), K at least 1, and K positions")
    columns = min(columns, len(maps))
    rows = math.ceil(len(maps) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.75 * columns + 0.8, 2.0 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    low, high = maps.min().item(), maps.max().item()
    for axis, values, (row, column) in zip(axes.flat, maps, positions, strict=False):
        drawn = axis.imshow(values, vmin=low, vmax=high)
        axis.plot(column, row, "x", color="#D55E00", markersize=8, markeredgewidth=2)
        axis.set_title(f"row {row}, column {column}", fontsize=9, fontweight="normal", loc="center")
    figure.colorbar(drawn, ax=axes, label=label, shrink=0.85)
    return figure


def overlay_grid(
    images: Sequence[Image], maps: torch.Tensor, titles: Sequence[str], columns: int = 6
) -> Figure:
    """Draw maps over their images side by side, the image in grey, each map in a colour scale of its own.

    Args:
        images: K PIL images, as the network sees them.
        maps: (K, rows, columns), a value for each patch.
        titles: K texts.
        columns: Images in a row of the figure.

    Raises:
        ValueError: If there is no map, or not as many images and titles as maps.

    Taught in lesson 11.
    """
    if maps.ndim != 3 or not len(maps) == len(images) == len(titles) > 0:
        got = f"maps {tuple(maps.shape)}, {len(images)} images and {len(titles)} titles"
        raise ValueError(f"got {got}; expected maps (K, rows, columns), K at least 1, K images and K titles")
    columns = min(columns, len(maps))
    rows = math.ceil(len(maps) / columns)
    width = 7.4 / columns if columns > 3 else 2.2  # inches
    lines = 1 + max(title.count("\n") for title in titles)
    size = (columns * width, rows * (width + 0.15 + 0.17 * lines))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, values, title in zip(axes.flat, images, maps.cpu(), titles, strict=False):
        height, width = values.shape
        axis.imshow(image.convert("L"), cmap="gray", extent=(0, width, height, 0))
        axis.imshow(values, alpha=0.6, extent=(0, width, height, 0), interpolation="bilinear")
        axis.set_title(title, fontsize=8 if columns < 8 else 6, fontweight="normal", loc="center")
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
    right.set(title="Validation accuracy", xlabel="epoch", ylabel="pictures right", ylim=(0, 1.03))
    right.yaxis.set_major_formatter(PercentFormatter(1))
    for axis in (left, right):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(histories) > 1:
        left.legend()
    return figure
