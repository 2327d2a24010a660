"""Where ink may go, and what the picture there starts as."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from eot.mask_stage import importance, mask_stage
from eot.objectives import DISTANCES, Evade
from eot.problem import Problem
from eot.runs.articles import article_of
from eot.runs.config import Config, parse_config
from eot.runs.masks import fixed_mask
from eot.runs.product import levels_of, shown
from eot.streams import Stream
from eot.victims import LinearVictim
from renders.conditions import Conditions
from renders.errors import InputError
from renders.surfaces.screen import Screen
from tests.conftest import picture
from tests.eot.built import PATCH, built
from textures.masks import area_fraction


def stop_sign(boxes: list[list[float]], area: float = 0.2, mask: str = "rectangles") -> Config:
    sticker = {"boxes": boxes, "area": area, "mask": mask}
    article = {"sign": "stop", "texels": 32}
    return parse_config({"article": article, "sticker": sticker, "objective": {"target": "yield"}}, "here")


# Where ink may go.

share = st.floats(0.02, 0.98)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(share, share, share, share), min_size=1, max_size=3), st.floats(0.05, 0.5))
def test_a_mask_keeps_to_its_area_and_to_the_sign(boxes: list[tuple[float, ...]], area: float) -> None:
    given_ = [[x, y, min(w, 1 - x), min(h, 1 - y)] for x, y, w, h in boxes]
    config = stop_sign(given_, area)
    article = article_of(config)
    try:
        mask = fixed_mask(config, article)
    except InputError as error:
        assert str(error).startswith(("sticker.area: expected a mask of at most", "sticker.mask: expected"))
        return
    assert mask is not None
    assert bool((mask <= article.coverage).all()) and bool((mask >= 0).all())
    assert 0 < area_fraction(mask, article.coverage) <= area + 1e-6


def test_a_full_mask_is_the_sign_and_an_automatic_one_is_not_there_yet() -> None:
    full = stop_sign([], mask="full")
    article = article_of(full)
    mask = fixed_mask(full, article)
    assert mask is not None and torch.equal(mask, article.coverage)
    assert float(article.coverage[0, 0, 0]) == 0
    assert fixed_mask(stop_sign([], mask="auto"), article) is None


def test_a_bare_patch_has_the_shape_of_its_mask(tiny: Path) -> None:
    Path("disc.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>'
    )
    disc = built(tiny, *PATCH, "sticker.mask=disc.svg")
    assert abs(float(disc.frame.article.coverage.mean()) - torch.pi / 4) < 0.01
    assert torch.equal(disc.mask, disc.frame.article.coverage)


def test_the_mask_stage_finds_what_the_victim_looks_at() -> None:
    weight = torch.zeros(2, 3, 8, 8)
    weight[1, :, 2:4, 5:7] = 3
    faces = torch.full((2, 3, 8, 8), 0.4)
    problem = Problem(Screen(), ((LinearVictim(weight), 1.0),), Evade(0, DISTANCES["margin"]))
    attack = mask_stage(faces, problem, Stream(Conditions({}), 0, "mask", 1), steps=5)
    *_, found = importance(faces, attack, torch.ones(1, 8, 8))
    assert found.shape == (1, 8, 8)
    assert torch.equal(found[0] > 0, weight[1, 0] > 0)


# What the picture starts as.


@pytest.mark.parametrize("kind", ["pixels", "tanh", "fourier", "palette"])
@pytest.mark.parametrize("start", ["grey", "noise", "face"])
@pytest.mark.parametrize("feature_mm", [0, 100])
def test_every_texture_starts_on_the_sign(tiny: Path, kind: str, start: str, feature_mm: int) -> None:
    colours = "texture.palette=['#000000', '#ff0000', '#ffffff']"
    sets = (f"texture.kind={kind}", f"texture.start={start}", f"texture.min_feature_mm={feature_mm}", colours)
    one = built(tiny, *sets)
    image, face, inside = one.texture().detach(), one.frame.article.faces, one.mask[0] == 1
    assert torch.equal(image[..., one.mask[0] == 0], face[..., one.mask[0] == 0])
    if start == "face" and feature_mm == 0 and kind != "palette":
        torch.testing.assert_close(image, face, rtol=0, atol=0.005)
    if start == "grey" and kind != "palette":
        torch.testing.assert_close(image[..., inside], torch.full_like(image[..., inside], 0.5))
    if feature_mm:
        # 100 mm are 4.3 texels: cells of at least 5, so at most 6 x 6 colours on the face.
        assert len(image[0][:, inside].T.unique(dim=0)) <= 36


def test_a_picture_goes_on_where_an_earlier_run_ended(tiny: Path) -> None:
    picture(Path("earlier.png"), (32, 32), seed=5)
    one = built(tiny, "texture.start=earlier.png")
    image, inside = one.texture().detach(), one.mask[0] == 1
    levels = torch.from_numpy(np.array(Image.open("earlier.png").convert("RGB"))).permute(2, 0, 1)[None]
    assert torch.equal(levels_of(image)[..., inside], levels[..., inside])
    assert torch.equal(image[..., one.mask[0] == 0], one.frame.article.faces[..., one.mask[0] == 0])


def test_transparent_parts_of_a_picture_are_its_colours(tiny: Path) -> None:
    """The texture.png of a run is transparent beside the article."""
    colours = np.full((32, 32, 4), (200, 40, 90, 0), np.uint8)
    Image.fromarray(colours).save("clear.png")
    one = built(tiny, "texture.start=clear.png")
    inside = levels_of(one.texture().detach())[0][:, one.mask[0] == 1]
    assert inside.T.unique(dim=0).tolist() == [[200, 40, 90]]


def test_a_picture_starts_inside_the_ball(tiny: Path) -> None:
    picture(Path("far.png"), (32, 32), seed=5)
    one = built(tiny, "texture.norm=linf", "texture.eps=0.05", "texture.start=far.png", "sticker.mask=full")
    change = one.texture().detach() - shown(levels_of(one.frame.article.faces))
    assert float(change.abs().max()) == pytest.approx(0.05, abs=1e-6)


def test_a_picture_of_another_article_is_refused(tiny: Path) -> None:
    picture(Path("wide.png"), (64, 32))
    with pytest.raises(InputError, match=r"32 x 32 or in proportion; .*wide\.png has 64 x 32"):
        built(tiny, "texture.start=wide.png")
    with pytest.raises(InputError, match=r"grey, noise, face or a picture; .*nose is no file"):
        built(tiny, "texture.start=nose")
