"""The ONNX operators that are understood, each as differentiable torch (opset 9 to 21)."""

import math
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


def padded(x: Tensor, a: Attributes, fill: float = 0.0) -> Tensor:
    """The picture with the padding that a convolution or pooling asks for."""
    top, left, bottom, right = a.get("pads", [0, 0, 0, 0])
    return functional.pad(x, (left, right, top, bottom), value=fill) if top + left + bottom + right else x


def _plain(a: Attributes) -> None:
    if a.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NotUnderstoodError(f"auto_pad = {a['auto_pad']}")


def convolve(i: list[Any], a: Attributes) -> Tensor:
    """Conv in two dimensions."""
    _plain(a)
    bias = i[2] if len(i) > 2 else None
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    return functional.conv2d(padded(i[0], a), i[1], bias, strides, 0, dilations, a.get("group", 1))


def max_pool(i: list[Any], a: Attributes) -> Tensor:
    """MaxPool in two dimensions."""
    _plain(a)
    x = padded(i[0], a, -math.inf)
    return functional.max_pool2d(
        x, a["kernel_shape"], a.get("strides", [1, 1]), ceil_mode=bool(a.get("ceil_mode"))
    )


def average_pool(i: list[Any], a: Attributes) -> Tensor:
    """AveragePool in two dimensions; padding counts only where `count_include_pad` says so."""
    _plain(a)
    kernel, strides = a["kernel_shape"], a.get("strides", [1, 1])
    total = functional.avg_pool2d(padded(i[0], a), kernel, strides, ceil_mode=bool(a.get("ceil_mode")))
    if a.get("count_include_pad") or not any(a.get("pads", [0])):
        return total
    share = functional.avg_pool2d(padded(torch.ones_like(i[0][:1, :1]), a), kernel, strides)
    return total / share


def gemm(i: list[Any], a: Attributes) -> Tensor:
    """alpha A B + beta C."""
    left = i[0].T if a.get("transA") else i[0]
    right = i[1].T if a.get("transB") else i[1]
    product = a.get("alpha", 1.0) * left @ right
    return product + a.get("beta", 1.0) * i[2] if len(i) > 2 else product


def normalise(i: list[Any], a: Attributes) -> Tensor:
    """BatchNormalization in eval mode."""
    x, gamma, beta, mean, var = i[:5]
    return functional.batch_norm(x, mean, var, gamma, beta, False, 0.0, a.get("epsilon", 1e-5))


def reshape(i: list[Any], a: Attributes) -> Tensor:
    """Reshape; 0 keeps a dimension."""
    size = ints(i[1])
    return i[0].reshape(
        [i[0].shape[d] if n == 0 and not a.get("allowzero") else n for d, n in enumerate(size)]
    )


def resize(i: list[Any], a: Attributes) -> Tensor:
    """Resize (and the old Upsample) of pictures: nearest or linear, to a size or by scales."""
    mode = a.get("mode", "nearest")
    scales = i[2] if len(i) > 2 else i[1]
    if len(i) > 3 and i[3] is not None:
        size = ints(i[3])[2:]
    else:
        size = [round(n * s) for n, s in zip(i[0].shape[2:], scales.tolist()[2:], strict=True)]
    turned = a.get("coordinate_transformation_mode", "half_pixel")
    if mode == "nearest":
        if any(new % old for new, old in zip(size, i[0].shape[2:], strict=True)):
            raise NotUnderstoodError("mode = nearest to other than whole multiples")
        return functional.interpolate(i[0], size=size, mode="nearest")
    if mode == "linear":
        if turned not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
            raise NotUnderstoodError(f"coordinate_transformation_mode = {turned}")
        corners = turned == "align_corners"
        return functional.interpolate(i[0], size=size, mode="bilinear", align_corners=corners)
    raise NotUnderstoodError(f"mode = {mode}")


def cut(i: list[Any], a: Attributes) -> Tensor:
    """Slice."""
    starts, ends = (ints(i[1]), ints(i[2])) if len(i) > 1 else (a["starts"], a["ends"])
    axes = ints(i[3]) if len(i) > 3 else a.get("axes", range(len(starts)))
    steps = ints(i[4]) if len(i) > 4 else [1] * len(starts)
    x = i[0]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step < 1:
            raise NotUnderstoodError("a step below 1")
        where = [slice(None)] * x.ndim
        where[axis] = slice(start, min(end, x.shape[axis]), step)
        x = x[tuple(where)]
    return x


def split(i: list[Any], a: Attributes) -> list[Tensor]:
    """Split, in given or in equal parts."""
    axis = a.get("axis", 0)
    sizes = ints(i[1]) if len(i) > 1 else a.get("split")
    if sizes is None:
        return list(i[0].chunk(a["outputs"], axis))
    return list(i[0].split(list(sizes), axis))


def pad(i: list[Any], a: Attributes) -> Tensor:
    """Pad with a constant."""
    if a.get("mode", "constant") != "constant":
        raise NotUnderstoodError(f"mode = {a['mode']}")
    widths = ints(i[1]) if len(i) > 1 else a["pads"]
    fill = float(i[2]) if len(i) > 2 and i[2] is not None else a.get("value", 0.0)
    half = len(widths) // 2
    pairs = [side for d in reversed(range(half)) for side in (widths[d], widths[half + d])]
    return functional.pad(i[0], pairs, value=fill)


