"""The path tracer against closed forms and, where both know the same physics, against our renderer."""

import builtins
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from eot.field import tracer
from eot.field.film import decoded, encoded, gains, photo
from eot.field.scene import FieldScene
from eot.field.world import Body, Lens, focus, setting_of, sign_body
from renders.conditions import Condition
from renders.errors import InputError
from renders.framing import Framing
from renders.meshes.islands import coverage, filled
from renders.scene import Scene
from renders.surfaces.flat import Flat
from renders.surfaces.shell import Shell
from tests.conftest import Result, refused
from tests.renders.scenes import black, natural, phone, posed
from tests.textures.meshes import box
from textures.meshes.export import export_mesh
from textures.meshes.solid import solid_of
from textures.write import write_files

# Its ground is so far below that nothing but sky lights the article.
AFLOAT = sign_body(1.0, 0.7, below_m=1e5)
LEVELS = 1 / 255


def outdoors(
    output_px: tuple[int, int], crop: bool, samples: int = 64, body: Body = AFLOAT, finer: int = 2
) -> FieldScene:
    pytest.importorskip("mitsuba", reason="Mitsuba is not installed: pip install mitsuba")
    lens = Lens(2000.0, (480, 640), output_px, crop, finer)
    return FieldScene(body, lens, torch.ones(1, 8, 8), samples=samples)


def smooth() -> Tensor:
    wide = torch.nn.functional.interpolate(natural(12), size=(48, 48), mode="bicubic")
    return wide.clamp(0.05, 0.95)


def inside(scene: Scene, condition: Condition, texels: int = 8) -> Tensor:
    """Pixels two away from the border of the article `[k h w]`."""
    white = scene(torch.ones(1, 3, texels, texels), condition)[0].amin(1, keepdim=True)
    near = torch.nn.functional.max_pool2d((white < 0.9).float(), 5, 1, 2)
    return near[:, 0] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("framing", "output_px"), [(Framing.CROP, (64, 64)), (Framing.FRAME, (60, 80))])
def test_a_quad_under_an_even_sky_looks_as_in_our_renderer(
    framing: Framing, output_px: tuple[int, int]
) -> None:
    condition = posed(
        2,
        distance_m=torch.tensor([3.0, 4.0]),
        yaw_deg=torch.tensor([0.0, 30.0]),
        pitch_deg=torch.tensor([0.0, 12.0]),
        roll_deg=torch.tensor([0.0, -15.0]),
        aim_x=torch.tensor([0.0, 0.6]),
        aim_y=torch.tensor([0.0, -0.5]),
        zoom=1.5,
    )
    scene = Scene(Flat(1.0, 0.7), phone(), black(), output_px, framing, supersample=2)
    theirs = outdoors(output_px, framing is Framing.CROP, samples=256)(smooth(), condition)[0]
    wrong = (scene(smooth(), condition)[0] - theirs).abs().amax(1)[inside(scene, condition)]
    assert len(wrong) > 700
    # Both are exact but for eight bits, the filter of the texture and the noise of 256 paths.
    assert float(wrong.mean()) < 1 * LEVELS and float(wrong.quantile(0.99)) < 3 * LEVELS


def test_an_object_looks_as_in_our_renderer_from_all_around(tmp_path: Path) -> None:
    mesh = box(0.6, 0.4, 0.3)
    solid = solid_of(mesh, mesh.texture[0], "box")
    write_files(tmp_path, export_mesh(solid, ["obj"]))
    body = Body(mesh.vertices.double().numpy(), 1e5, str(tmp_path / "box.obj"))
    outside = replace(outdoors((48, 48), True, samples=36, body=body), mesh=mesh)
    condition = posed(
        3,
        distance_m=2.0,
        azimuth_deg=torch.tensor([30.0, -150.0, 80.0]),
        elevation_deg=torch.tensor([20.0, 50.0, -10.0]),
        roll_deg=torch.tensor([0.0, 20.0, 0.0]),
        focal=torch.tensor([1.0, 0.8, 1.3]),
        zoom=1.4,
    )
    scene = Scene(Shell(mesh, coverage(mesh.uvs, (96, 96))), phone(), black(), (48, 48), supersample=4)
    texture = filled(mesh.texture, coverage(mesh.uvs, (96, 96)))
    wrong = (scene(texture, condition)[0] - outside(texture, condition)[0]).abs().amax(1)
    # Noise as texture is the hardest case for the filter; a mirrored or turned object is off by 60 levels.
    assert float(wrong[inside(scene, condition, 96)].mean()) < 10 * LEVELS


