"""ONNX Resize and Upsample of pictures: nearest or linear, in the coordinates that the operator names.

Where torch's own interpolation reads the same pixels it is used; else the pixels are read one by one, or
weighed by a matrix per axis (ONNX Resize, operator sets 10 to 19; Upsample 9).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from eot.victims.onnx_shapes import Attributes, NotUnderstoodError, axes_of, given, ints

NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")


def resize(i: list[Tensor | None], a: Attributes) -> Tensor:
    """Resize (and the old Upsample) of pictures: nearest or linear, to a size or by scales."""
    x, mode, turned = i[0], a.get("mode", "nearest"), _coordinates(a)
    assert x is not None
    if mode not in ("nearest", "linear"):
        raise NotUnderstoodError(f"mode = {mode}")
    wanted = _wanted(i, a)
    if x.ndim != 4 or wanted[0] != (x.shape[0], 1.0) or wanted[1] != (x.shape[1], 1.0):
        raise NotUnderstoodError("other than the height and width of pictures")
    places = [
        _places(old, *new, turned).to(x.device) for old, new in zip(x.shape[2:], wanted[2:], strict=True)
    ]
    return _nearest(x, places, _rounding(a, wanted)) if mode == "nearest" else _linear(x, places, turned)


def _coordinates(a: Attributes) -> str:
    turned = "asymmetric" if a["opset"] < 11 else a.get("coordinate_transformation_mode", "half_pixel")
    if turned not in COORDINATES:
        raise NotUnderstoodError(f"coordinate_transformation_mode = {turned}")
    return str(turned)


def _rounding(a: Attributes, wanted: list[tuple[int, float]]) -> str:
    if a["opset"] < 11:
        if any(scale < 1 for _, scale in wanted):
            # The old text leaves open which pixel a smaller picture takes, and runtimes differ.
            raise NotUnderstoodError("mode = nearest to a smaller size before operator set 11")
        return "floor"
    rounding = a.get("nearest_mode", NEAREST[0])
    if rounding not in NEAREST:
        raise NotUnderstoodError(f"nearest_mode = {rounding}")
    return str(rounding)


def _wanted(i: list[Tensor | None], a: Attributes) -> list[tuple[int, float]]:
    """The size and the scale of every axis."""
    x, old = i[0], a["opset"] < 11
    assert x is not None
    scales, sizes = (given(i, 1), None) if old else (given(i, 2), given(i, 3))
    axes = axes_of([], a) or list(range(x.ndim))
    wanted = [(n, 1.0) for n in x.shape]
    if sizes is not None and sizes.numel():
        for axis, size in zip(axes, ints(sizes), strict=True):
            wanted[axis] = size, size / x.shape[axis]
    elif scales is not None and scales.numel():
        for axis, scale in zip(axes, scales.tolist(), strict=True):
            wanted[axis] = _scaled(x.shape[axis], scale), scale
    else:
        raise NotUnderstoodError("neither scales nor sizes")
    return wanted


def _scaled(old: int, scale: float) -> int:
    size = math.floor(old * scale)
    if int(torch.tensor(scale, dtype=torch.float32) * old) != size:
        # A product this close to a whole number is rounded apart by those who reckon in float32.
        raise NotUnderstoodError(f"scale = {scale} of {old} px, which may be {size} or {size + 1}")
    return size


def _places(old: int, new: int, scale: float, turned: str) -> Tensor:
    """Where each new pixel reads: positions among the old ones, in float64."""
    x = torch.arange(new, dtype=torch.float64)
    if turned == "align_corners":
        if not math.isclose(old * scale, new):
            raise NotUnderstoodError(f"align_corners and scale = {scale:.4g} of {old} px")
        return x * (old - 1) / max(new - 1, 1)
    if turned == "asymmetric":
        return x / scale
    if turned == "pytorch_half_pixel" and new == 1:
        # The texts and the runtimes do not agree on this one place.
        if old > 1:
            raise NotUnderstoodError("pytorch_half_pixel to 1 px")
        return torch.zeros(1, dtype=torch.float64)
    return (x + 0.5) / scale - 0.5


def _nearest(x: Tensor, places: list[Tensor], rounding: str) -> Tensor:
    indices = []
    for old, place in zip(x.shape[2:], places, strict=True):
        rounded = {
            "floor": place.floor(),
            "ceil": place.ceil(),
            "round_prefer_floor": (place - 0.5).ceil(),
            "round_prefer_ceil": (place + 0.5).floor(),
        }[rounding]
        indices.append(rounded.long().clamp(0, old - 1))
    factors = [len(index) // old for old, index in zip(x.shape[2:], indices, strict=True)]
    repeated = [
        torch.arange(old, device=x.device).repeat_interleave(factor)
        for old, factor in zip(x.shape[2:], factors, strict=True)
    ]
    if all(torch.equal(index, whole) for index, whole in zip(indices, repeated, strict=True)):
        return functional.interpolate(x, size=[len(index) for index in indices], mode="nearest")
    return x.index_select(2, indices[0]).index_select(3, indices[1])


def _linear(x: Tensor, places: list[Tensor], turned: str) -> Tensor:
    sizes = [len(place) for place in places]
    whole = [
        _places(old, new, new / old, turned).to(x.device) for old, new in zip(x.shape[2:], sizes, strict=True)
    ]
    same = all(torch.equal(one, other) for one, other in zip(places, whole, strict=True))
    if same and turned != "asymmetric":
        corners = turned == "align_corners"
        return functional.interpolate(x, size=sizes, mode="bilinear", align_corners=corners)
    rows, columns = (_weights(old, place).to(x.dtype) for old, place in zip(x.shape[2:], places, strict=True))
    return rows @ x @ columns.T


def _weights(old: int, places: Tensor) -> Tensor:
    """The share [new old] of each old pixel in each new one; beyond the edge the last pixel goes on."""
    at = places.clamp(0, old - 1)
    return (1 - (at[:, None] - torch.arange(old, device=at.device)).abs()).clamp_min(0)
