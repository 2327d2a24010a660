"""Shot and read noise, replayed from the seed each view carries."""

from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import FunctionCtx

from renders.conditions import Condition
from renders.sensor.rows import per_view, where_on

_BANK_SIZE = 1 << 22
_BANK_SEED = 20_061_977


@lru_cache(maxsize=4)
def _bank(device: torch.device) -> Tensor:
    """The same standard normal numbers on every device: drawn on the CPU from a fixed seed."""
    return torch.randn(_BANK_SIZE, generator=torch.Generator().manual_seed(_BANK_SEED)).to(device)


def _offsets(seeds: Int[Tensor, " k"], room: int) -> list[int]:
    """Where each view starts to read: SplitMix64 of its seed (Steele et al. 2014) modulo room."""
    mask = (1 << 64) - 1
    offsets = []
    for seed in seeds.tolist():
        z = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        offsets.append((z ^ (z >> 31)) % room)
    return offsets


def normals(seeds: Int[Tensor, " k"], shape: tuple[int, int, int], like: Tensor) -> Float[Tensor, "k 3 h w"]:
    """Standard normal noise per view: a slice of a fixed bank at a place hashed from the view's seed.

    Independent of device, of the dtype (up to its rounding) and of the view's place in the batch. Two views
    may share numbers, shifted against each other; an image larger than the bank (1.4 Mpx) repeats it.
    """
    count = shape[0] * shape[1] * shape[2]
    bank = _bank(like.device)
    starts = _offsets(seeds, _BANK_SIZE)
    if count > _BANK_SIZE // 2:
        places = torch.arange(count, device=like.device)
        slices = [bank[(places + start) % _BANK_SIZE] for start in starts]
    else:  # the usual case: no wrap-around, plain copies
        slices = [bank[start % (_BANK_SIZE - count) :][:count] for start in starts]
    return torch.stack(slices).unflatten(1, shape).to(like)


class _AddNoise(torch.autograd.Function):
    """x + sqrt(a max(x, 0) + b) n with its exact gradient, without autograd's six stored intermediates."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, shot: Tensor, read: Tensor, unit: Tensor) -> Tensor:
        deviation = x.clamp(min=0).mul_(shot).add_(read).sqrt_()
        ctx.save_for_backward(x, shot, deviation, unit)
        return torch.addcmul(x, deviation, unit)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, None, None, None]:
        x, shot, deviation, unit = ctx.saved_tensors  # type: ignore[attr-defined]
        # where the deviation is 0 it has no slope to speak of: black pixels without read noise stay black
        slope = shot / (2 * deviation.clamp(min=torch.finfo(x.dtype).tiny ** 0.5))
        slope = slope.mul_(x > 0).mul_(unit).add_(1)
        return slope.mul_(grad), None, None, None


def add_noise(
    linear: Float[Tensor, "t k 3 h w"], condition: Condition, binning: Float[Tensor, " k"]
) -> Float[Tensor, "t k 3 h w"]:
    """Linear light with Gaussian noise of variance (shot² x + read²) / binning², the same for all t textures.

    The same noise on every texture is what makes two articles comparable on the same views (common random
    numbers). Binning averages binning² native pixels, which divides the standard deviation by binning.
    """
    shot, read = condition.shot_noise / binning, condition.read_noise / binning

    def stage(images: Tensor, rows: Tensor) -> Tensor:
        unit = normals(condition.noise_seed[rows], (3, *images.shape[-2:]), images)
        variances = (per_view(share[rows] ** 2, images) for share in (shot, read))
        return _AddNoise.apply(images, *variances, unit)

    return where_on(linear, (shot > 0) | (read > 0), stage)
