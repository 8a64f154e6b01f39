"""The network that lesson 02 builds: shapes, parameters, errors."""

import pytest
import torch

from vitcourse import variants
from vitcourse.vit import Attention, VisionTransformer

SMALL = {"image_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3, "num_classes": 5}


@pytest.mark.parametrize(("distilled", "prefix"), [(False, 1), (True, 2)])
def test_shapes(distilled, prefix):
    model = VisionTransformer(**SMALL, distilled=distilled)
    output = model(torch.randn(2, 3, 32, 32), output_hidden_states=True)
    assert output.logits.shape == (2, 5) and output.head_logits.shape == (2, prefix, 5)
    assert [tuple(state.shape) for state in output.hidden_states] == [(2, prefix + 16, 24)] * 3
    assert torch.equal(output.logits, output.head_logits.mean(1))
    assert model(torch.randn(1, 3, 32, 32)).hidden_states == ()


@pytest.mark.parametrize("variant", variants.all_variants().values(), ids=lambda variant: variant.name)
def test_parameters_are_the_published_ones(variant):
    if variant.demo:
        pytest.skip("the demo networks have other numbers of classes")
    with torch.device("meta"):
        model = VisionTransformer(
            variant.image_size,
            variant.patch_size,
            variant.embed_dim,
            variant.depth,
            variant.num_heads,
            distilled=variant.distilled,
        )
    assert sum(parameter.numel() for parameter in model.parameters()) == variant.num_parameters


def test_weights_are_what_forward_mixes_by():
    attention, tokens = Attention(24, 3), torch.randn(2, 17, 24)
    mixed = attention.weights(tokens) @ attention.split_heads(attention.value(tokens))
    by_hand = attention.output(mixed.transpose(1, 2).flatten(2))
    assert torch.allclose(by_hand, attention(tokens), atol=1e-6)


def test_every_parameter_learns():
    model = VisionTransformer(**SMALL, distilled=True)
    model(torch.randn(2, 3, 32, 32)).logits.pow(2).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("change", [{"num_heads": 5}, {"patch_size": 7}])
def test_sizes_that_do_not_divide_are_refused(change):
    with pytest.raises(ValueError, match="expected a multiple of"):
        VisionTransformer(**{**SMALL, **change})


def test_another_picture_size_is_refused():
    with pytest.raises(ValueError, match=r"\(1, 3, 40, 32\); expected"):
        VisionTransformer(**SMALL)(torch.randn(1, 3, 40, 32))
