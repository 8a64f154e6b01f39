"""Attention is read from every kind of model, equals the library's, and leaves the model as it was."""

import pytest
import timm
import torch
from torch import nn
from transformers import (
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    ViTConfig,
    ViTForImageClassification,
)

from vitcourse import attention
from vitcourse.vit import VisionTransformer

SIZES = {
    "image_size": 32,
    "patch_size": 8,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 48,
}
IN_TIMM = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 3, "num_heads": 2, "num_classes": 5}
MODELS = {
    "vit": lambda: ViTForImageClassification(ViTConfig(**SIZES, num_labels=5)),
    "distilled deit": lambda: DeiTForImageClassificationWithTeacher(DeiTConfig(**SIZES, num_labels=5)),
    "timm vit": lambda: timm.create_model("vit_tiny_patch16_224", **IN_TIMM),
    "timm distilled deit": lambda: timm.create_model("deit_tiny_distilled_patch16_224", **IN_TIMM),
    "ours": lambda: VisionTransformer(32, 8, 24, 3, 2, 5, mlp_ratio=2),
    "ours distilled": lambda: VisionTransformer(32, 8, 24, 3, 2, 5, mlp_ratio=2, distilled=True),
}
PIXELS = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def make(name):
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


def logits(model):
    output = model(PIXELS)
    return output if isinstance(output, torch.Tensor) else output.logits


def hooks(model):
    names = ("_forward_hooks", "_forward_pre_hooks", "_forward_hooks_always_called")
    return [len(getattr(module, name)) for module in model.modules() for name in names]


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_and_head_of_any_model_with_rows_that_add_up_to_1(name):
    maps = attention.read(make(name), PIXELS)
    tokens = 18 if "distilled" in name else 17
    assert maps.shape == (2, 3, 2, tokens, tokens)
    assert torch.allclose(maps.sum(-1), torch.ones(2, 3, 2, tokens), atol=1e-5)


@pytest.mark.parametrize("name", ["vit", "distilled deit"])
def test_it_equals_what_transformers_gives_with_eager_attention(name):
    model = make(name)
    ours = attention.read(model, PIXELS)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        theirs = model(PIXELS, output_attentions=True).attentions
    assert (ours - torch.stack(theirs, 1)).abs().max() <= 1e-6


def test_it_equals_the_weights_that_our_own_attention_writes_out():
    model = make("ours")
    with torch.no_grad():
        hidden = model(PIXELS, output_hidden_states=True).hidden_states
        theirs = [
            block.attention.weights(block.norm1(x)) for block, x in zip(model.blocks, hidden, strict=False)
        ]
    assert (attention.read(model, PIXELS) - torch.stack(theirs, 1)).abs().max() <= 1e-6


@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_afterwards_as_it_was(name):
    model = make(name)
    with torch.no_grad():
        before, hooked = logits(model), hooks(model)
        with attention.recorded(model):
            inside = logits(model)
        assert torch.equal(logits(model), before) and hooks(model) == hooked
    assert (inside - before).abs().max() <= 1e-4


@pytest.mark.parametrize("name", ["vit", "timm vit", "ours"])
def test_also_after_an_exception_within_the_forward_pass(name):
    model = make(name)
    with torch.no_grad():
        before, hooked = logits(model), hooks(model)
        with pytest.raises(Exception), attention.recorded(model):  # noqa: B017 - each network has its own
            model(torch.zeros(1, 5, 32, 32))
        with pytest.raises(KeyError), attention.recorded(model):
            raise KeyError
        assert torch.equal(logits(model), before) and hooks(model) == hooked


def test_other_implementations_are_switched_and_put_back():
    eager, unfused = make("vit"), make("timm vit")
    expected = attention.read(eager, PIXELS), attention.read(unfused, PIXELS)
    eager.set_attn_implementation("eager")
    for block in unfused.blocks:
        block.attn.fused_attn = False
    assert torch.equal(attention.read(eager, PIXELS), expected[0])
    assert torch.equal(attention.read(unfused, PIXELS), expected[1])
    assert eager.config._attn_implementation == "eager"
    assert not any(block.attn.fused_attn for block in unfused.blocks)


def test_a_pass_replaces_the_one_before_and_other_models_are_not_recorded():
    model, other = make("vit"), make("ours")
    with attention.recorded(model) as maps, torch.no_grad():
        model(PIXELS)
        other(PIXELS)
        model(PIXELS)
    assert len(maps) == 3


