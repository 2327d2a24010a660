"""The frames of a film: every article side by side in the same view, and under each what was read so far."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from torch import Tensor

from eot.evidence.evaluate import Article
from eot.evidence.evaluation import ATTACK, Evaluation
from eot.problem import Problem
from eot.report.frames import framed
from eot.report.gallery import photographs
from eot.report.lettering import LOST, PAPER, REACHED, RIGHT, SOFT, fitting, font

HEIGHT_PX, GAP_PX, TEXT_PX, STRIP_PX = 240, 8, 22, 10
AHEAD = (228, 226, 220)


def panels(
    problem: Problem,
    articles: Mapping[str, Article],
    evaluation: Evaluation,
    bare: Problem | None,
    footer: str,
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """One picture after the other, sRGB levels, all of one size; sides are even, as video coders want."""
    order = in_order(evaluation)
    colours = {name: _colours(evaluation, name, order) for name in evaluation.articles}
    for frame, view in enumerate(order):
        photos = photographs(problem, articles, evaluation, view, bare)
        tiles = [
            _tile(framed(photos[name], evaluation, row, view), _caption(evaluation, row, view), strip, frame)
            for row, (name, strip) in enumerate(colours.items())
        ]
        yield _page(tiles, f"{_where(evaluation, view)}  frame {frame + 1} of {len(order)}  {footer}")


def in_order(evaluation: Evaluation) -> list[int]:
    """The views as a film shows them: all drives past the first face, then all past the next one.

    The record goes through the faces in every batch, which would cut drives into pieces.
    """
    return evaluation.seen.face.argsort(stable=True).tolist()


def _colours(evaluation: Evaluation, name: str, order: list[int]) -> list[tuple[int, int, int]]:
    """What became of each frame: goal reached, read as what it is, or neither."""
    reached = evaluation.reached(name, 0)[order].tolist()
    right = evaluation.recognised(name, 0)[order].tolist()
    return [REACHED if goal else RIGHT if own else LOST for goal, own in zip(reached, right, strict=True)]


def _caption(evaluation: Evaluation, row: int, view: int) -> str:
    seen, name = evaluation.seen, evaluation.articles[row]
    sure, reading = float(seen.confidence[0, row, view]), int(seen.predicted[0, row, view])
    words = f"{sure:.0%} " if sure > 0 else ""
    return f"{'test article' if name == ATTACK else name}: {words}{evaluation.victims[0].label(reading)}"


def _where(evaluation: Evaluation, view: int) -> str:
    """Where the camera is, as far as it moves, and which of several faces it sees."""
    condition, face = evaluation.seen.condition, evaluation.seen.face
    words = {"distance_m": "{:.2f} m", "yaw_deg": "yaw {:+.0f}°", "azimuth_deg": "azimuth {:+.0f}°"}
    moving = {name: getattr(condition, name) for name in words}
    parts = [words[name].format(float(v[view])) for name, v in moving.items() if len(v.unique()) > 1]
    if int(face.max()) > 0:
        parts.append(f"face {int(face[view]) + 1}")
    return "  ".join(parts)


def _tile(
    photo: Float[Tensor, "3 h w"], caption: str, colours: list[tuple[int, int, int]], frame: int
) -> Image.Image:
    """A photo over its caption and the strip of all frames so far."""
    levels = (photo.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    width = max(2, round(HEIGHT_PX * levels.shape[1] / levels.shape[0]))
    tile = Image.new("RGB", (width, HEIGHT_PX + TEXT_PX + STRIP_PX), PAPER)
    tile.paste(Image.fromarray(levels).resize((width, HEIGHT_PX), Image.Resampling.BICUBIC))
    pen = ImageDraw.Draw(tile)
    pen.rectangle((0, 0, width - 1, HEIGHT_PX - 1), outline=colours[frame], width=4)
    pen.text((0, HEIGHT_PX + 3), fitting(pen, caption, width, font(14)), fill=colours[frame], font=font(14))
    strip = [colour if number <= frame else AHEAD for number, colour in enumerate(colours)]
    bar = Image.new("RGB", (len(strip), 1))
    bar.putdata(strip)
    tile.paste(bar.resize((width, STRIP_PX), Image.Resampling.NEAREST), (0, HEIGHT_PX + TEXT_PX))
    return tile


def _page(tiles: list[Image.Image], footer: str) -> UInt8[np.ndarray, "h w 3"]:
    width = sum(tile.width for tile in tiles) + GAP_PX * (len(tiles) + 1)
    height = tiles[0].height + TEXT_PX + 2 * GAP_PX
    page = Image.new("RGB", (width + width % 2, height + height % 2), PAPER)
    left = GAP_PX
    for tile in tiles:
        page.paste(tile, (left, GAP_PX))
        left += tile.width + GAP_PX
    pen = ImageDraw.Draw(page)
    line = fitting(pen, footer, width - 2 * GAP_PX, font(12))
    pen.text((GAP_PX, tiles[0].height + GAP_PX + 3), line, fill=SOFT, font=font(12))
    return np.asarray(page)
