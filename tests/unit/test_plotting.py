"""Figures carry alt text, are small, and come out the same twice."""

import itertools
from pathlib import Path

import ipywidgets
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from vitcourse import plotting

ALT = "A line that rises from left to right."


@pytest.fixture
def shown(monkeypatch):
    images = []
    monkeypatch.setattr(plotting.IPython.display, "display", images.append)
    return images


def line():
    figure, axis = plt.subplots()
    axis.plot([0, 1])
    return figure


@pytest.mark.parametrize(("photo", "mime"), [(False, "image/png"), (True, "image/jpeg")])
def test_alt_text_goes_with_the_figure(shown, photo, mime):
    plotting.show(line(), ALT, photo=photo)
    data, metadata = shown[0]._repr_mimebundle_()
    assert list(data) == [mime]
    assert metadata[mime]["alt"] == ALT
    assert not plt.get_fignums()


def test_the_same_figure_has_the_same_bytes(shown):
    for _ in range(2):
        plotting.show(line(), ALT)
    assert shown[0].data == shown[1].data


@pytest.mark.parametrize("alt", ["", "plot.png", "a plot"])
def test_alt_text_must_say_something(alt):
    with pytest.raises(ValueError, match="sentence"):
        plotting.show(line(), alt)
    with pytest.raises(ValueError, match="sentence"):
        plotting.interactive(line, alt)


def test_a_menu_redraws_the_figure_below_it():
    drawn, open_before = [], plt.get_fignums()

    def draw(slope, above):
        drawn.append((slope, above))
        figure, axis = plt.subplots()
        axis.plot([above, above + slope])
        axis.set(ylim=(0, 9))
        return figure

    slope, above = ipywidgets.IntSlider(2), ipywidgets.Dropdown(options=[0, 5])
    widget = plotting.interactive(draw, 'A line that "rises" <always>.', slope=slope, above=above)
    assert widget.children[:2] == (slope, above)
    assert [menu.description for menu in (slope, above)] == ["slope", "above"]
    first = widget.children[2].value
    alt = "A line that &quot;rises&quot; &lt;always&gt;."
    assert first.startswith(f'<img alt="{alt}" src="data:image/jpeg;base64,')
    above.value = 5
    assert widget.children[2].value != first
    above.value = 0
    assert widget.children[2].value == first
    assert drawn == [(2, 0), (2, 5), (2, 0)]
    assert plt.get_fignums() == open_before


def test_a_grid_has_a_place_and_a_title_for_each_image():
    figure = plotting.image_grid([Image.new("RGB", (3, 4))] * 5, list("abcde"), columns=3)
    titles = [axis.get_title() for axis in figure.axes]
    assert [title for title in titles if title] == list("abcde")
    assert len(figure.axes) == 6
    plt.close(figure)


@pytest.mark.parametrize("size", [(200, 200), (300, 400), (400, 300)])
def test_a_grid_leaves_no_white_bands(size):
    with plt.style.context(Path(plotting.__file__).with_name("course.mplstyle")):
        figure = plotting.image_grid([Image.new("RGB", size)] * 4, ["one\ntwo", "b", "c", "d"], columns=2)
        figure.draw_without_rendering()
    width, height = (figure.axes[0].get_window_extent().size / figure.dpi).tolist()
    assert 2 * width == pytest.approx(figure.get_figwidth(), rel=0.1)
    assert 2 * (height + 0.4) == pytest.approx(figure.get_figheight(), rel=0.1)  # two lines of a title
    plt.close(figure)


@pytest.mark.parametrize(("number", "titles"), [(0, None), (2, ["one"])])
def test_a_grid_that_does_not_add_up_is_refused(number, titles):
    with pytest.raises(ValueError, match="expected"):
        plotting.image_grid([Image.new("RGB", (3, 4))] * number, titles)


def test_a_patch_grid_says_how_many_patches_there_are():
    figure = plotting.patch_grid(Image.new("RGB", (48, 32)), [16, 8], numbered=True)
    assert [axis.get_title(loc="left") or axis.get_title() for axis in figure.axes] == [
        "16 pixels: 2 x 3 = 6 patches",
        "8 pixels: 4 x 6 = 24 patches",
    ]
    assert [text.get_text() for text in figure.axes[0].texts] == list("012345")
    plt.close(figure)