def test_gradients_flow_through_the_weights_and_are_those_of_eager_attention():
    model = make("vit")
    with attention.recorded(model) as maps:
        ours = torch.autograd.grad(logits(model)[:, 1].sum(), maps)
    model.set_attn_implementation("eager")
    output = model(PIXELS, output_attentions=True)
    theirs = torch.autograd.grad(output.logits[:, 1].sum(), output.attentions)
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("model", [nn.Conv2d(3, 4, 8, 8), nn.Identity()])
def test_a_network_without_attention_is_an_error(model):
    with pytest.raises(attention.AttentionError, match="expected a Vision Transformer"):
        attention.read(model, PIXELS)


def test_attention_with_a_mask_is_an_error():
    tensors = [torch.zeros(1, 1, 2, 2)] * 3
    with pytest.raises(attention.AttentionError, match="with a mask"):
        attention.attend(*tensors, is_causal=True)


def test_rollout_of_two_layers_by_hand():
    """0.5 A + 0.5 I, multiplied with the later layer on the left."""
    first = torch.tensor([[0.6, 0.4], [0.2, 0.8]])  # -> [[0.8, 0.2], [0.1, 0.9]]
    second = torch.tensor([[0.0, 1.0], [1.0, 0.0]])  # -> [[0.5, 0.5], [0.5, 0.5]]
    heads = torch.stack([first, second])[None, :, None].expand(1, 2, 3, 2, 2)
    expected = torch.tensor([[[0.45, 0.55], [0.45, 0.55]]])
    assert torch.allclose(attention.rollout(heads), expected)


def test_rollout_averages_heads_and_its_rows_add_up_to_1():
    maps = torch.rand(2, 3, 4, 6, 6).softmax(-1)
    flow = attention.rollout(maps)
    assert torch.allclose(flow.sum(-1), torch.ones(2, 6))
    assert torch.allclose(flow, attention.rollout(maps.mean(2, keepdim=True)), atol=1e-6)


def test_weighted_rollout_by_hand():
    weights = torch.tensor([[0.5, 0.5], [0.25, 0.75]])[None, None]
    gradient = torch.tensor([[2.0, -2.0], [4.0, 0.0]])[None, None]
    layer = torch.tensor([[1.0, 0.0], [1.0, 0.0]])  # positive products only
    once = torch.eye(2) + layer
    expected = once + layer @ once
    got = attention.weighted_rollout([weights, weights], [gradient, gradient])
    assert torch.allclose(got[0], expected)


def test_the_row_of_a_token_without_the_prefix_columns():
    matrix = torch.arange(64.0).view(1, 8, 8)  # two prefix tokens, 2 x 3 patches
    assert attention.patch_map(matrix, (2, 3), 1).tolist() == [[[10, 11, 12], [13, 14, 15]]]
    with pytest.raises(ValueError, match="token is 2 and there are 2 prefix tokens"):
        attention.patch_map(matrix, (2, 3), 2)


@pytest.mark.parametrize("name", ["vit", "timm vit", "ours"])
def test_the_grid_of_a_model_also_where_it_is_not_square(name):
    assert attention.patch_grid(make(name), torch.zeros(1, 3, 32, 48)) == (4, 6)
    with pytest.raises(ValueError, match="do not divide"):
        attention.patch_grid(make(name), torch.zeros(1, 3, 30, 32))


@pytest.mark.parametrize("name", MODELS)
def test_written_out_in_bf16_it_learns_the_same_and_leaves_the_model_as_it_was(name):
    model = make(name)
    expected, fused_calls = gradients(model)
    hooked = hooks(model)
    with attention.written_out(model):
        found, calls = gradients(model)
    assert fused_calls == 3 and calls == 0 and hooks(model) == hooked
    assert (expected - found).norm() <= 0.05 * expected.norm()


def test_written_out_leaves_fp32_and_long_sequences_to_torch(monkeypatch):
    model = make("vit")
    with attention.written_out(model):
        assert gradients(model, torch.float32)[1] == 3
        monkeypatch.setattr(attention, "MOST_TOKENS", 16)
        assert gradients(model)[1] == 3


def gradients(model, dtype=torch.bfloat16):
    """Return all gradients in one row, and how often torch's fused function made them."""
    with torch.profiler.profile() as profile, torch.autocast("cpu", torch.bfloat16, dtype == torch.bfloat16):
        found = torch.autograd.grad(logits(model).float().square().sum(), tuple(model.parameters()))
    counts = {event.key: event.count for event in profile.key_averages()}
    found = torch.cat([gradient.flatten() for gradient in found])
    return found, counts.get("aten::_scaled_dot_product_flash_attention_for_cpu", 0)
