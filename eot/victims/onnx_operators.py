"""The ONNX operators that are understood, each as differentiable torch (opset 7 to 21).

Every operator lists the attributes that it reads; a graph that sets any other is refused, so that none is
ever computed differently in silence.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from eot.victims.onnx_resize import resize
from eot.victims.onnx_shapes import (
    Attributes,
    NotUnderstoodError,
    Operator,
    axes_of,
    concat,
    cut,
    expand,
    gather,
    given,
    ints,
    pad,
    reshape,
    shape,
    split,
    squeeze,
    transpose,
    unsqueeze,
)
from eot.victims.onnx_windows import average_pool, convolve, max_pool

__all__ = ["OPERATORS", "WITHOUT_GRADIENT", "Attributes", "NotUnderstoodError", "Understood"]


@dataclass(frozen=True)
class Understood:
    """An operator that is understood, and how much of it.

    Args:
        takes: the most inputs that are read.
        reads: the attributes that are read, or that change nothing here, separated by spaces.
        fixed: attributes that may be there with this value only.
    """

    run: Operator
    takes: int = 1
    reads: str = ""
    fixed: Attributes = field(default_factory=dict)

    def check(self, attributes: Attributes, takes: tuple[str, ...]) -> None:
        """Raises NotUnderstoodError for an attribute or an input that would not be read."""
        for name, value in attributes.items():
            if name not in self.reads.split() and (name not in self.fixed or self.fixed[name] != value):
                raise NotUnderstoodError(f"{name} = {str(value)[:40]}")
        if any(takes[self.takes :]):
            raise NotUnderstoodError(f"{len(takes)} inputs")


def gemm(i: list[Any], a: Attributes) -> Tensor:
    """alpha A B + beta C."""
    left = i[0].T if a.get("transA") else i[0]
    right = i[1].T if a.get("transB") else i[1]
    product = a.get("alpha", 1.0) * left @ right
    return product if given(i, 2) is None else product + a.get("beta", 1.0) * i[2]


def normalise(i: list[Any], a: Attributes) -> Tensor:
    """BatchNormalization in eval mode."""
    x, gamma, beta, mean, var = i[:5]
    return functional.batch_norm(x, mean, var, gamma, beta, False, 0.0, a.get("epsilon", 1e-5))


def drop_out(i: list[Any], a: Attributes) -> Tensor:
    """Dropout, which passes everything on outside training."""
    if given(i, 2) is not None and bool(i[2]):
        raise NotUnderstoodError("training_mode = 1")
    return i[0]


def _shared(i: list[Any], a: Attributes, log: bool) -> Tensor:
    x = i[0]
    if a["opset"] < 13:  # shared out among all values from the axis on, not along it
        flat = x.reshape(math.prod(x.shape[: a.get("axis", 1)]), -1)
        return (flat.log_softmax(-1) if log else flat.softmax(-1)).reshape(x.shape)
    return x.log_softmax(a.get("axis", -1)) if log else x.softmax(a.get("axis", -1))


def clip(i: list[Any], a: Attributes) -> Tensor:
    """Clip, with bounds as inputs or as attributes."""
    low, high = (v if v is None else v.item() for v in (given(i, 1), given(i, 2)))
    low, high = a.get("min", low), a.get("max", high)
    return i[0] if low is None and high is None else i[0].clamp(low, high)


def mean(i: list[Any], a: Attributes) -> Tensor:
    """ReduceMean; without axes over all, or over none where `noop_with_empty_axes` says so."""
    axes = axes_of(i, a)
    if not axes and a.get("noop_with_empty_axes"):
        return i[0]
    return i[0].mean(axes or list(range(i[0].ndim)), keepdim=bool(a.get("keepdims", 1)))


def divide(i: list[Any], a: Attributes) -> Tensor:
    """Div; of whole numbers the whole part."""
    whole = not (i[0].is_floating_point() or i[1].is_floating_point())
    return torch.div(i[0], i[1], rounding_mode="trunc" if whole else None)


def cast(i: list[Any], a: Attributes) -> Tensor:
    """Cast to truth values, whole numbers or floats; floats keep their precision."""
    if a["to"] == 9:
        return i[0].bool()
    if a["to"] in (6, 7, 12, 13):
        return i[0].long()
    if a["to"] not in (1, 10, 11, 16):
        raise NotUnderstoodError(f"to = {a['to']}")
    return i[0] if i[0].is_floating_point() else i[0].float()


def constant_of_shape(i: list[Any], a: Attributes) -> Tensor:
    """ConstantOfShape."""
    return torch.full(ints(i[0]), a["value"].item() if "value" in a else 0.0)


MANY = 1_000_000
POOL = "auto_pad ceil_mode kernel_shape pads strides "
# What belongs to cubic, antialiased or cropped resizing, which is refused, changes nothing elsewhere.
RESIZE = "axes coordinate_transformation_mode cubic_coeff_a extrapolation_value mode nearest_mode"
OPERATORS: dict[str, Understood] = {
    "Add": Understood(lambda i, a: i[0] + i[1], 2),
    "AveragePool": Understood(average_pool, 1, POOL + "count_include_pad", {"dilations": [1, 1]}),
    "BatchNormalization": Understood(normalise, 5, "epsilon momentum", {"training_mode": 0, "spatial": 1}),
    "Cast": Understood(cast, 1, "to saturate"),
    "Clip": Understood(clip, 3, "min max"),
    "Concat": Understood(concat, MANY, "axis"),
    "ConstantOfShape": Understood(constant_of_shape, 1, "value"),
    "Conv": Understood(convolve, 3, "auto_pad dilations group kernel_shape pads strides"),
    "Equal": Understood(lambda i, a: i[0] == i[1], 2),
    "Div": Understood(divide, 2),
    "Dropout": Understood(drop_out, 3, "ratio seed"),
    "Elu": Understood(lambda i, a: functional.elu(i[0], a.get("alpha", 1.0)), 1, "alpha"),
    "Erf": Understood(lambda i, a: i[0].erf()),
    "Exp": Understood(lambda i, a: i[0].exp()),
    "Expand": Understood(expand, 2),
    "Flatten": Understood(
        lambda i, a: i[0].reshape(math.prod(i[0].shape[: a.get("axis", 1)]), -1), 1, "axis"
    ),
    "Gather": Understood(gather, 2, "axis"),
    "Gemm": Understood(gemm, 3, "alpha beta transA transB"),
    "GlobalAveragePool": Understood(lambda i, a: i[0].mean(tuple(range(2, i[0].ndim)), keepdim=True)),
    "HardSigmoid": Understood(
        lambda i, a: (a.get("alpha", 0.2) * i[0] + a.get("beta", 0.5)).clamp(0, 1), 1, "alpha beta"
    ),
    "HardSwish": Understood(lambda i, a: functional.hardswish(i[0])),
    "Identity": Understood(lambda i, a: i[0]),
    "LeakyRelu": Understood(lambda i, a: functional.leaky_relu(i[0], a.get("alpha", 0.01)), 1, "alpha"),
    "LogSoftmax": Understood(lambda i, a: _shared(i, a, True), 1, "axis"),
    "MatMul": Understood(lambda i, a: i[0] @ i[1], 2),
    "MaxPool": Understood(max_pool, 1, POOL + "dilations", {"storage_order": 0}),
    "Mul": Understood(lambda i, a: i[0] * i[1], 2),
    "Neg": Understood(lambda i, a: -i[0]),
    "Pad": Understood(pad, 4, "mode pads value"),
    "Pow": Understood(lambda i, a: (i[0] ** i[1]).to(i[0].dtype), 2),
    "ReduceMean": Understood(mean, 2, "axes keepdims noop_with_empty_axes"),
    "Relu": Understood(lambda i, a: i[0].relu()),
    "Reshape": Understood(reshape, 2, "allowzero"),
    "Resize": Understood(
        resize,
        4,
        RESIZE,
        {"antialias": 0, "exclude_outside": 0, "keep_aspect_ratio_policy": "stretch"},
    ),
    "Shape": Understood(shape, 1, "start end"),
    "Sigmoid": Understood(lambda i, a: i[0].sigmoid()),
    "Slice": Understood(cut, 5, "starts ends axes"),
    "Softmax": Understood(lambda i, a: _shared(i, a, False), 1, "axis"),
    "Softplus": Understood(lambda i, a: functional.softplus(i[0])),
    "Split": Understood(split, 2, "axis split num_outputs"),
    "Sqrt": Understood(lambda i, a: i[0].sqrt()),
    "Squeeze": Understood(squeeze, 2, "axes"),
    "Sub": Understood(lambda i, a: i[0] - i[1], 2),
    "Tanh": Understood(lambda i, a: i[0].tanh()),
    "Transpose": Understood(transpose, 1, "perm"),
    "Unsqueeze": Understood(unsqueeze, 2, "axes"),
    "Where": Understood(lambda i, a: torch.where(i[0], i[1], i[2]), 3),
    "Upsample": Understood(resize, 2, "mode"),
}
# What has no slope, or cuts it off: a model is to be exported without them.
WITHOUT_GRADIENT = ("ArgMax", "NonMaxSuppression", "NonZero", "Round", "Sign", "TopK", "QuantizeLinear")
