"""A module whose calls are replaced by cheaper ones that answer the same: sigmoid gates, 1 x 1 convolutions.

x · sigmoid(x) is one operation (SiLU); spelt out, as ONNX graphs do, a gate and its gradient pass over memory
eleven times, as one operation five. The other is in `pointwise`.
"""

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from eot.victims.pointwise import spread

SIGMOIDS = {torch.sigmoid, Tensor.sigmoid, functional.sigmoid, torch.special.expit}
PRODUCTS = {torch.mul, torch.multiply, Tensor.mul, Tensor.multiply, Tensor.__mul__, Tensor.__rmul__}


class Pending(Tensor):
    """A sigmoid that is not worked out before something other than its gate asks for it."""

    of: Tensor
    worked_out: Tensor | None

    @staticmethod
    def taken(of: Tensor) -> "Pending":
        """The sigmoid of a tensor."""
        pending = of.detach().as_subclass(Pending)
        pending.of, pending.worked_out = of, None
        return pending


class _Easing(TorchFunctionMode):
    """Puts every sigmoid off, and every product of x and its own sigmoid down as one SiLU.

    1 x 1 convolutions are dealt out where that is faster.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gates, self.convolves = 0, False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation, on sigmoids that have been worked out."""
        kwargs = kwargs or {}
        if func in SIGMOIDS and len(args) == 1 and not kwargs and type(args[0]) is Tensor:
            return Pending.taken(args[0])
        if func is functional.conv2d:
            self.convolves, (args, kwargs) = True, _settled((args, kwargs))
            if (answer := spread(*args, **kwargs)) is not None:
                return answer
        if not any(type(each) is Pending or type(each) in (tuple, list) for each in args) and not kwargs:
            return func(*args)
        if func in PRODUCTS and len(args) == 2 and not kwargs:
            for one, other in (args, args[::-1]):
                if type(other) is Pending and other.of is one:
                    self.gates += 1
                    return functional.silu(one)
        args, kwargs = _settled((args, kwargs))
        return func(*args, **kwargs)


def _settled(answer: Any) -> Any:
    """The same with every sigmoid in it worked out, each of them once."""

    def worked_out(pending: Pending) -> Tensor:
        if pending.worked_out is None:
            pending.worked_out = pending.of.sigmoid()
        return pending.worked_out

    return tree_map_only(Pending, worked_out, answer)


@final
class Eased(nn.Module):
    """A module whose sigmoid gates run as SiLUs, and the 1 x 1 convolutions it calls by `spread`.

    Of the last call, `gates` says how many gates there were, and `convolves` whether it convolved pictures,
    by layers or by calls of its own.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module, self.gates, self.convolves = module, 0, False

    def forward(self, *inputs: Tensor) -> Any:
        """As the module, up to rounding."""
        with _Easing() as easing:
            answer = self.module(*inputs)
        self.gates, self.convolves = easing.gates, easing.convolves
        return _settled(answer)
