"""The colour response of printer and camera, fitted to the fields of one chart.

seen = (A prior(c) + b)^gamma + residual(c): a known printer, then mixing, offset and tone in linear light by
15 figures, then a smooth table for what is left. The prior does most of the work; a polynomial needs several
hundred fields to come as near.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import least_squares
from torch import Tensor

from eot.photos.chart import Reading
from renders.colour import linear_to_srgb, srgb_to_linear
from textures.printer.difference import difference
from textures.printer.profile import PrintProfile, nodes, table_of

# Nodes a side of the residual table, and how stiff it is.
RESIDUAL_NODES, STIFFNESS = 9, 0.02
PRINTED_NODES = 17
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Response:
    """A fitted response: `mixing` [3 3], `offset` [3] and `gamma` [3] in linear light, `residual` in sRGB."""

    prior: PrintProfile
    mixing: Float[np.ndarray, "3 3"]
    offset: Float[np.ndarray, " 3"]
    gamma: Float[np.ndarray, " 3"]
    residual: Float[np.ndarray, "m 3"]

    def __call__(self, asked: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """What is seen of sRGB colours, sRGB in [0, 1], relative to paper as the prior sees it."""
        light = prior_light(self.prior, asked)
        toned = _toned(light, np.concatenate([self.mixing.ravel(), self.offset, self.gamma]))
        return np.clip(encoded(toned) + _weights(asked) @ self.residual, 0, 1)


def fit_response(prior: PrintProfile, reading: Reading) -> Response:
    """The response to the fields of a chart, the paper's light scaled to the prior's paper."""
    light, seen = prior_light(prior, reading.asked), encoded(scaled(prior, reading))
    start = np.concatenate([np.eye(3).ravel(), np.zeros(3), np.ones(3)])

    def miss(figures: Float[np.ndarray, " 15"]) -> Float[np.ndarray, " m"]:
        return (encoded(_toned(light, figures)) - seen).ravel()

    # Robust: a field with dust on it must not turn the whole matrix.
    figures = least_squares(miss, start, loss="soft_l1", f_scale=0.03).x
    left = seen - encoded(_toned(light, figures))
    residual = _smooth(reading.asked, left)
    return Response(prior, figures[:9].reshape(3, 3), figures[9:12], figures[12:], residual)


def scaled(prior: PrintProfile, reading: Reading) -> Float[np.ndarray, "n 3"]:
    """The light of the fields with bare paper as bright as the prior's."""
    white = prior_light(prior, np.ones((1, 3)))
    return reading.seen * white


def profile_of(response: Response, name: str, notes: dict[str, str]) -> PrintProfile:
    """The response as a print profile: what the next attack prints with."""
    colours = nodes(PRINTED_NODES).double().numpy()
    printed = table_of(torch.from_numpy(response(colours)).float())
    return PrintProfile(name, printed, response.prior.reach, notes)


def errors(seen: Float[np.ndarray, "n 3"], expected: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """ΔE2000 of sRGB colours, one by one."""
    first, second = (torch.from_numpy(np.clip(c, 0, 1).T[None, :, :, None]) for c in (seen, expected))
    return difference(first, second)[0, :, 0].numpy()


def held_out_errors(
    prior: PrintProfile, reading: Reading, generator: torch.Generator
) -> Float[np.ndarray, " n"]:
    """ΔE2000 of every field under a fit that has not seen it, five fits of four fifths each."""
    fold = torch.randperm(len(reading.asked), generator=generator).numpy() % FOLDS
    seen = encoded(scaled(prior, reading))
    result = np.empty(len(fold))
    for number in range(FOLDS):
        out = fold == number
        result[out] = errors(fit_response(prior, reading.only(~out))(reading.asked[out]), seen[out])
    return result


def prior_light(prior: PrintProfile, asked: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """What the prior makes of sRGB colours, linear light."""
    image = torch.from_numpy(np.ascontiguousarray(asked.T))[None, :, :, None].double()
    return srgb_to_linear(prior(image))[0, :, :, 0].T.numpy()


def encoded(light: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Linear light as sRGB; values outside [0, 1] go on smoothly below and above."""
    positive: Tensor = torch.from_numpy(np.maximum(light, 0.0))
    return linear_to_srgb(positive).numpy() + 12.92 * np.minimum(light, 0.0)


def _toned(light: Float[np.ndarray, "n 3"], figures: Float[np.ndarray, " 15"]) -> Float[np.ndarray, "n 3"]:
    mixed = light @ figures[:9].reshape(3, 3).T + figures[9:12]
    return np.maximum(mixed, 1e-6) ** np.clip(figures[12:], 0.2, 5)


def _weights(asked: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n m"]:
    """Trilinear weights of the residual's nodes, red slowest, as `nodes` orders them."""
    place = np.clip(asked, 0, 1) * (RESIDUAL_NODES - 1)
    near = np.abs(place[:, :, None] - np.arange(RESIDUAL_NODES))
    hats = np.maximum(0.0, 1 - near)
    grid = hats[:, 0, :, None, None] * hats[:, 1, None, :, None] * hats[:, 2, None, None, :]
    return grid.reshape(len(asked), -1)


def _smooth(asked: Float[np.ndarray, "n 3"], left: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "m 3"]:
    """The residual table that follows what is left and bends as little as it can (second differences)."""
    weights = _weights(asked)
    bend = np.diff(np.eye(RESIDUAL_NODES), 2, axis=0)
    stay = np.eye(RESIDUAL_NODES)
    bends = [
        np.kron(np.kron(a, b), c) for a, b, c in ((bend, stay, stay), (stay, bend, stay), (stay, stay, bend))
    ]
    stiff = STIFFNESS * sum(b.T @ b for b in bends)
    # A trace of ridge: corners that no field is near to would be free otherwise.
    normal = weights.T @ weights + stiff + 1e-6 * np.eye(weights.shape[1])
    return np.linalg.solve(normal, weights.T @ left)