def test_exposure_and_white_balance_act_as_in_our_renderer() -> None:
    condition = posed(distance_m=3.0, exposure_stops=-0.7, warmth=0.4, tint=-0.2)
    scene = Scene(Flat(1.0, 0.7), phone(), black(), (32, 32), supersample=4)
    theirs = outdoors((32, 32), True)(smooth(), condition)[0]
    shown = inside(scene, posed(distance_m=3.0))
    wrong = (scene(smooth(), condition)[0] - theirs).abs().amax(1)[shown]
    assert len(wrong) > 200 and float(wrong.mean()) < 1.5 * LEVELS


def test_the_sun_is_metered_and_a_turned_sign_is_darker() -> None:
    condition = posed(
        3,
        distance_m=3.0,
        sky=0.2,
        sun=0.6,
        sun_azimuth_deg=torch.tensor([0.0, 0.0, 170.0]),
        sun_elevation_deg=0.0,
        yaw_deg=torch.tensor([0.0, 60.0, 0.0]),
    )
    grey = torch.full((1, 3, 4, 4), 0.5)
    facing, turned, behind = outdoors((16, 16), True)(grey, condition)[0, :, 1, 8, 8].tolist()
    albedo = float(decoded(np.array(0.5)))
    assert facing == pytest.approx(float(encoded(np.array(albedo * 0.8))), abs=3 * LEVELS)
    assert behind == pytest.approx(float(encoded(np.array(albedo * 0.2))), abs=3 * LEVELS)
    # In green sun and sky have the same strength, so Lambert's law is all there is.
    assert turned == pytest.approx(float(encoded(np.array(albedo * 0.5))), abs=3 * LEVELS)


def test_no_pole_stands_before_a_tilted_sign() -> None:
    condition = posed(2, distance_m=3.0, pitch_deg=torch.tensor([35.0, -35.0]), yaw_deg=20.0)
    scene = Scene(Flat(1.0, 0.7), phone(), black(), (48, 48), supersample=2)
    black_face = outdoors((48, 48), True, samples=16)(torch.zeros(1, 3, 4, 4), condition)[0].amax(1)
    assert float(black_face[inside(scene, condition)].max()) < 2 * LEVELS


def test_the_ground_lights_the_lower_side() -> None:
    near = replace(AFLOAT, below_m=2.0)
    condition = posed(2, distance_m=3.0, sky=1.0, pitch_deg=torch.tensor([40.0, -40.0]))
    up, down = outdoors((16, 16), True, body=near)(torch.full((1, 3, 4, 4), 0.5), condition)[0, :, 1, 8, 8]
    assert float(up - down) > 0.03


def test_defocus_has_the_width_that_the_condition_names() -> None:
    edge = torch.cat([torch.zeros(1, 3, 16, 64), torch.ones(1, 3, 16, 64)], 3)
    condition = posed(distance_m=2.0, defocus_px=6.0, zoom=1.0, exposure_stops=-1.0)
    scene = outdoors((350, 350), True, samples=5, finer=1)
    light = decoded(scene(edge, condition)[0, 0, 1, 120:230].double().numpy()).mean(0)
    slope = np.diff(light[160:190])
    place = np.arange(len(slope))
    middle = (slope * place).sum() / slope.sum()
    width = np.sqrt((slope * (place - middle) ** 2).sum() / slope.sum())
    # A disc of standard deviation 6 native pixels; 1000 of them are a picture of 350.
    assert setting_of(condition, AFLOAT, scene.lens).native == pytest.approx(1000 / 350)
    assert width == pytest.approx(6 * 350 / 1000, rel=0.25)


def test_nothing_out_of_focus_is_focused_on_the_article() -> None:
    assert focus(5.0, 0.0, 3000.0) == 5.0
    assert focus(5.0, 1.0, 3000.0) < 5.0


def test_srgb_is_decoded_and_encoded_back() -> None:
    levels = np.linspace(0, 1, 256)
    assert np.allclose(encoded(decoded(levels)), levels, atol=1e-12)


def test_film_adds_noise_of_the_stated_strength_and_replays_it() -> None:
    view = posed(read_noise=0.05, noise_seed=torch.tensor(7))
    light = np.full((64, 64, 3), 0.4)
    picture = photo(light, view, 1.0, (64, 64))
    assert np.array_equal(picture, photo(light, view, 1.0, (64, 64)))
    spread = decoded(picture / 255.0).std()
    assert spread == pytest.approx(0.05, rel=0.05)
    finer = decoded(photo(light, view, 4.0, (64, 64)) / 255.0).std()
    assert finer == pytest.approx(0.0125, rel=0.1)


