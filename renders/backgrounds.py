"""What is behind the article: pictures in linear light, procedural or from a folder of photographs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from renders.colour import srgb_to_linear
from renders.conditions import Condition
from renders.errors import InputError
from renders.photos import PHOTO_SUFFIXES, read_photo
from renders.scenery.canvas import Canvas, clouds
from renders.scenery.dice import Dice
from renders.scenery.room import room
from renders.scenery.street import street
from renders.sensor.resize import resize
from renders.shade import box_downsample


@dataclass(frozen=True)
class Backgrounds:
    """n square pictures in linear light, of which each view shows a part."""

    linear: Float[Tensor, "n 3 s s"]

    @staticmethod
    def procedural(generator: torch.Generator, n: int, size_px: int) -> "Backgrounds":
        """n painted scenes, two streets for each room; all randomness from the generator."""
        dice = Dice(generator)
        scenes = [_lit(dice, (room if i % 3 == 2 else street)(dice, 2 * size_px)) for i in range(n)]
        return Backgrounds(resize(torch.stack(scenes), (size_px, size_px)))

    @staticmethod
    def colours(generator: torch.Generator, n: int) -> "Backgrounds":
        """n plain colours, uniform in linear light: what objects stand before in Athalye et al. 2018."""
        return Backgrounds(torch.rand((n, 3, 1, 1), generator=generator))

    @staticmethod
    def folder(path: Path | str, size_px: int, count: int | None = None) -> "Backgrounds":
        """The first `count` photographs (jpg, png, webp; None = all) of a folder in the order of their names.

        Each is cut to its middle square. A `count` above the number of photographs takes all of them.
        """
        path = Path(path)
        if not path.is_dir():
            raise InputError(f"{path}: expected a folder of photographs; found none: check the path")
        if count is not None and count < 1:
            raise InputError(f"{path}: expected a count of at least 1 photograph; got {count}")
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES and p.is_file())
        if not files:
            raise InputError(f"{path}: expected jpg, png or webp photographs; found none: add some")
        return Backgrounds(torch.stack([_square(read_photo(file), size_px) for file in files[:count]]))

    def __len__(self) -> int:
        return len(self.linear)

    @torch.no_grad()
    def view(self, condition: Condition, size: tuple[int, int]) -> Float[Tensor, "k 3 h w"]:
        """What each of k views of `size` = (rows, columns) shows behind the article, in linear light.

        `background` counts modulo n. The part seen has the shape of the view and, at zoom 1, the full extent
        of the picture along the longer side of the view; `background_x`, `background_y` = 0 ... 1 move it
        from the left to the right and from the top to the bottom. A view of the whole picture at its own size
        is exactly that picture.
        """
        height, width = size
        views = []
        rows = zip(
            (condition.background % len(self)).tolist(),
            condition.background_x.tolist(),
            condition.background_y.tolist(),
            condition.background_zoom.tolist(),
            strict=True,
        )
        for index, x, y, zoom in rows:
            longest = max(height, width) * max(zoom, 1.0)
            # The coarsest halved picture that is fine enough: a resize costs what it reads.
            fine_enough = (level for level in self._halved if level.shape[-1] >= longest)
            picture = next(fine_enough, self.linear)
            side = picture.shape[-1]
            scale = side / longest
            high, wide = (max(1, min(side, round(extent * scale))) for extent in (height, width))
            top, left = round(y * (side - high)), round(x * (side - wide))
            part = picture[index : index + 1, :, top : top + high, left : left + wide]
            views.append(resize(part.to(condition.distance_m), size))
        return torch.cat(views)

    @cached_property
    def _halved(self) -> list[Tensor]:
        """The pictures at full, half, quarter ... size for as long as that is whole; coarsest first."""
        levels = [self.linear]
        while levels[-1].shape[-1] % 2 == 0:
            levels.append(box_downsample(levels[-1], 2))
        return levels[::-1]


def _lit(dice: Dice, canvas: Canvas) -> Float[Tensor, "3 s s"]:
    """A painted scene in linear light, with the grain of its surfaces, uneven light and an exposure."""
    picture, roughness = canvas.arrays()
    linear = srgb_to_linear(picture)
    grain = clouds(dice, canvas.size_px, coarsest=16, falloff=0.85)
    light = clouds(dice, canvas.size_px, coarsest=2, falloff=0.35)
    uneven = torch.exp(0.9 * roughness * grain + dice.between(0.03, 0.15) * light)
    cast = torch.tensor([2 ** dice.between(-0.12, 0.12), 1.0, 2 ** dice.between(-0.15, 0.15)])
    exposed = linear * uneven * cast[:, None, None] * 2 ** dice.between(-0.8, 0.4)
    return exposed.clamp(0, 1)


def _square(srgb: Float[Tensor, "3 h w"], size_px: int) -> Float[Tensor, "3 s s"]:
    """The middle square of a photograph in linear light, at `size_px`."""
    side = min(srgb.shape[1:])
    top, left = (srgb.shape[1] - side) // 2, (srgb.shape[2] - side) // 2
    linear = srgb_to_linear(srgb[None, :, top : top + side, left : left + side])
    return resize(linear, (size_px, size_px))[0]
