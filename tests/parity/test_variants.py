"""The table of variants against the libraries: parameters, tokens and classes, without any weights."""

import pytest
import timm
import torch

from vitcourse import cost, variants

TIMM = {
    "vit-tiny": "vit_tiny_patch16_224",
    "vit-base": "vit_base_patch16_224",
    "deit-tiny": "deit_tiny_patch16_224",
    "deit-small": "deit_small_patch16_224",
    "deit-base": "deit_base_patch16_224",
    "deit-tiny-distilled": "deit_tiny_distilled_patch16_224",
    "deit-small-distilled": "deit_small_distilled_patch16_224",
    "deit-base-distilled": "deit_base_distilled_patch16_224",
    "deit-base-384": "deit_base_patch16_384",
    "deit-base-distilled-384": "deit_base_distilled_patch16_384",
}


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_the_ten_variants_are_there():
    assert [name for name, variant in variants.all_variants().items() if not variant.demo] == list(TIMM)


@pytest.mark.parametrize("name", TIMM)
def test_transformers_agrees_with_the_table(name):
    variant = variants.get(name)
    model = cost.random_model(variant, "meta")
    assert parameters(model) == variant.num_parameters
    embeddings = model.base_model.embeddings
    assert embeddings.position_embeddings.shape == (1, variant.num_tokens, variant.embed_dim)
    assert hasattr(embeddings, "distillation_token") == variant.distilled


@pytest.mark.parametrize("name", TIMM)
def test_timm_agrees_with_the_table(name):
    with torch.device("meta"):
        model = timm.create_model(TIMM[name])
    variant = variants.get(name)
    assert parameters(model) == variant.num_parameters
    assert model.pos_embed.shape == (1, variant.num_tokens, variant.embed_dim)
    assert len(model.blocks) == variant.depth


def test_demo_variants_are_what_ships():
    from vitcourse import models

    for name, variant in variants.all_variants().items():
        if variant.demo:
            model, processor = models.load(name)
            assert type(model).__name__ == variant.class_name
            assert parameters(model) == variant.num_parameters
            assert list(variant.preprocessing["mean"]) == list(processor.image_mean)


def test_published_numbers_have_a_source_and_a_sensible_value():
    for variant in variants.all_variants().values():
        assert set(variant.published) <= {"card", "paper", "timm", "v100"}
        assert variant.demo or variant.published, variant.name
        for source in ("card", "paper", "timm"):
            numbers = {k: v for k, v in variant.published.get(source, {}).items() if k != "note"}
            assert all(50 < value < 100 for value in numbers.values())


def test_an_unknown_variant_lists_the_known_ones():
    with pytest.raises(KeyError, match="deit-small-distilled"):
        variants.get("deit-huge")


def test_the_table_shows_all_of_them():
    table = variants.table()
    assert list(table.index) == list(variants.all_variants())
    disagreeing = table.loc["deit-base-384", ["top-1 (card)", "top-1 (paper)", "top-1 (timm)"]]
    assert list(disagreeing) == [82.9, 83.1, 83.108]
    assert "augreg" in table.loc["vit-base", "note"]
    assert table.loc["deit-base-distilled", "v100"] == 290.9
