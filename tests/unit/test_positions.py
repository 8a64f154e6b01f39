"""Position embeddings at another resolution equal the library's, and keep what does not belong to patches."""

import pytest
import torch
from transformers import DeiTConfig, DeiTModel, ViTConfig, ViTModel

from vitcourse import positions

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.mark.parametrize(("height", "width"), [(384, 384), (96, 160), (224, 224)])
@pytest.mark.parametrize(("family", "num_prefix"), [((ViTConfig, ViTModel), 1), ((DeiTConfig, DeiTModel), 2)])
def test_they_equal_the_library_s(family, num_prefix, height, width):
    config_class, model_class = family
    embeddings = model_class(config_class(image_size=224, patch_size=16, **SMALL)).embeddings
    torch.nn.init.normal_(embeddings.position_embeddings)
    ours = positions.interpolate(embeddings.position_embeddings, (height // 16, width // 16), num_prefix)
    theirs = embeddings.interpolate_pos_encoding(torch.zeros(1, ours.shape[1], 8), height, width)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert torch.equal(ours[:, :num_prefix], embeddings.position_embeddings[:, :num_prefix])


def test_the_wrong_number_of_prefix_tokens_is_an_error():
    with pytest.raises(ValueError, match="197 patch positions after 1 prefix tokens; expected a square"):
        positions.interpolate(torch.zeros(1, 198, 8), (24, 24), num_prefix=1)
