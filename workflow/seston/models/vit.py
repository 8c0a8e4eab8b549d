"""The vision transformer, in the key names of timm and of DINO.

timm has the same network; it also costs six seconds of imports in every job.
With this module an embedding job imports torch alone, and files written by
timm, DINO and DINOv2 load without renaming. Tests hold it to timm's output.
"""

from collections.abc import Collection, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def split(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each (n, heads, tokens, dim / heads)."""
        n, count, dim = tokens.shape
        qkv = self.qkv(tokens).reshape(n, count, 3, self.heads, dim // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        return query, key, value

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens (n, tokens, dim), each mixed from all by its attention."""
        mixed = F.scaled_dot_product_attention(*self.split(tokens))
        return self.proj(mixed.transpose(1, 2).reshape(tokens.shape))

    def weights(self, tokens: Tensor) -> Tensor:
        """Return the softmax weights, (n, heads, to, from); rows sum to 1."""
        query, key, _ = self.split(tokens)
        return (query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5).softmax(-1)


class LayerScale(nn.Module):
    """A learnt factor per channel (Touvron et al. 2021), as in DINOv2."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), 1e-5))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens, scaled."""
        return tokens * self.gamma


class MLP(nn.Module):
    """Two linear layers with a GELU between."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens, each transformed by itself."""
        return self.fc2(F.gelu(self.fc1(tokens)))


class Block(nn.Module):
    """One pre-norm transformer block."""

    def __init__(self, dim: int, heads: int, layer_scale: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.ls1 = LayerScale(dim) if layer_scale else nn.Identity()
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = MLP(dim, 4 * dim)
        self.ls2 = LayerScale(dim) if layer_scale else nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens after attention and MLP, both added to what came in."""
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))


class PatchEmbed(nn.Module):
    """Cut the image into patches and project each to a token."""

    def __init__(self, patch: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, patch)

    def forward(self, images: Tensor) -> Tensor:
        """Return the projected patches, (n, dim, rows, columns)."""
        return self.proj(images)


class ViT(nn.Module):
    """A vision transformer (Dosovitskiy et al. 2021) for images of any size.

    Parameters
    ----------
    grid : int
        Patches along one side at the size the position embeddings are stored for.
    patch, dim, depth, heads : int
        Pixels along a patch, width of a token, number of blocks, attention heads.
    layer_scale : bool
        Whether each block scales its output per channel (DINOv2).
    registers : int
        Extra tokens without a position (DINOv2 with registers).
    """

    def __init__(
        self,
        *,
        grid: int,
        patch: int,
        dim: int,
        depth: int,
        heads: int,
        layer_scale: bool = False,
        registers: int = 0,
    ) -> None:
        super().__init__()
        self.grid, self.patch, self.prefix = grid, patch, 1 + registers
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        if registers:
            self.reg_token = nn.Parameter(torch.zeros(1, registers, dim))
        # With registers only the patches have a position; without, the CLS token has one too.
        self.pos_embed = nn.Parameter(torch.zeros(1, grid**2 + (registers == 0), dim))
        self.patch_embed = PatchEmbed(patch, dim)
        self.blocks = nn.Sequential(*[Block(dim, heads, layer_scale) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self._resampling: dict[tuple[tuple[int, int], torch.device], Tensor] = {}
        self.apply(_initialise)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.normal_(self.cls_token, std=0.02)

    def forward(self, images: Tensor) -> Tensor:
        """Return the tokens after the last norm, (n, 1 + registers + patches, dim)."""
        return self.norm(self.blocks(self.embed(images)))

    def tokens(self, images: Tensor, blocks: Collection[int]) -> dict[int, Tensor]:
        """Return the tokens after each of these blocks (from 1) and the last norm.

        Each is (n, 1 + registers + patches, dim).
        """
        kept = {}
        tokens = self.embed(images)
        for number, block in enumerate(self.blocks, 1):
            tokens = block(tokens)
            if number in blocks:
                kept[number] = self.norm(tokens)
        return kept

    def attentions(self, images: Tensor) -> Iterator[Tensor]:
        """Yield each block's attention, (n, heads, to, from) over all tokens; rows sum to 1."""
        tokens = self.embed(images)
        for block in self.blocks:
            assert isinstance(block, Block)
            yield block.attn.weights(block.norm1(tokens))
            tokens = block(tokens)

    def embed(self, images: Tensor) -> Tensor:
        """Return the tokens before the first block: CLS, registers, patches."""
        patches = self.patch_embed(images)
        shape = (patches.shape[2], patches.shape[3])
        patches = patches.flatten(2).transpose(1, 2)
        first: Tensor = self.cls_token
        positions: Tensor = self.pos_embed
        if self.prefix == 1:
            first = first + positions[:, :1]
            positions = positions[:, 1:]
        else:
            first = torch.cat([first, self.reg_token], 1)
        patches = patches + self.positions(positions, shape)
        return torch.cat([first.expand(len(patches), -1, -1), patches], 1)

    def positions(self, stored: Tensor, shape: tuple[int, int]) -> Tensor:
        """Resample the stored position embeddings to a grid of this shape."""
        if shape == (self.grid, self.grid):
            return stored
        key = (shape, stored.device)
        if key not in self._resampling:
            with torch.inference_mode(False):  # training may use it later
                self._resampling[key] = resampling(self.grid, shape).to(stored.device)
        return self._resampling[key].to(stored.dtype) @ stored


def resampling(grid: int, shape: tuple[int, int]) -> Tensor:
    """Return the matrix (rows x columns, grid x grid) that resamples a square grid.

    Bicubic with antialias, as timm does it; as a matrix, because its gradient
    is then the same on every run, also on a GPU.
    """
    unit = torch.eye(grid**2).reshape(grid**2, 1, grid, grid)
    moved = F.interpolate(unit, size=shape, mode="bicubic", antialias=True)
    return moved.reshape(grid**2, -1).T.contiguous()


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_in = module.weight[0].numel()
        nn.init.trunc_normal_(module.weight, std=fan_in**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