def clip(i: list[Any], a: Attributes) -> Tensor:
    """Clip, with bounds as inputs or as attributes."""
    bounds = [v if v is None else float(v) for v in (*i[1:3], *[None] * (3 - len(i)))]
    low = bounds[0] if len(i) > 1 else a.get("min")
    high = bounds[1] if len(i) > 1 else a.get("max")
    return i[0].clamp(low, high)


def reduced(i: list[Any], a: Attributes) -> Tensor:
    """ReduceMean."""
    axes = ints(i[1]) if len(i) > 1 else a.get("axes", list(range(i[0].ndim)))
    return i[0].mean(list(axes), keepdim=bool(a.get("keepdims", 1)))


def squeeze(i: list[Any], a: Attributes) -> Tensor:
    """Squeeze."""
    axes = ints(i[1]) if len(i) > 1 else a.get("axes")
    return i[0].squeeze() if axes is None else i[0].squeeze(list(axes))


def unsqueeze(i: list[Any], a: Attributes) -> Tensor:
    """Unsqueeze."""
    x = i[0]
    for axis in sorted(ints(i[1]) if len(i) > 1 else a["axes"]):
        x = x.unsqueeze(axis)
    return x


def cast(i: list[Any], a: Attributes) -> Tensor:
    """Cast to whole numbers or floats; floats keep their precision."""
    whole = a["to"] in (6, 7, 12, 13)
    if whole:
        return i[0].long()
    return i[0] if i[0].is_floating_point() else i[0].float()


OPERATORS: dict[str, Operator] = {
    "Add": lambda i, a: i[0] + i[1],
    "AveragePool": average_pool,
    "BatchNormalization": normalise,
    "Cast": cast,
    "Clip": clip,
    "Concat": lambda i, a: torch.cat(i, a["axis"]),
    "ConstantOfShape": lambda i, a: torch.full(ints(i[0]), a["value"].item() if "value" in a else 0.0),
    "Conv": convolve,
    "Equal": lambda i, a: i[0] == i[1],
    "Div": lambda i, a: i[0] / i[1] if i[0].is_floating_point() else i[0] // i[1],
    "Dropout": lambda i, a: i[0],
    "Elu": lambda i, a: functional.elu(i[0], a.get("alpha", 1.0)),
    "Erf": lambda i, a: i[0].erf(),
    "Exp": lambda i, a: i[0].exp(),
    "Expand": lambda i, a: i[0] * torch.ones(ints(i[1])).to(i[0]),
    "Flatten": lambda i, a: i[0].reshape(math.prod(i[0].shape[: a.get("axis", 1)]), -1),
    "Gather": lambda i, a: (
        i[0].index_select(a.get("axis", 0), i[1].flatten()).squeeze(a.get("axis", 0))
        if i[1].ndim == 0
        else i[0].index_select(a.get("axis", 0), i[1].flatten())
    ),
    "Gemm": gemm,
    "GlobalAveragePool": lambda i, a: i[0].mean((2, 3), keepdim=True),
    "HardSigmoid": lambda i, a: (a.get("alpha", 0.2) * i[0] + a.get("beta", 0.5)).clamp(0, 1),
    "HardSwish": lambda i, a: functional.hardswish(i[0]),
    "Identity": lambda i, a: i[0],
    "LeakyRelu": lambda i, a: functional.leaky_relu(i[0], a.get("alpha", 0.01)),
    "LogSoftmax": lambda i, a: i[0].log_softmax(a.get("axis", -1)),
    "MatMul": lambda i, a: i[0] @ i[1],
    "MaxPool": max_pool,
    "Mul": lambda i, a: i[0] * i[1],
    "Neg": lambda i, a: -i[0],
    "Pad": pad,
    "Pow": lambda i, a: i[0] ** i[1],
    "ReduceMean": reduced,
    "Relu": lambda i, a: i[0].relu(),
    "Reshape": reshape,
    "Resize": resize,
    "Shape": lambda i, a: torch.tensor(i[0].shape),
    "Sigmoid": lambda i, a: i[0].sigmoid(),
    "Slice": cut,
    "Softmax": lambda i, a: i[0].softmax(a.get("axis", -1)),
    "Softplus": lambda i, a: functional.softplus(i[0]),
    "Split": split,
    "Sqrt": lambda i, a: i[0].sqrt(),
    "Squeeze": squeeze,
    "Sub": lambda i, a: i[0] - i[1],
    "Tanh": lambda i, a: i[0].tanh(),
    "Transpose": lambda i, a: i[0].permute(a.get("perm", list(range(i[0].ndim))[::-1])),
    "Unsqueeze": unsqueeze,
    "Where": lambda i, a: torch.where(i[0], i[1], i[2]),
    "Upsample": resize,
}
# What has no slope, or cuts it off: a model is to be exported without them.
WITHOUT_GRADIENT = ("ArgMax", "NonMaxSuppression", "NonZero", "Round", "Sign", "TopK", "QuantizeLinear")
