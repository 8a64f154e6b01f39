"""A Vision Transformer, written to be read: images to tokens, blocks, heads.

Dosovitskiy et al., arXiv:2010.11929, with the distillation token of Touvron et al., arXiv:2012.12877. Shapes:
B images, N patches, P prefix tokens (1, or 2 if distilled), D numbers a token, H attention heads, C classes.
There is no dropout: no published recipe of these networks that the course uses needs it.

Taught in lesson 02.
"""

from typing import NamedTuple

import torch
from torch import nn

from vitcourse.patches import num_tokens


class Output(NamedTuple):
    """What a `VisionTransformer` gives.

    Attributes:
        logits: (B, C), the mean over the heads, as in DeiT's code.
        head_logits: (B, P, C): by the class token and, if distilled, by the distillation token.
        hidden_states: depth + 1 tensors (B, P + N, D): after the embeddings and after each block; () unless
            asked for.
    """

    logits: torch.Tensor
    head_logits: torch.Tensor
    hidden_states: tuple[torch.Tensor, ...] = ()


class Attention(nn.Module):
    """Multi-head self-attention: each token gathers from all. Vaswani et al., arXiv:1706.03762, section 3.2.

    Args:
        embed_dim: Width of a token (D), a multiple of `num_heads`.
        num_heads: Number of heads (H).
        qkv_bias: Whether queries, keys and values have a bias.

    Raises:
        ValueError: If the heads cannot share D evenly.

    Taught in lesson 02.
    """

    def __init__(self, embed_dim: int, num_heads: int, qkv_bias: bool = True) -> None:
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"embed_dim is {embed_dim}; expected a multiple of num_heads, {num_heads}")
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim, bias=qkv_bias)
        self.key = nn.Linear(embed_dim, embed_dim, bias=qkv_bias)
        self.value = nn.Linear(embed_dim, embed_dim, bias=qkv_bias)
        self.output = nn.Linear(embed_dim, embed_dim)

    def split_heads(self, tokens: torch.Tensor) -> torch.Tensor:
        """Cut tokens (B, P + N, D) into heads (B, H, P + N, D / H)."""
        return tokens.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # (B, H, N, D / H)

    def weights(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return how much each token (row) takes from each other (column): (B, H, P + N, P + N)."""
        query, key = (self.split_heads(layer(tokens)) for layer in (self.query, self.key))
        scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5  # (B, H, N, N)
        return scores.softmax(-1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return tokens (B, P + N, D): `weights(tokens) @ values`, in one fused function, heads joined."""
        parts = (self.split_heads(layer(tokens)) for layer in (self.query, self.key, self.value))
        mixed = nn.functional.scaled_dot_product_attention(*parts)  # (B, H, N, D / H)
        return self.output(mixed.transpose(1, 2).flatten(2))  # (B, N, D)


class MLP(nn.Module):
    """Two linear layers with a GELU between them, the same for every token.

    Dosovitskiy et al., section 3.1.

    Args:
        embed_dim: Width of a token (D).
        hidden_dim: Width between the two layers.

    Taught in lesson 02.
    """

    def __init__(self, embed_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return tokens (B, P + N, D)."""
        return self.fc2(nn.functional.gelu(self.fc1(tokens)))


class Block(nn.Module):
    """A pre-norm block: each branch sees normalised tokens, and its result is added to the raw ones.

    Dosovitskiy et al., equations 2 and 3; why pre-norm: Xiong et al., arXiv:2002.04745.

    Args:
        embed_dim: Width of a token (D).
        num_heads: Attention heads (H).
        mlp_ratio: Width of the MLP's hidden layer, in multiples of D.
        qkv_bias: Whether queries, keys and values have a bias.
        eps: Added to the variance in both LayerNorms.

    Taught in lesson 02.
    """

    def __init__(self, embed_dim: int, num_heads: int, mlp_ratio: float, qkv_bias: bool, eps: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=eps)
        self.attention = Attention(embed_dim, num_heads, qkv_bias)
        self.norm2 = nn.LayerNorm(embed_dim, eps=eps)
        self.mlp = MLP(embed_dim, int(mlp_ratio * embed_dim))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return tokens (B, P + N, D)."""
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class PatchEmbedding(nn.Module):
    """One token for each patch: a convolution whose stride is its kernel, as in lesson 01.

    Dosovitskiy et al., section 3.1.

    Args:
        patch_size: Height and width of a patch, in pixels.
        embed_dim: Width of a token (D).

    Taught in lesson 02.
    """

    def __init__(self, patch_size: int, embed_dim: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Turn images (B, 3, height, width) into tokens (B, N, D), row by row."""
        return self.projection(pixel_values).flatten(2).transpose(1, 2)


class Embeddings(nn.Module):
    """From pixels to tokens: prefix tokens, then patches, all with their positions added.

    Dosovitskiy et al., equation 1; the distillation token: Touvron et al., section 4.

    Args:
        image_size: Height and width of `pixel_values`, in pixels.
        patch_size: Height and width of a patch, in pixels.
        embed_dim: Width of a token (D).
        distilled: Whether a distillation token follows the class token.

    Raises:
        ValueError: If the patches do not divide the image, or images have another size than `image_size`.

    Taught in lesson 02.
    """

    def __init__(self, image_size: int, patch_size: int, embed_dim: int, distilled: bool) -> None:
        super().__init__()
        self.image_size = image_size
        places = num_tokens(image_size, image_size, patch_size, num_prefix=2 if distilled else 1)
        self.patches = PatchEmbedding(patch_size, embed_dim)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim))
        self.distillation_token = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim)) if distilled else None
        self.positions = nn.Parameter(0.02 * torch.randn(1, places, embed_dim))

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Turn images (B, 3, image_size, image_size) into tokens (B, P + N, D)."""
        got, size = tuple(pixel_values.shape), self.image_size
        if got[1:] != (3, size, size):
            raise ValueError(f"pixel_values is {got}; expected (B, 3, {size}, {size})")
        prefix = [token for token in (self.class_token, self.distillation_token) if token is not None]
        prefix = [token.expand(len(pixel_values), -1, -1) for token in prefix]  # each (B, 1, D)
        return torch.cat([*prefix, self.patches(pixel_values)], dim=1) + self.positions


def initialise(module: nn.Module) -> None:
    """Give a linear layer small random weights (a normal of 0.02, cut off at 2) and zero biases, as in timm.

    Args:
        module: Any; only an `nn.Linear` is changed, in place.

    Taught in lesson 02.
    """
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class VisionTransformer(nn.Module):
    """A ViT, or with `distilled` a DeiT with two heads. The defaults are those of ViT-Ti/16.

    Args:
        image_size: Height and width of `pixel_values`, in pixels, a multiple of `patch_size`.
        patch_size: Height and width of a patch, in pixels.
        embed_dim: Width of a token (D).
        depth: Number of blocks.
        num_heads: Attention heads in a block (H).
        num_classes: Number of classes (C).
        mlp_ratio: Width of the hidden layer of an MLP, in multiples of D.
        distilled: Whether there is a distillation token with a head of its own.
        qkv_bias: Whether queries, keys and values have a bias.
        eps: Added to the variance in every LayerNorm: 1e-12 in most ViT files on the Hub, 1e-6 in timm.

    Raises:
        ValueError: If sizes do not divide, or images have another size than `image_size`.

    Taught in lesson 02.
    """

    def __init__(
        self,
        image_size: int = 224,
        patch_size: int = 16,
        embed_dim: int = 192,
        depth: int = 12,
        num_heads: int = 3,
        num_classes: int = 1000,
        mlp_ratio: float = 4.0,
        distilled: bool = False,
        qkv_bias: bool = True,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        self.embeddings = Embeddings(image_size, patch_size, embed_dim, distilled)
        blocks = [Block(embed_dim, num_heads, mlp_ratio, qkv_bias, eps) for _ in range(depth)]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(embed_dim, eps=eps)
        self.heads = nn.ModuleList(nn.Linear(embed_dim, num_classes) for _ in range(1 + distilled))
        self.apply(initialise)

    def forward(self, pixel_values: torch.Tensor, output_hidden_states: bool = False) -> Output:
        """Classify images (B, 3, image_size, image_size)."""
        hidden_states = [self.embeddings(pixel_values)]  # (B, P + N, D)
        for block in self.blocks:
            hidden_states.append(block(hidden_states[-1]))
        tokens = self.norm(hidden_states[-1])
        by_head = torch.stack([head(tokens[:, k]) for k, head in enumerate(self.heads)], dim=1)  # (B, P, C)
        return Output(by_head.mean(1), by_head, tuple(hidden_states) if output_hidden_states else ())
