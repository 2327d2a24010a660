"""The ONNX operators that cut, move, stretch or count values without changing them, as torch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Attributes = dict[str, Any]
Operator = Callable[[list[Any], Attributes], Any]


class NotUnderstoodError(Exception):
    """A setting of an operator that has no meaning here; whoever runs the graph says which operator it is."""


def ints(value: Any) -> list[int]:
    """A tensor or list of whole numbers as a list."""
    return [int(v) for v in (value.flatten().tolist() if isinstance(value, Tensor) else value)]


def given(i: list[Any], place: int) -> Any:
    """An input that may be left out: None where it is."""
    return i[place] if len(i) > place else None


def axes_of(i: list[Any], a: Attributes, place: int = 1) -> list[int] | None:
    """The axes, an input in newer operator sets and an attribute in older ones; None where there are none."""
    axes = given(i, place) if given(i, place) is not None else a.get("axes")
    return None if axes is None else ints(axes)


def concat(i: list[Any], a: Attributes) -> Tensor:
    """Concat."""
    return torch.cat(i, a["axis"])


def expand(i: list[Any], a: Attributes) -> Tensor:
    """Expand; a dimension of 1 in the wanted shape keeps that of the values."""
    return i[0].expand(torch.broadcast_shapes(i[0].shape, ints(i[1])))


def gather(i: list[Any], a: Attributes) -> Tensor:
    """Gather with indices of any shape, counted from the end where they are negative."""
    x, index = i
    axis = a.get("axis", 0) % x.ndim
    places = torch.where(index < 0, index + x.shape[axis], index).flatten()
    shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
    return x.index_select(axis, places.to(x.device)).reshape(shape)


def reshape(i: list[Any], a: Attributes) -> Tensor:
    """Reshape; 0 keeps a dimension."""
    size = ints(i[1])
    return i[0].reshape(
        [i[0].shape[d] if n == 0 and not a.get("allowzero") else n for d, n in enumerate(size)]
    )


def shape(i: list[Any], a: Attributes) -> Tensor:
    """Shape, or the part of it from `start` to `end`."""
    return torch.tensor(i[0].shape[a.get("start", 0) : a.get("end")], dtype=torch.long)


def cut(i: list[Any], a: Attributes) -> Tensor:
    """Slice."""
    starts, ends = (ints(i[1]), ints(i[2])) if len(i) > 1 else (a["starts"], a["ends"])
    axes = axes_of(i, a, 3) or range(len(starts))
    steps = [1] * len(starts) if given(i, 4) is None else ints(i[4])
    x = i[0]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step < 1:
            raise NotUnderstoodError("a step below 1")
        where = [slice(None)] * x.ndim
        where[axis] = slice(start, min(end, x.shape[axis]), step)
        x = x[tuple(where)]
    return x


def split(i: list[Any], a: Attributes) -> list[Tensor]:
    """Split, in given or in equal parts, of which the last may be smaller."""
    axis = a.get("axis", 0)
    sizes = a.get("split") if given(i, 1) is None else ints(i[1])
    if sizes is not None:
        return list(i[0].split(list(sizes), axis))
    parts = list(i[0].chunk(a["outputs"], axis))
    if len(parts) != a["outputs"] or a.get("num_outputs", len(parts)) != len(parts):
        raise NotUnderstoodError(f"{i[0].shape[axis]} values in {a['outputs']} parts")
    return parts


def pad(i: list[Any], a: Attributes) -> Tensor:
    """Pad with a constant, all axes or some."""
    if a.get("mode", "constant") != "constant":
        raise NotUnderstoodError(f"mode = {a['mode']}")
    widths = ints(i[1]) if len(i) > 1 else a["pads"]
    fill = a.get("value", 0.0) if given(i, 2) is None else float(i[2])
    axes = axes_of(i, a, 3) or list(range(len(widths) // 2))
    pairs = [0] * (2 * i[0].ndim)
    for place, axis in enumerate(axes):
        from_last = i[0].ndim - 1 - axis % i[0].ndim  # torch lists the last axis first
        pairs[2 * from_last : 2 * from_last + 2] = [widths[place], widths[len(axes) + place]]
    return functional.pad(i[0], pairs, value=fill)


def squeeze(i: list[Any], a: Attributes) -> Tensor:
    """Squeeze."""
    axes = axes_of(i, a)
    return i[0].squeeze() if axes is None else i[0].squeeze(axes)


def unsqueeze(i: list[Any], a: Attributes) -> Tensor:
    """Unsqueeze; the axes are those of the answer."""
    x, axes = i[0], axes_of(i, a) or []
    for axis in sorted(axis % (x.ndim + len(axes)) for axis in axes):
        x = x.unsqueeze(axis)
    return x


def transpose(i: list[Any], a: Attributes) -> Tensor:
    """Transpose; all axes turned round where none are named."""
    return i[0].permute(a.get("perm", list(range(i[0].ndim))[::-1]))