def test_motion_spreads_along_its_direction_only() -> None:
    light = np.zeros((33, 33, 3))
    light[16, 16] = 1
    across = decoded(photo(light, posed(motion_px=8.0), 1.0, (33, 33)) / 255.0)[..., 0]
    assert (across[16] > 0).sum() >= 7 and (across[:, 16] > 0).sum() == 1
    up = decoded(photo(light, posed(motion_px=8.0, motion_deg=90.0), 1.0, (33, 33)) / 255.0)[..., 0]
    assert (up[:, 16] > 0).sum() >= 7 and (up[16] > 0).sum() == 1


def test_jpeg_changes_the_picture_and_off_values_do_not() -> None:
    light = decoded(smooth()[0].permute(1, 2, 0).double().numpy())
    clean = photo(light, posed(), 1.0, (48, 48))
    assert np.abs(clean / 255.0 - smooth()[0].permute(1, 2, 0).numpy()).max() <= 0.51 * LEVELS
    assert np.abs(photo(light, posed(jpeg_quality=40.0), 1.0, (48, 48)).astype(int) - clean).max() > 3
    assert gains(posed()).tolist() == [1, 1, 1]


def test_finished_pictures_are_read_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = replace(outdoors((8, 8), True, samples=4), pictures=tmp_path)
    condition = posed(distance_m=3.0)
    first = scene(smooth(), condition)

    def refuse(*_: object) -> None:
        raise AssertionError("rendered again")

    monkeypatch.setattr("eot.field.scene.traced", refuse)
    assert torch.equal(scene(smooth(), condition), first)
    with pytest.raises(AssertionError, match="rendered again"):
        scene(smooth(), posed(distance_m=3.1))


def test_a_picture_under_another_sky_or_of_another_outline_has_another_name(tmp_path: Path) -> None:
    sky = tmp_path / "sky.hdr"
    sky.write_bytes(b"one")
    lens = Lens(2000.0, (480, 640), (8, 8), True)
    scene = FieldScene(AFLOAT, lens, torch.ones(1, 8, 8), environment=str(sky))
    view, image = posed(distance_m=3.0), smooth()[0]
    first = scene.name(image, view)
    assert scene.name(image, view) == first
    assert replace(scene, coverage=torch.zeros(1, 8, 8)).name(image, view) != first
    assert replace(scene, environment=None).name(image, view) != first
    sky.write_bytes(b"two")
    assert scene.name(image, view) != first


def test_a_picture_of_another_tracer_or_of_an_earlier_world_has_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = FieldScene(AFLOAT, Lens(2000.0, (480, 640), (8, 8), True), torch.ones(1, 8, 8))
    names = [scene.name(smooth()[0], posed())]
    for change in (
        lambda patch: patch.setenv(tracer.VARIANT, "llvm_ad_rgb"),
        lambda patch: patch.setattr("importlib.metadata.version", lambda name: "2.0"),
        lambda patch: patch.setattr("eot.field.scene.WORLD", 0),
    ):
        with monkeypatch.context() as patch:
            change(patch)
            names.append(scene.name(smooth()[0], posed()))
    assert len(set(names)) == 4 and scene.name(smooth()[0], posed()) == names[0]


def test_a_missing_or_unfit_mitsuba_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "mitsuba":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        with pytest.raises(InputError, match="pip install mitsuba"):
            tracer.mitsuba()


@pytest.mark.slow
def test_field_writes_its_evidence_beside_the_run(finished: Path, eot: Callable[..., Result]) -> None:
    pytest.importorskip("mitsuba", reason="Mitsuba is not installed: pip install mitsuba")
    code, out, err = eot("field", finished, "--views", "4", "--samples", "4", "--json")
    assert code == 0, err
    report = json.loads(out)
    assert report["attack"]["target"]["n"] <= 4 and set(report["controls"]) == {"clean", "noise", "blank"}
    place = finished / "field"
    assert {"report.json", "report.html", "comparison.json", "contact.png"} <= {
        p.name for p in place.iterdir()
    }
    compared = json.loads((place / "comparison.json").read_text())
    assert compared["views"] == 4 and compared["path_tracer"]["n"] == compared["renderer"]["n"]
    with Image.open(place / "contact.png") as sheet:
        assert sheet.size == (10 * 16, 4 * 16)
    again = eot("field", finished, "--views", "4", "--samples", "4", "--json")
    assert json.loads(again[1]) == report


def test_field_refuses_what_is_nowhere_and_a_sky_that_is_missing(
    finished: Path, eot: Callable[..., Result]
) -> None:
    pytest.importorskip("mitsuba", reason="Mitsuba is not installed: pip install mitsuba")
    refused(eot("field", finished, "--sky", "none.hdr"), "expected a panorama")
    refused(eot("field", "nowhere"), "expected a run directory")
    Path("bad.hdr").write_bytes(b"not a panorama")
    refused(
        eot("field", finished, "--sky", "bad.hdr"), "--sky bad.hdr: expected a panorama (.hdr or .exr); got"
    )
