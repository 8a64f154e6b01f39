"""Checks of lesson 10, from 224 to 384."""

import copy
from typing import Any

import torch

from vitcourse import patches, positions
from vitcourse.exercises import Wrong, call, number
from vitcourse.vit import VisionTransformer

PATCH_SIZE = 16
WIDTHS = (128, 160, 192, 384, 768)


def exercise_1(answer: Any) -> None:
    """Rows times columns of patches, and a place for each prefix token: a distilled DeiT has two.

    384 / 16 rows and 256 / 16 columns of patches. Then count the tokens of a distilled DeiT that are no
    patches; each has a position embedding, too.
    """
    got, expected = number(answer), patches.num_tokens(384, 256, PATCH_SIZE, num_prefix=2)
    hints = {
        expected - 2: "those are the patches; the prefix tokens have embeddings, too",
        expected - 1: "a distilled DeiT has a distillation token besides the class token",
        578: "that is 384 x 384; this picture is 256 wide",
    }
    if got != expected:
        raise Wrong(
            f"got {got:g}, expected another number; {hints.get(got, '384 / 16 rows, 256 / 16 columns')}"
        )


def exercise_2(answer: Any) -> None:
    """Compare 12 N D² with 2 N² D, where N is the patches and the class token; go up in steps of 16.

    Start with `size = 16` in a `while` loop. In each round N = (size / 16)² + 1; return the size as soon as 2
    N² D is more than 12 N D², and else add 16.
    """
    for width in WIDTHS:
        got, expected = number(call(answer, width)), _crossover(width)
        if got != expected:
            told = f"got {got:g} pixels for embed_dim {width}, expected another size"
            raise Wrong(f"{told}; {_hint(got, expected)}")


def exercise_3(answer: Any) -> None:
    """Copy the network, interpolate its positions (a prefix token for each head), and set `image_size`.

    In the copy, replace `embeddings.positions` by `nn.Parameter(interpolate(old positions, (rows, columns),
    num_prefix=...))`, with `image_size // 16` rows and columns. `len(model.heads)` is the number of prefix
    tokens. Then tell the embeddings their new `image_size`.
    """
    for distilled in (False, True):
        old, larger = _network(32, distilled), _network(64, distilled)
        before = copy.deepcopy(old.state_dict())
        places = positions.interpolate(before["embeddings.positions"], (4, 4), 1 + distilled)
        larger.load_state_dict({**before, "embeddings.positions": places})
        got = call(answer, old, 64)
        kind = "a distilled network" if distilled else "a network with a class token"
        if not isinstance(got, VisionTransformer):
            raise Wrong(f"got {type(got).__name__} for {kind}, expected a VisionTransformer")
        now = old.state_dict()
        if got is old or any(now[name].shape != before[name].shape for name in before):
            raise Wrong("got the old network, changed; expected a new one: start with `copy.deepcopy`")
        _compare(got.eval(), larger, kind)


def _compare(got: VisionTransformer, expected: VisionTransformer, kind: str) -> None:
    pixel_values = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        logits = call(got, pixel_values).logits
        difference = (logits - expected(pixel_values).logits).abs().max().item()
    if not difference < 1e-4:
        raise Wrong(
            f"got logits of {kind} that are off by {difference:.2g}, expected less than 0.0001; are the "
            "positions bicubic, the prefix tokens kept, and all other weights the same?"
        )


def _network(image_size: int, distilled: bool) -> VisionTransformer:
    """A tiny network whose weights and positions are large enough to matter."""
    sizes = {"embed_dim": 16, "depth": 1, "num_heads": 2, "num_classes": 3}
    model = VisionTransformer(image_size, PATCH_SIZE, **sizes, distilled=distilled)
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return model.eval()


def _crossover(embed_dim: int) -> int:
    side = 1
    while 2 * (side**2 + 1) ** 2 * embed_dim <= 12 * (side**2 + 1) * embed_dim**2:
        side += 1
    return side * PATCH_SIZE


def _hint(got: float, expected: int) -> str:
    if got * PATCH_SIZE == expected:
        return "those are patches; in pixels, please"
    if got == expected + PATCH_SIZE:
        return "just one step too large: do you count the class token, and stop as soon as attention is more?"
    return "12 N D² against 2 N² D: where are they equal?"
