"""Scores of maps, on models and masks whose truth is known."""

import numpy as np
import PIL.Image
import pytest
import torch
from torch import nn
from transformers import DeiTImageProcessor, ViTImageProcessor

from vitcourse import explanations, faithfulness, world

SQUARE = torch.tensor([[[5.0, 1.0], [2.0, 4.0]]])  # a map of 2 x 2 patches


def uses_the_weights(weights):
    """A probability that is the mean brightness of the patches, weighted."""

    def probability(pixel_values):
        return (nn.functional.adaptive_avg_pool2d(pixel_values, weights.shape).mean(1) * weights).sum((1, 2))

    return probability


def test_the_highest_patch_is_a_hit_where_the_object_touches_it():
    covered = torch.tensor([[[0.2, 0.0], [0.0, 0.9]]])
    assert faithfulness.hits(SQUARE, covered).tolist() == [True]
    assert faithfulness.hits(-SQUARE, covered).tolist() == [False]
    covered[0, 0, 0] = 0.05
    assert faithfulness.hits(SQUARE, covered).tolist() == [False]


def test_the_share_on_the_object():
    covered = torch.tensor([[[1.0, 0.0], [0.0, 0.5]]])
    assert faithfulness.share_on_object(SQUARE, covered).item() == pytest.approx(7 / 12)


@pytest.mark.parametrize("score", [faithfulness.hits, faithfulness.rank_correlation])
def test_other_shapes_are_an_error(score):
    with pytest.raises(ValueError, match=r"\(1, 2, 2\) and \(1, 4\)"):
        score(SQUARE, torch.zeros(1, 4))


def test_coverage_follows_the_processor_also_where_it_crops():
    mask = PIL.Image.new("L", (224, 224))
    mask.paste(255, (0, 0, 112, 224))  # the left half
    stretched = faithfulness.coverage(mask, ViTImageProcessor(size={"height": 224, "width": 224}), (14, 14))
    assert torch.allclose(stretched[:, :7], torch.ones(14, 7), atol=0.05) and stretched[:, 8:].max() < 0.05
    mask = PIL.Image.new("L", (256, 256))
    mask.paste(255, (0, 0, 32, 256))  # 32 pixels, of which the crop takes 16
    crop = {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}
    cropped = faithfulness.coverage(mask, DeiTImageProcessor(**crop), (14, 14))
    assert cropped[:, 0].min() > 0.95 and cropped[:, 1:].max() < 0.05


def test_the_mask_of_a_held_out_picture_is_where_its_object_is():
    row = world.held_out().remove_columns("image")[17]
    mask = np.asarray(world.mask(row["label"], row["seed"]))
    assert mask.shape == (224, 224) and set(np.unique(mask)) == {0, 255}
    assert 0.01 < mask.mean() / 255 < 0.9


def test_curves_of_a_model_whose_truth_is_known():
    weights = torch.tensor([[0.4, 0.3], [0.2, 0.1]])
    white = torch.ones(1, 3, 16, 16)
    probability = uses_the_weights(weights)
    right, wrong = weights[None], -weights[None]
    fall = faithfulness.curve(probability, white, right, "deletion", steps=4)
    assert torch.allclose(fall, torch.tensor([[1.0, 0.6, 0.3, 0.1, 0.0]]), atol=1e-6)
    slow = faithfulness.curve(probability, white, wrong, "deletion", steps=4)
    assert torch.allclose(slow, torch.tensor([[1.0, 0.9, 0.7, 0.4, 0.0]]), atol=1e-6)
    assert faithfulness.area(fall).item() == pytest.approx(0.375)
    assert faithfulness.area(fall) < faithfulness.area(slow)


def test_insertion_rises_from_the_blurred_picture_to_the_sharp_one():
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(2, 3, 64, 64, generator=generator)
    weights = torch.rand(4, 4, generator=generator)
    terms = nn.functional.adaptive_avg_pool2d(picture, (4, 4)).mean(1) * weights
    blurred = faithfulness.curve(uses_the_weights(weights), picture, terms, "insertion", steps=16)
    assert torch.allclose(blurred[:, -1], terms.sum((1, 2)), atol=1e-5)
    sharper = lambda pixels: pixels.diff(dim=-1).abs().mean((1, 2, 3))  # noqa: E731
    edges = faithfulness.curve(sharper, picture, terms, "insertion", steps=16)
    assert (edges.diff(dim=1) > 0).all(), "each sharp patch adds detail"


@pytest.mark.parametrize("method", ["occlusion", "integrated gradients"])
def test_methods_find_what_a_linear_model_uses_and_their_curves_are_monotone(method):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.cut = nn.Conv2d(3, 1, 8, 8, bias=False)
            nn.init.constant_(self.cut.weight, 1 / 192)

        def forward(self, pixel_values):
            score = 3 * self.cut(pixel_values)[:, 0, 3, 2]
            return torch.stack([-score, score], 1)

    model, target = Model(), torch.tensor([1])
    picture = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    maps = explanations.METHODS[method](model, picture, target)
    probability = lambda pictures: model(pictures).softmax(-1)[:, 1]  # noqa: E731
    with torch.no_grad():
        fall = faithfulness.curve(probability, picture, maps, "deletion", steps=36)
    assert maps.flatten().argmax() == 3 * 6 + 2
    assert (fall.diff(dim=1) <= 1e-6).all() and fall[0, 1] == pytest.approx(0.5)


def test_a_kind_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="kind is 'fading'"):
        faithfulness.curve(lambda pixels: pixels, torch.zeros(1, 3, 4, 4), SQUARE, "fading")


def test_rank_correlation_sees_order_alone():
    assert faithfulness.rank_correlation(SQUARE, SQUARE**3).tolist() == pytest.approx([1])
    assert faithfulness.rank_correlation(SQUARE, -SQUARE).tolist() == pytest.approx([-1])
