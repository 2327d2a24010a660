"""Objects from configuration to files: the mesh of a run, its masks, its export, the search for λ."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import trimesh

from eot.commands.attack import Request, attack
from eot.commands.print import Printed
from eot.runs.build import build, frame_of
from eot.runs.config import Config, parse_config
from eot.runs.masks import fixed_mask
from eot.search.penalty import Tried, next_weight, strongest
from renders.errors import InputError
from renders.meshes.islands import places_of
from renders.surfaces.bent import Cloth, Cylinder
from renders.surfaces.shell import Shell
from tests.renders.meshes import write_obj
from textures.parameters import VertexColours

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
Eot = Callable[..., tuple[int, str, str]]


def configured(**changes: dict) -> Config:
    table: dict = {
        "victims": {"models": [f"python:{ROOT}/tests/tiny_net.py:net"]},
        "article": {"kind": "object", "object": "can", "texels": 32},
        "sticker": {"mask": "full"},
        "texture": {"start": "face"},
        "camera": {"output_px": 16},
        "backgrounds": {"kind": "colours", "count": 4},
        "conditions": {"distance_m": [0.4, 0.8], "azimuth_deg": [-180, 180], "elevation_deg": [-30, 60]},
        "objective": {"target": "yield"},
        "optimiser": {"steps": 3, "views": 2},
        "search": {"select_every": 2, "select_views": 4},
        "evaluation": {"views": 24},
    }
    return parse_config({**table, **changes}, "test")


def finish(request: Request) -> Path:
    work = attack(request, CPU)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value.folder


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from eot.runs.config import dump_config

    monkeypatch.chdir(tmp_path)
    path = tmp_path / "thing.toml"
    path.write_text(dump_config(configured()))
    return path


def test_a_run_on_an_object_ends_with_files_to_print_and_a_report_of_the_sphere(source: Path) -> None:
    folder = finish(Request(source))
    made = {path.suffix for path in (folder / "article").iterdir()}
    assert {".glb", ".obj", ".3mf", ".mtl", ".png", ".ply", ".wrl"} <= made
    glb = trimesh.load_scene(next((folder / "article").glob("*.glb")), process=False)
    assert max(glb.extents) == pytest.approx(0.115, rel=1e-4)
    report = json.loads((folder / "report.json").read_text())
    assert {"azimuth_deg", "elevation_deg"} <= report["cells"][0].keys()
    assert b'id="model"' in (folder / "report.html").read_bytes()


def test_a_mesh_file_with_a_mask_on_one_of_its_materials(tmp_path: Path) -> None:
    two = Path(write_obj(tmp_path)).read_text().replace("f 2/4 3/5 4/6", "usemtl other\nf 2/4 3/5 4/6")
    path = write_obj(tmp_path, two, "newmtl paint\nKd 1 0 0\nnewmtl other\nKd 0 0 1\n")
    article = {"kind": "mesh", "mesh": str(path), "texels": 64, "size_mm": 100.0}
    frame = frame_of(configured(article=article, sticker={"mask": "full", "parts": [1]}), CPU)
    mask = fixed_mask(frame.config, frame.article)
    assert mask is not None and 0 < float(mask.sum()) < float(frame.article.coverage.sum())
    assert build(frame, mask).texture is not None
    with pytest.raises(InputError, match=r"numbers 0 to 1; got \[2\]"):
        fixed_mask(configured(article=article, sticker={"mask": "full", "parts": [2]}), frame.article)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"article": {"kind": "mesh"}}, "article.mesh: expected a value"),
        ({"article": {"kind": "object"}}, "article.object: expected a value"),
        ({"surface": {"kind": "cylinder"}}, "surface.radius_mm: expected a value"),
        ({"camera": {"supersample": 3}}, "supersample"),
        ({"conditions": {"environment": [0, 1]}}, "the environment maps decide it"),
    ],
)
def test_settings_that_are_missing_or_wrong_are_named(changes: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        configured(**changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"article": {"kind": "object", "object": "cam"}}, "did you mean 'can'"),
        ({"surface": {"kind": "cloth"}}, "a mesh brings its own shape"),
        ({"conditions": {"distance_m": 0.06}}, "a camera outside of the object"),
        ({"backgrounds": {"environments": "/nowhere.hdr"}}, "found nothing"),
    ],
)
def test_worlds_that_cannot_be_are_refused_before_anything_is_written(changes: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        frame_of(configured(**changes), CPU)


def test_a_patch_goes_round_a_cylinder_or_on_cloth() -> None:
    patch = {"kind": "patch", "width_mm": 120.0, "height_mm": 80.0, "texels": 32}
    plain = {"texture": {"start": "grey"}, "article": patch}
    mug = frame_of(configured(surface={"kind": "cylinder", "radius_mm": 40.0}, **plain), CPU)
    shirt = frame_of(configured(surface={"kind": "cloth"}, **plain), CPU)
    assert isinstance(mug.world.scene.surface, Cylinder)  # type: ignore[attr-defined]
    assert mug.world.scene.surface.wrap_deg == pytest.approx(math.degrees(3))  # type: ignore[attr-defined]
    assert isinstance(shirt.world.scene.surface, Cloth)  # type: ignore[attr-defined]


def test_an_object_is_seen_with_two_samples_a_pixel_unless_told_otherwise() -> None:
    for wanted, samples in ((None, 2), (1, 1), (4, 4)):
        camera = {"output_px": 16} | ({} if wanted is None else {"supersample": wanted})
        scene = frame_of(configured(camera=camera), CPU).world.scene
        assert isinstance(scene.surface, Shell) and scene.supersample == samples  # type: ignore[attr-defined]


def test_colours_of_vertices_blend_across_each_face_and_start_as_the_object() -> None:
    config = configured(texture={"kind": "vertices", "start": "face"})
    frame = frame_of(config, CPU)
    mask = fixed_mask(config, frame.article)
    assert mask is not None and frame.article.mesh is not None
    texture = build(frame, mask).texture
    paint, mesh = texture.paint, frame.article.mesh
    assert isinstance(paint, VertexColours)
    assert paint.paint.texels.numel() == 3 * len(mesh.vertices)
    with torch.no_grad():
        paint.paint.texels.copy_(mesh.vertices.T[None, :, None] * 5 + 0.5)
    image = texture()
    places = places_of(mesh.uvs, frame.article.size)
    points = (mesh.vertices[mesh.faces[places.face]] * places.share[..., None]).sum(1)
    # A colour that is a linear function of the place stays one on every face.
    assert torch.allclose(image.flatten(2)[0][:, places.cell].T, points * 5 + 0.5, atol=1e-5)


def test_colours_of_vertices_need_a_mesh() -> None:
    patch = {"kind": "patch", "width_mm": 120.0, "texels": 32}
    config = configured(texture={"kind": "vertices", "start": "grey"}, article=patch)
    frame = frame_of(config, CPU)
    with pytest.raises(InputError, match="vertices needs a mesh"):
        build(frame, frame.article.coverage)


@pytest.mark.parametrize("limit", [0.02, 0.9, 1.0, 37.0, 600.0])
def test_the_search_closes_in_on_the_largest_weight_that_holds(limit: float) -> None:
    tried: list[Tried] = []
    for _ in range(12):
        weight = next_weight(tried, 1.0, 0.9)
        tried.append(Tried(weight, 0.95 if weight <= limit else 0.4))
    found = tried[strongest(tried, 0.9)].weight
    assert limit / 1.2 <= found <= limit


def test_where_nothing_holds_the_most_successful_weight_is_taken() -> None:
    tried = [Tried(1.0, 0.2), Tried(0.25, 0.5), Tried(0.06, 0.5)]
    assert strongest(tried, 0.9) == 2 and next_weight(tried, 1.0, 0.9) == pytest.approx(0.015)


@pytest.mark.slow
def test_a_search_that_was_cut_off_ends_in_the_same_bytes(source: Path) -> None:
    overrides = ("penalties.lab=0.5", "search.lab_rounds=3", "search.hold=0.2")
    whole = finish(Request(source, overrides, Path("whole")))
    record = json.loads((whole / "search" / "search.json").read_text())
    assert len(record["tried"]) == 3 and record["tried"][0]["weight"] == 0.5
    work = attack(Request(source, overrides, Path("cut")), CPU)
    for tick in work:
        if tick.phase.startswith("λ") and (Path("cut") / "search" / "1" / "checkpoint.safetensors").is_file():
            break
    work.close()
    again = finish(Request(source, overrides, Path("cut"), resume=True))
    assert (again / "texture.png").read_bytes() == (whole / "texture.png").read_bytes()
    assert (again / "search" / "search.json").read_bytes() == (whole / "search" / "search.json").read_bytes()


def test_a_search_needs_a_first_weight(source: Path) -> None:
    with pytest.raises(InputError, match=r"penalties.lab: expected the first weight"):
        finish(Request(source, ("search.lab_rounds=2",)))


def test_the_check_of_a_mesh_prints_its_size_and_faults(eot: Eot, tmp_path: Path) -> None:
    code, out, _ = eot("mesh-check", write_obj(tmp_path), "--size-mm", "200", "--json")
    found = json.loads(out)
    assert code == 0 and "200" in found[0]["finding"] and found[0]["severity"] == "note"
    code, _, error = eot("mesh-check", tmp_path / "none.obj")
    assert code == 2 and "found nothing" in error


def test_the_objects_are_listed(eot: Eot) -> None:
    code, out, _ = eot("objects", "--json")
    assert code == 0 and {
        key: next(row for row in json.loads(out) if row["object"] == "can")[key]
        for key in ("object", "width_mm", "height_mm")
    } == {"object": "can", "width_mm": 66, "height_mm": 115}


def test_what_was_not_measured_is_no_empty_table() -> None:
    (line,) = Printed((Path("can.obj"),), ()).table().renderables
    assert str(line) == "can.obj"
