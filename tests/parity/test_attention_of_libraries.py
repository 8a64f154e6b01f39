"""Attention read from the demo checkpoints, against transformers' own with eager attention."""

import pytest
import torch

import vitcourse as vc
from vitcourse import attention


@pytest.mark.parametrize(
    ("name", "tokens"), [("vit-micro", 197), ("deit-micro", 197), ("deit-micro-distilled", 198)]
)
def test_attention_of_a_checkpoint_equals_the_library_s(name, tokens):
    model, processor = vc.load(name)
    pixel_values = processor(vc.world.held_out()[0]["image"], return_tensors="pt")["pixel_values"]
    ours = attention.read(model, pixel_values)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        theirs = torch.stack(model(pixel_values, output_attentions=True).attentions, 1)
    assert ours.shape == (1, 4, 5, tokens, tokens)
    assert (ours - theirs).abs().max() <= 1e-6
    assert (ours.sum(-1) - 1).abs().max() <= 1e-5
