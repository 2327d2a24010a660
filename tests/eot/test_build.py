"""From a configuration to a run: what streams show, where ink goes, what is compared and what is printed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from eot.attack import run
from eot.objectives import DISTANCES, Evade
from eot.runs.build import Built, build
from eot.runs.labels import class_number
from eot.runs.product import Product, decode_product, encode_product, levels_of, shown
from eot.runs.scenes import World
from eot.streams import generator_for
from eot.victims import LinearVictim, Victim
from renders.errors import InputError, RunError
from renders.surfaces.photograph import Photograph
from renders.surfaces.screen import Screen
from tests.conftest import picture
from tests.eot.built import PATCH, built, frame

EPS = 8 / 255
SCREEN = ("surface.kind=screen", "article.texels=16", "sticker.mask=full", "texture.start=face")
FGSM = (
    *SCREEN,
    "texture.norm=linf",
    f"texture.eps={EPS!r}",
    "optimiser.kind=steepest",
    f"optimiser.rate={EPS!r}",
)


# What the streams show.


@given(st.integers(1, 300), st.floats(0, 0.99))
def test_report_alone_shows_the_places_that_are_held_out(places: int, held_out: float) -> None:
    world = World(Screen(), places)
    first, last = world.shown("train", held_out)
    report = world.shown("report", held_out)
    assert world.shown("select", held_out) == (first, last) and first == 0 <= last
    if places == 1 or held_out == 0:
        assert report == (0, places - 1) == (first, last)
    else:
        assert report == (last + 1, places - 1) and report[0] <= report[1]
        assert abs(report[1] - report[0] + 1 - held_out * places) <= 1


def test_the_streams_of_a_run_share_neither_a_view_nor_a_held_out_background(tiny: Path) -> None:
    one = replace(frame(tiny), world=World(Screen(), 8))
    views = {name: one.stream(name, 64)(0) for name in ("train", "select", "report")}
    again = one.stream("train", 64)(0)
    assert torch.equal(again.distance_m, views["train"].distance_m)
    for name in ("distance_m", "yaw_deg", "noise_seed"):
        values = [set(getattr(view, name).tolist()) for view in views.values()]
        assert len(set.union(*values)) == sum(map(len, values)), name
    shows = {name: set(view.background.tolist()) for name, view in views.items()}
    assert shows == {"train": set(range(6)), "select": set(range(6)), "report": {6, 7}}


# The article.


def test_a_sign_brings_its_size_and_a_screen_needs_none(tiny: Path) -> None:
    without_width(tiny)
    sign = frame(tiny).article
    assert (sign.width_mm, sign.height_mm, sign.sign) == (750, 750, "mutcd-r1-1-stop")
    assert frame(tiny, "article.width_mm=300").article.height_mm == pytest.approx(300)
    picture(Path("face.png"), (24, 16))
    own = ("article.kind=image", "article.image=face.png")
    wide = frame(tiny, *own, "article.width_mm=300").article
    assert wide.size == (21, 32) and (wide.width_mm, wide.height_mm) == (300, pytest.approx(200))
    assert frame(tiny, *own, *SCREEN).article.width_mm == pytest.approx(16 * 25.4 / 96)


def test_faces_share_one_paint_and_keep_their_bits_around_it(tiny: Path) -> None:
    Path("faces").mkdir()
    for index in range(3):
        picture(Path(f"faces/{index}.png"), (32, 32), seed=index)
    one = built(tiny, "article.kind=image", "article.faces=faces", "article.width_mm=750")
    assert [p.shape[0] for p in one.texture.parameters()] == [1]
    product = finished(one)
    beside = one.mask[0] == 0
    assert product.image.shape == (3, 3, 32, 32) and product.selected_on == 3 * 4
    assert torch.equal(product.image[..., beside], one.frame.article.faces[..., beside])
    inside = one.mask[0] == 1
    assert bool((product.image[..., inside] == product.image[:1, :, inside]).all())


# What is compared.


def finished(one: Built) -> Product:
    *_, last = run(one.attack)
    assert last.best is not None
    return one.product(last.best)


def test_controls_are_the_same_article_in_eight_bits(tiny: Path) -> None:
    one = built(tiny)
    controls = one.controls()
    assert set(controls) == {"clean", "noise", "blank"}
    face, mask = one.frame.article.faces, one.mask[0]
    assert torch.equal(controls["clean"], face)
    for image in controls.values():
        assert torch.equal(shown(levels_of(image)), image)
        assert torch.equal(image[..., mask == 0], face[..., mask == 0])
    assert bool((controls["blank"][..., mask == 1] == 128 / 255).all())
    assert torch.equal(one.controls()["noise"], controls["noise"])


def test_controls_are_photographed_on_the_same_views(tiny: Path) -> None:
    """A patch and the scene without it: all that is not patch agrees to the bit, sensor noise included."""
    one = built(tiny, *PATCH, "conditions.jpeg_quality=0", "conditions.distance_m=2")
    problem, bare = one.frame.problem(), one.frame.bare_problem()
    assert bare is not None and set(one.controls()) == {"noise", "blank"}
    condition = one.frame.stream("report", 6)(0)
    with torch.no_grad():
        noise, blank = (problem.photograph(one.controls()[name], condition) for name in ("noise", "blank"))
        empty = bare.photograph(one.controls()["noise"], condition)
        assert torch.equal(empty, bare.photograph(one.controls()["blank"], condition))
    middle, edge = (..., slice(5, 8), slice(7, 9)), (..., slice(None), slice(0, 3))
    for photos in (noise, blank):
        assert torch.equal(photos[edge], empty[edge])
        assert not torch.isclose(photos[middle], empty[middle], atol=1e-3).all()


# What is printed.


def test_a_product_comes_back_from_its_bytes_and_holds_what_was_measured(tiny: Path) -> None:
    product = finished(built(tiny))
    again = decode_product(encode_product(product), "here")
    assert encode_product(again) == encode_product(product)
    assert torch.equal(again.levels, product.levels) and again.levels.dtype == torch.uint8
    assert torch.equal(levels_of(product.image), product.levels)
    assert again.digest == product.digest and 0.2 < again.covered <= 0.3
    assert (again.identifier, again.width_mm, again.selected_on) == ("tiny", 150, 4)
    with pytest.raises(RunError, match="here: expected"):
        decode_product(encode_product(product)[:200], "here")


@given(st.integers(0, 2**31), st.floats(1e-3, 0.3))
def test_rounding_towards_the_centre_of_a_ball_stays_in_it(seed: int, eps: float) -> None:
    generator = generator_for(seed, "ball")
    centre = shown(torch.randint(256, (1, 3, 4, 4), generator=generator, dtype=torch.uint8))
    image = (centre + eps * (2 * torch.rand(centre.shape, generator=generator) - 1)).clamp(0, 1)
    rounded = shown(levels_of(image, centre))
    # A thousandth of a level is taken for rounding of floats.
    assert float((rounded - centre).abs().max()) <= eps + 1e-3 / 255
    assert float((rounded - image).abs().max()) <= 1 / 255 + 1e-6
    assert torch.equal(shown(levels_of(rounded, centre)), rounded)


def test_fgsm_through_the_built_attack_gains_eps_times_the_l1_norm(tiny: Path) -> None:
    """A linear margin of two classes: one steepest step gains exactly eps |w|_1, in eight bits too."""
    one = frame(tiny, *FGSM, "optimiser.steps=1", "optimiser.schedule=constant")
    weight = torch.randn(2, 3, 16, 16, generator=generator_for(0, "weight"))
    victim = LinearVictim(weight)
    goal = Evade(0, DISTANCES["margin"])
    attack = build(replace(one, victims=((victim, 1.0),), objective=goal), torch.ones(1, 16, 16))
    product = finished(attack)

    def margin(image: Tensor) -> float:
        logits = victim(image).double()[0]
        return float(logits[1] - logits[0])

    gain = margin(product.image) - margin(one.article.faces)
    expected = EPS * float((weight[1] - weight[0]).double().abs().sum())
    assert gain == pytest.approx(expected, rel=1e-5)
    assert torch.equal(
        (product.levels.int() - levels_of(one.article.faces).int()).abs().unique(), torch.tensor([8])
    )


# Photographs.


def test_photos_take_their_corners_by_name_and_some_are_held_out(tiny: Path) -> None:
    Path("photos").mkdir()
    places = {}
    for index in range(4):
        picture(Path(f"photos/{index}.png"), (40, 30), seed=index)
        places[f"{index}.png"] = [[5 + index, 4], [30, 5], [31, 25], [6, 24]]
    Path("corners.json").write_text(json.dumps(places), encoding="utf-8")
    one = frame(tiny, "surface.kind=photograph", "surface.photos=photos", "surface.corners=corners.json")
    scene = one.world.scene
    assert isinstance(scene, Photograph)
    assert {photo.corners_px[0, 0].item() for photo in scene.photos} == {5, 6, 7, 8}
    assert set(one.stream("train", 8)(0).background.tolist()) == {0, 1, 2}
    assert set(one.stream("report", 8)(0).background.tolist()) == {3}


# Names and refusals.


def test_classes_are_found_by_name_by_number_and_by_the_end_of_an_id() -> None:
    def victims(*labels: str) -> tuple[Victim, float]:
        victim = LinearVictim(torch.zeros(len(labels), 3, 4, 4))
        victim.info = replace(victim.info, labels=labels)
        return (victim, 1.0)

    signs = (victims("a-stop", "b-yield", "c-yield", "Keep Right"),)
    assert [class_number(name, signs, "key") for name in ("a-stop", "stop", "keep right", 2)] == [0, 0, 3, 2]
    with pytest.raises(InputError, match="fits 2 classes"):
        class_number("yield", signs, "key")
    with pytest.raises(InputError, match="victims of one run must agree"):
        class_number("stop", (victims("stop", "yield"), victims("yield", "stop")), "key")


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("optimiser.kind=steepest",), "texture.norm: expected linf, l2 or l1"),
    (("texture.norm=linf", "texture.eps=0.1", "texture.kind=tanh"), "a ball needs kind = pixels"),
    (
        ("texture.norm=l2", "texture.eps=1", "texture.min_feature_mm=100"),
        "texture.min_feature_mm: expected 0",
    ),
    (("article.height_mm=900", "article.width_mm=750"), "a sign keeps its proportions"),
    ((*PATCH, "sticker.mask=auto"), "a bare patch has none: use full"),
    ((*PATCH, "surface.kind=screen"), "expected a scene around a bare patch"),
    ((*PATCH, "texture.start=face"), "no face to start from"),
    ((*PATCH, "penalties.lab=1"), "a bare patch has no original"),
    (("objective.kind=evade", "objective.label=stoop"), "did you mean 'stop'"),
]


@pytest.mark.parametrize(("sets", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_does_not_go_together_is_one_line(tiny: Path, sets: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError) as caught:
        built(tiny, *sets)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_patch_has_no_size_of_its_own(tiny: Path) -> None:
    without_width(tiny)
    with pytest.raises(InputError, match=r"article\.width_mm: expected the width"):
        built(tiny, "article.kind=patch")


def without_width(tiny: Path) -> None:
    tiny.write_text(tiny.read_text(encoding="utf-8").replace("width_mm = 150\n", ""), encoding="utf-8")