def test_a_patch_grid_refuses_a_patch_that_does_not_divide():
    with pytest.raises(ValueError, match="width is 48 pixels, which patches of 32"):
        plotting.patch_grid(Image.new("RGB", (48, 32)), [32])
    plt.close("all")


def test_maps_share_one_scale_and_a_cross_marks_the_place():
    maps = torch.arange(30.0).reshape(5, 2, 3)
    places = [(0, 1), (1, 2), (0, 0), (1, 0), (1, 1)]
    figure = plotting.map_grid(maps, places, "similarity", columns=3)
    drawn = [axis for axis in figure.axes if axis.images and axis.lines]
    assert len(drawn) == 5
    assert {axis.images[0].get_clim() for axis in drawn} == {(0.0, 29.0)}
    assert [(axis.lines[0].get_ydata()[0], axis.lines[0].get_xdata()[0]) for axis in drawn] == places
    assert figure.axes[-1].get_ylabel() == "similarity"
    plt.close(figure)


@pytest.mark.parametrize(("shape", "number"), [((2, 3, 3), 1), ((0, 3, 3), 0), ((3, 3), 3)])
def test_maps_that_do_not_add_up_are_refused(shape, number):
    with pytest.raises(ValueError, match="expected maps"):
        plotting.map_grid(torch.zeros(shape), [(0, 0)] * number, "similarity")


def test_overlays_show_each_map_over_its_image():
    maps = torch.arange(4 * 3 * 2.0).view(4, 3, 2)
    images = [Image.new("RGB", (20, 30), (shade, 0, 0)) for shade in range(4)]
    figure = plotting.overlay_grid(images, maps, list("abcd"), columns=3)
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == list("abcd")
    for axis, values in zip(drawn, maps, strict=True):
        below, above = axis.images
        assert tuple(below.get_extent()) == tuple(above.get_extent()) == (0, 2, 3, 0)
        assert above.get_array().tolist() == values.tolist()
    plt.close(figure)


@pytest.mark.parametrize(
    "titles", [["one line"] * 4, ["two\nlines"] * 4, ["two\nlines", "one", "one", "one"]]
)
@pytest.mark.parametrize("columns", [4, 2])
def test_the_titles_of_overlays_are_inside_the_picture(titles, columns):
    plt.style.use(Path(plotting.__file__).with_name("course.mplstyle"))
    figure = plotting.overlay_grid([Image.new("L", (9, 9))] * 4, torch.rand(4, 3, 3), titles, columns)
    figure.canvas.draw()
    assert all(axis.title.get_window_extent().y1 <= figure.bbox.y1 for axis in figure.axes)
    plt.close(figure)


@pytest.mark.parametrize(("shape", "number"), [((2, 3, 3), 1), ((0, 3, 3), 0), ((3, 3), 3)])
def test_overlays_that_do_not_add_up_are_refused(shape, number):
    with pytest.raises(ValueError, match="expected maps"):
        plotting.overlay_grid([Image.new("L", (9, 9))] * number, torch.zeros(shape), ["a"] * number)


def test_learning_curves_show_every_run():
    plt.style.use(Path(plotting.__file__).with_name("course.mplstyle"))
    history = [{"epoch": 1, "train_loss": 1.0, "validation_accuracy": 0.5}]
    figure = plotting.learning_curves({"one": history, "two": history})
    for axis in figure.axes:
        assert axis.get_xlabel() == "epoch"
        assert axis.get_ylabel()
        assert len(axis.lines) == 2
    assert len({line.get_linestyle() for line in figure.axes[0].lines}) == 2
    plt.close(figure)


def test_colour_is_never_the_only_signal():
    """Each line of a figure has a marker of its own, and its neighbours in the list another dash."""
    with plt.style.context(Path(plotting.__file__).with_name("course.mplstyle")):
        styles = plt.rcParams["axes.prop_cycle"].by_key()
    assert len(styles["marker"]) == len(styles["color"]) == len(set(styles["marker"]))
    dashes = styles["linestyle"]
    assert all(one != other for one, other in itertools.pairwise(dashes))
