"""Going on with some of the textures of an attack: the finished ones are not computed any further."""

from dataclasses import fields, replace
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import torch
from jaxtyping import Shaped
from torch import Tensor

from eot.attack import Attack
from eot.problem import Problem

Value = TypeVar("Value")
Rows = Shaped[Tensor, " n"]


@runtime_checkable
class Divisible(Protocol):
    """A texture, or an optimiser with a value for each of them, that can go on with some of its rows."""

    def keep_(self, rows: Rows) -> None:
        """Only these textures from now on."""
        ...


def rows_of(value: Value, rows: Rows) -> Value:
    """The same frozen value for these textures: its tensors hold one entry per texture."""
    parts = {field.name: getattr(value, field.name) for field in fields(cast(Any, value))}
    chosen = {name: part[rows] for name, part in parts.items() if isinstance(part, Tensor) and part.ndim}
    return replace(cast(Any, value), **chosen)


def problem_of(problem: Problem, rows: Rows) -> Problem:
    """The problem of these textures alone. Penalties must be frozen values."""
    penalties = tuple(rows_of(penalty, rows) for penalty in problem.penalties)
    return replace(problem, objective=rows_of(problem.objective, rows), penalties=penalties)


def keep(attack: Attack, rows: Rows) -> Attack:
    """The attack on these textures only, every one of them as it was; the given attack is used up."""
    texture, optimiser = attack.texture, attack.optimiser
    assert isinstance(texture, Divisible)
    before = list(texture.parameters())
    texture.keep_(rows)
    if isinstance(optimiser, Divisible):
        optimiser.keep_(rows)
    renamed = dict(zip(before, texture.parameters(), strict=True))
    for group in optimiser.param_groups:
        group["params"] = [renamed[parameter] for parameter in group["params"]]
        group.update({k: v[rows] for k, v in group.items() if isinstance(v, Tensor) and v.ndim})
    for parameter in [p for p in before if p in optimiser.state]:
        state = optimiser.state.pop(parameter)
        optimiser.state[renamed[parameter]] = {
            name: entry[rows] if isinstance(entry, Tensor) and entry.ndim else entry
            for name, entry in state.items()
        }
    return replace(attack, problem=problem_of(attack.problem, rows))


def all_rows(textures: Tensor) -> Tensor:
    """The index of every texture."""
    return torch.arange(len(textures), device=textures.device)
