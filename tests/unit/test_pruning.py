"""Pruned against masked heads, the importance of a head against its definition, and what is refused."""

import pytest
import torch
from torch.nn import functional

from vitcourse import cost, pruning, variants

HEADS = {0: [0, 3], 2: [1, 2, 3, 4], 3: [4]}


@pytest.fixture(params=["vit-micro", "deit-micro-distilled"])
def model(request):
    torch.manual_seed(0)
    model = cost.random_model(variants.get(request.param), num_classes=5)
    for parameter in model.parameters():  # larger than at the start, so that heads matter
        torch.nn.init.normal_(parameter, std=0.1)
    return model


@pytest.fixture
def pixel_values():
    return torch.randn(3, 3, 224, 224, generator=torch.Generator().manual_seed(0))


def test_pruning_gives_what_masking_gives_and_leaves_the_model_alone(model, pixel_values):
    size = sum(parameter.numel() for parameter in model.parameters())
    smaller = pruning.prune(model, HEADS)
    with torch.inference_mode():
        whole = model(pixel_values=pixel_values).logits
        with pruning.gated(model, pruning.mask(model, HEADS)):
            masked = model(pixel_values=pixel_values).logits
        torch.testing.assert_close(smaller(pixel_values=pixel_values).logits, masked, atol=1e-5, rtol=1e-5)
        assert torch.equal(model(pixel_values=pixel_values).logits, whole)
    assert (masked - whole).abs().max() > 1e-3
    of_one_head = 32 * (3 * 160 + 3) + 32 * 160
    assert size - sum(parameter.numel() for parameter in smaller.parameters()) == 7 * of_one_head


def test_fewer_heads_are_less_arithmetic(model, pixel_values):
    tokens = model.base_model.embeddings.position_embeddings.shape[1]
    of_one_head = 4 * 2 * tokens * 160 * 32 + 4 * tokens**2 * 32
    whole, smaller = (cost.count_flops(m, pixel_values[:1]) for m in (model, pruning.prune(model, HEADS)))
    assert whole - smaller == 7 * of_one_head


def test_importance_is_the_gradient_of_a_gate(model, pixel_values):
    labels = torch.tensor([0, 1, 2])
    found = pruning.importance(model, [(pixel_values[:2], labels[:2]), (pixel_values[2:], labels[2:])])
    assert found.shape == (4, 5)
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(4))
    step, slopes = 1e-2, []
    for head in range(5):
        losses = []
        for sign in (1, -1):
            gates = torch.ones(4, 5)
            gates[1, head] += sign * step
            with pruning.gated(model, gates), torch.no_grad():
                logits = model(pixel_values=pixel_values).logits
            losses.append(functional.cross_entropy(logits, labels, reduction="none"))
        slopes.append(((losses[0] - losses[1]) / (2 * step)).abs().sum())
    torch.testing.assert_close(
        found[1], functional.normalize(torch.stack(slopes), dim=0), atol=0.02, rtol=0.02
    )


def test_the_weakest_heads_go_and_each_layer_keeps_its_best():
    scores = torch.tensor([[0.1, 0.2, 0.15], [0.9, 0.8, 0.05]])
    assert pruning.weakest(scores, 0) == {}
    assert pruning.weakest(scores, 2) == {0: [0], 1: [2]}
    assert pruning.weakest(scores, 4) == {0: [0, 2], 1: [1, 2]}
    with pytest.raises(ValueError, match="expected 0 to 4"):
        pruning.weakest(scores, 5)


@pytest.mark.parametrize("heads", [{0: [5]}, {0: [0, 1, 2, 3, 4]}, {4: [0]}, {-1: [0]}])
def test_heads_that_cannot_go(model, heads):
    with pytest.raises(ValueError, match="cannot go"):
        pruning.prune(model, heads)


def test_another_network_is_refused(model):
    with pytest.raises(ValueError, match="expected a ViT or DeiT"):
        pruning.prune(torch.nn.Linear(2, 2), {})
    with (
        pytest.raises(ValueError, match=r"gates is \(2, 2\); expected .*layers, heads\) = \(\.\.\., 4, 5\)"),
        pruning.gated(model, torch.ones(2, 2)),
    ):
        pass
