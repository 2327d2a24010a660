"""Convolutions put in place of a module's own that answer the same, at less cost."""

from collections.abc import Callable

from torch import nn


class Twin(nn.Conv2d):
    """A layer that shares parameters and hooks with the one it is made of.

    Hooks matter: models from other frameworks pad the image in one.
    """

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__(layer.in_channels, layer.out_channels, layer.kernel_size[0], device="meta")
        self.__dict__.update(layer.__dict__)


def twinned(module: nn.Module, kind: type[Twin], fits: Callable[[nn.Conv2d], bool]) -> int:
    """Puts a twin in place of every convolution that fits, and says how many.

    Exact type only: a subclass may do more in its forward.
    """
    layers = [(name, layer) for name, layer in module.named_modules() if type(layer) is nn.Conv2d]
    found = [(name, layer) for name, layer in layers if fits(layer)]
    for name, layer in found:
        module.set_submodule(name, kind(layer))
    return len(found)
