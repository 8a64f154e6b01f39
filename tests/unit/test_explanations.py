"""The five methods: one signature, known answers on small models, and what each must not depend on."""

import pytest
import test_attention
import torch
from torch import nn

from vitcourse import attention, explanations

PIXELS = test_attention.PIXELS
TARGET = torch.tensor([1, 3])


class Weighted(nn.Module):
    """A model whose truth is known: the logit of class 1 is a weighted sum of the patches' means."""

    def __init__(self, weights):
        super().__init__()
        self.cut = nn.Conv2d(3, 1, 8, 8, bias=False)
        nn.init.constant_(self.cut.weight, 1 / 192)
        self.register_buffer("weights", weights)

    def forward(self, pixel_values):
        score = (self.cut(pixel_values)[:, 0] * self.weights).sum((1, 2))  # (B,)
        return torch.stack([torch.zeros_like(score), score], 1)


@pytest.mark.parametrize("name", test_attention.MODELS)
@pytest.mark.parametrize("method", explanations.METHODS)
def test_every_method_gives_a_map_of_every_model_and_leaves_it_as_it_was(name, method):
    model = test_attention.make(name)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    before = test_attention.logits(model)
    maps = explanations.METHODS[method](model, PIXELS, TARGET)
    assert maps.shape == (2, 4, 4) and maps.isfinite().all() and not maps.requires_grad
    assert torch.equal(test_attention.logits(model), before)
    assert not PIXELS.requires_grad


@pytest.mark.parametrize("method", explanations.METHODS)
def test_a_picture_s_map_does_not_depend_on_its_batch(method):
    model = test_attention.make("vit")
    explain = explanations.METHODS[method]
    alone = torch.cat([explain(model, PIXELS[i : i + 1], TARGET[i : i + 1]) for i in range(2)])
    assert torch.allclose(explain(model, PIXELS, TARGET), alone, atol=1e-4)


@pytest.mark.parametrize("method", explanations.METHODS)
def test_pictures_and_targets_may_come_from_inference_mode(method):
    model = test_attention.make("vit")
    with torch.inference_mode():
        pixel_values, target = PIXELS * 1, model(PIXELS).logits.argmax(1)
    assert explanations.METHODS[method](model, pixel_values, target).shape == (2, 4, 4)


@pytest.mark.parametrize("method", explanations.METHODS)
def test_the_two_tokens_of_a_distilled_model_have_maps_of_their_own(method):
    model = test_attention.make("distilled deit")
    explain = explanations.METHODS[method]
    assert not torch.allclose(explain(model, PIXELS, TARGET, 0), explain(model, PIXELS, TARGET, 1))


@pytest.mark.parametrize("method", explanations.METHODS)
def test_attention_and_rollout_alone_do_not_depend_on_the_target(method):
    model = test_attention.make("vit")
    explain = explanations.METHODS[method]
    same = torch.equal(explain(model, PIXELS, TARGET), explain(model, PIXELS, TARGET - 1))
    assert same == (method in ("attention, last layer", "rollout"))


@pytest.mark.parametrize("name", ["ours distilled", "distilled deit"])
def test_the_logits_of_each_head_average_to_those_of_the_model(name):
    model = test_attention.make(name)
    both = [explanations.head_logits(model, PIXELS, token) for token in (0, 1)]
    assert torch.allclose(torch.stack(both).mean(0), test_attention.logits(model), atol=1e-6)


@pytest.mark.parametrize("name", ["vit", "timm vit", "timm distilled deit", "ours"])
def test_a_head_that_is_not_there_is_an_error(name):
    with pytest.raises(ValueError, match=r"token is 1, and .* by 1 head"):
        explanations.head_logits(test_attention.make(name), PIXELS, 1)


def test_integrated_gradients_are_complete():
    torch.manual_seed(0)
    model = test_attention.MODELS["vit"]().eval()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.15)
    maps = explanations.integrated_gradients(model, PIXELS, TARGET, steps=200)
    with torch.no_grad():
        of_picture, of_grey = (
            explanations.head_logits(model, pictures).gather(1, TARGET[:, None])[:, 0]
            for pictures in (PIXELS, torch.zeros_like(PIXELS))
        )
    assert (of_picture - of_grey).abs().min() > 0.1, "nothing to explain"
    assert torch.allclose(maps.sum((1, 2)), of_picture - of_grey, atol=2e-3)


def test_integrated_gradients_of_a_linear_model_are_its_terms():
    weights = torch.randn(4, 4)
    model, target = Weighted(weights), torch.tensor([1, 1])
    terms = nn.functional.avg_pool2d(PIXELS, 8).mean(1) * weights
    assert torch.allclose(explanations.integrated_gradients(model, PIXELS, target), terms, atol=1e-5)


def test_occlusion_of_a_model_that_uses_one_patch_is_highest_around_it():
    weights = torch.zeros(4, 4)
    weights[1, 2] = 1
    pictures = PIXELS.abs()
    maps = explanations.occlusion(Weighted(weights), pictures, torch.tensor([1, 1]))
    term = nn.functional.avg_pool2d(pictures, 8).mean(1)[:, 1, 2]
    assert torch.allclose(maps[:, 1, 2], term, atol=1e-5)  # every window over the patch takes all of it
    assert torch.allclose(maps.amax((1, 2)), term, atol=1e-5)
    assert torch.equal(maps[:, 3, 0], torch.zeros(2))


def test_shuffling_keeps_the_numbers_and_spares_the_model():
    model = test_attention.make("vit")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for name, value in explanations.shuffled(model).state_dict().items():
        assert torch.equal(value.flatten().sort().values, before[name].flatten().sort().values)
        assert not torch.equal(value, before[name])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_shuffling_from_the_top_reaches_as_many_layers_as_asked():
    model = test_attention.make("vit")
    before = model.state_dict()
    after = explanations.shuffled(model, layers=1).state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert "classifier.weight" in changed and "vit.layers.2.attention.q_proj.weight" in changed
    assert not any("layers.1." in name or "embeddings" in name for name in changed)


def test_gradient_weighted_equals_the_paper_s_equations_written_out():
    model = test_attention.make("vit")
    model.set_attn_implementation("eager")
    output = model(PIXELS, output_attentions=True)
    score = output.logits.gather(1, TARGET[:, None]).sum()
    gradients = torch.autograd.grad(score, output.attentions)
    relevance = torch.eye(17).expand(2, 17, 17)
    for weights, gradient in zip(output.attentions, gradients, strict=True):
        relevance = relevance + torch.bmm((weights * gradient).clamp(min=0).mean(1), relevance)
    expected = attention.patch_map(relevance.detach(), (4, 4))
    assert torch.allclose(explanations.gradient_weighted(model, PIXELS, TARGET), expected, atol=1e-5)
