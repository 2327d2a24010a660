"""Whatever a user gets wrong ends in one clear line and the documented exit code; earlier results survive."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from eot.runs.articles import article_of
from eot.runs.config import load_config
from eot.runs.folder import RunFolder, only_writer
from tests.conftest import picture, refused

Eot = Callable[..., tuple[int, str, str]]

# A picture file that is made, and what the line says about it.
PICTURES: list[tuple[str, Callable[[Path], object], str]] = [
    ("missing.png", lambda path: None, "expected a photo or a folder of photos; found nothing"),
    ("folder.png", lambda path: path.mkdir(), "found none"),
    ("empty.png", lambda path: path.write_bytes(b""), "the file is empty"),
    ("text.png", lambda path: path.write_text("no picture"), "not an image"),
    ("cut.png", lambda path: _cut(picture(path, (64, 64))), "damaged or cut off"),
    ("cut.jpg", lambda path: _cut(picture(path, (64, 64))), "damaged or cut off"),
    ("clear.png", lambda path: Image.new("RGBA", (9, 9), (1, 2, 3, 0)).save(path), "transparent"),
    ("cmyk.jpg", lambda path: Image.new("CMYK", (9, 9)).save(path), "CMYK without a colour profile"),
    ("float.tiff", lambda path: Image.new("F", (9, 9)).save(path), "no agreed range"),
    ("moving.gif", lambda path: _animated(path), "expected a still image; got 2 frames"),
    ("wide.png", lambda path: Image.new("L", (20_001, 2)).save(path), "sides below 20000 px"),
]


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _animated(path: Path) -> None:
    frames = [Image.new("L", (9, 9), level) for level in (0, 255)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(("name", "make", "says"), PICTURES, ids=[name for name, _, _ in PICTURES])
def test_a_bad_picture_is_one_line(
    eot: Eot, tiny: Path, earlier: Path, name: str, make: Callable[[Path], object], says: str
) -> None:
    make(Path(name))
    words = ("article.kind=image", f"article.image={name}", "surface.kind=screen", "sticker.mask=full")
    sets = [part for word in words for part in ("--set", word)]
    refused(eot("attack", tiny, "--out", earlier, "--force", *sets), says)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "I;16", "RGBA"])
def test_an_unusual_picture_that_can_be_read_soundly_becomes_the_face(tiny: Path, mode: str) -> None:
    if mode == "I;16":
        Image.new("I;16", (16, 16), 40_000).save("face.png")
        colour = [40_000 / 65_535] * 3
    else:
        image = Image.new("RGB", (16, 16), (0, 204, 102)).convert(mode)
        image.save("face.png")
        colour = [level / 255 for level in image.convert("RGB").getpixel((0, 0))]
    words = ("article.kind=image", "article.image=face.png", "surface.kind=screen", "sticker.mask=full")
    faces = article_of(load_config(tiny, words)).faces
    # A face has eight bits.
    assert torch.allclose(faces, torch.tensor(colour)[:, None, None].expand_as(faces), atol=0.5 / 255)


CORNERS = [
    ("[[2,2],[20,20],[20,2],[2,20]]", "convex"),
    ("[[2,2],[20,2],[6,6],[2,20]]", "convex"),
    ("[[2,20],[20,20],[20,2],[2,2]]", "clockwise"),
    ("[[2,2],[20,2],[20,20]]", "four [x, y]"),
    ("[[2,2],[90,2],[90,90],[2,90]]", "inside photo.png"),
    ("'missing.json'", "missing.json"),
    ("'list.json'", "expected JSON {file name: four [x, y]}"),
    ("'other.json'", "no corners for photo.png"),
]


@pytest.mark.parametrize(("corners", "says"), CORNERS, ids=[corners for corners, _ in CORNERS])
def test_bad_corners_are_one_line(eot: Eot, tiny: Path, earlier: Path, corners: str, says: str) -> None:
    picture(Path("photo.png"), (24, 24))
    Path("list.json").write_text("[1, 2]", encoding="utf-8")
    Path("other.json").write_text(json.dumps({"another.png": [[0, 0]] * 4}), encoding="utf-8")
    sets = ["--set", "surface.kind=photograph", "--set", "surface.photos=photo.png"]
    refused(eot("attack", tiny, *sets, "--set", f"surface.corners={corners}", "--out", "new"), says)


def test_an_occlusion_mask_of_another_size_is_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    picture(Path("photo.png"), (24, 24))
    picture(Path("mask.png"), (23, 24))
    keys = ("surface.kind=photograph", "surface.photos=photo.png", "surface.occlusion=mask.png")
    sets = [
        part for key in (*keys, "surface.corners=[[2,2],[20,2],[20,20],[2,20]]") for part in ("--set", key)
    ]
    refused(eot("attack", tiny, "--out", earlier, "--force", *sets), "expected the size of the photo")


def test_a_folder_without_photos_is_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    Path("none").mkdir()
    refused(
        eot("attack", tiny, "--out", earlier, "--force", "--set", "backgrounds.folder=none"), "found none"
    )


def test_an_empty_mask_is_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    Image.new("L", (32, 32), 0).save("black.png")
    refused(eot("attack", tiny, "--out", earlier, "--force", "--set", "sticker.mask=black.png"), "mask")


def test_weights_that_do_not_fit_or_are_cut_off_are_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    save_file({"layer.weight": torch.zeros(3)}, "other.safetensors")
    _cut(
        Path("cut.safetensors").write_bytes(Path("other.safetensors").read_bytes())
        and Path("cut.safetensors")
    )
    for name, says in (("other", "must fit sign-net"), ("cut", "cut.safetensors")):
        spec = f"victims.models=['file:{name}.safetensors?arch=sign-net&classes=4']"
        refused(eot("attack", tiny, "--out", earlier, "--force", "--set", spec), says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name = ", "expected TOML"),
        (b"name = '\xff'", "UTF-8"),
        (b"[a]\n[a]\n", "expected TOML"),
        (b"", "expected a value, found none"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_line(
    eot: Eot, tiny: Path, earlier: Path, content: bytes, says: str
) -> None:
    tiny.write_bytes(content)
    refused(eot("attack", tiny, "--out", earlier, "--force"), says)


def test_a_missing_source_is_one_line(eot: Eot, tiny: Path) -> None:
    refused(eot("attack", "missing.toml"), "expected a TOML file or a run directory")
    refused(eot("attack", "backgrounds"), "expected a TOML file or a run directory")


def test_places_that_are_taken_are_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    refused(eot("attack", tiny, "--out", earlier), "holds a run already")
    refused(eot("attack", tiny, "--out", "backgrounds", "--force"), "files that are not a run")
    refused(eot("attack", tiny, "--out", tiny), "found a file")
    refused(eot("attack", tiny, "--out", tiny / "below"), "tiny.toml")


def test_a_run_that_is_not_there_or_not_finished_is_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    for command in ("evaluate", "report", "print"):
        refused(eot(command, "missing"), "expected a run directory")
        refused(eot(command, earlier), "not finished")


def test_going_on_with_another_configuration_is_one_line(eot: Eot, tiny: Path, earlier: Path) -> None:
    refused(eot("attack", tiny, "--out", earlier, "--resume", "--set", "seed=9"), "started with another")


def test_a_run_that_another_process_works_on_is_one_line(eot: Eot, tiny: Path) -> None:
    Path("busy").mkdir()
    Path("busy/config.toml").write_text(
        tiny.read_text(encoding="utf-8").replace("seed", 'name = "tiny"\nseed')
    )
    Path("busy/backgrounds").symlink_to(Path("backgrounds").resolve())
    with only_writer(RunFolder(Path("busy"))):
        refused(eot("attack", "busy", "--resume"), "another process", code=3)


def test_damaged_files_of_a_run_are_one_line(eot: Eot, finished: Path) -> None:
    run = finished
    for name, command in (("texture", "evaluate"), ("texture", "print"), ("evidence", "report")):
        whole = (run / f"{name}.safetensors").read_bytes()
        (run / f"{name}.safetensors").write_bytes(whole[:100])
        refused(eot(command, run), f"{name}.safetensors: expected", code=3)
        (run / f"{name}.safetensors").write_bytes(whole)
    (run / "report.json").unlink()
    _cut(run / "checkpoint.safetensors")
    refused(eot("attack", run, "--resume"), "checkpoint.safetensors: expected", code=3)


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "earlier", "--views", "0"],
        ["evaluate", "earlier", "--require-below", "2"],
        ["signs", "--render", "out", "--dpi", "0"],
        ["signs", "--render", "out", "--dpi", "nan"],
        ["print", "earlier", "--dpi", "nan"],
        ["film", "earlier", "--seconds", "nan"],
        ["evaluate", "earlier", "--require-below", "nan"],
        ["attack", "tiny.toml", "--device", "tpu"],
        ["attack", "tiny.toml", "--threads", "-1"],
        ["train-signs", "--seed", "-1"],
    ],
)
def test_wrong_options_are_explained_with_2(eot: Eot, tiny: Path, earlier: Path, words: list[str]) -> None:
    code, out, err = eot(*words)
    assert (code, out) == (2, "") and words[-2] in err


def test_an_option_that_is_not_finite_is_one_line(eot: Eot, tiny: Path) -> None:
    refused(eot("mesh-check", "a.obj", "--size-mm", "inf"), "--size-mm: expected a finite number; got inf")
    refused(eot("harden", "digit-conv", "--eps", "nan"), "--eps: expected a finite number; got nan")


def test_unknown_names_on_the_command_line_are_one_line(eot: Eot, finished: Path) -> None:
    refused(eot("train-signs", "--variant", "sing-net"), "sign-net")
    refused(eot("victims", "torchvison:resnet18"), "did you mean 'torchvision'")
    refused(eot("print", finished, "--page", "B7"), "B7")
    refused(eot("print", finished, "--page", "100x100"), "195x250")
    refused(eot("print", finished, "--page", "300x9000"), "5000")
    refused(eot("print", finished, "--spot", "Cut Contour"), "CutContour")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of a few hundred kB, where the system lets us."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("a small disk needs the right to mount a tmpfs")
        return place

    yield mount
    subprocess.run(["umount", str(place)], capture_output=True, check=False)


def test_a_full_disk_is_one_line_and_earlier_results_survive(
    eot: Eot, tiny: Path, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("size=64k")
    (disk / "earlier.json").write_text("results")
    refused(eot("attack", tiny, "--out", disk / "run"), "No space left on device", code=3)
    assert (disk / "earlier.json").read_text() == "results"
    assert not list(disk.rglob("*.tmp"))


def test_a_disk_that_cannot_be_written_is_one_line(
    eot: Eot, tiny: Path, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("size=256k,ro")
    refused(eot("attack", tiny, "--out", disk / "run"), "Read-only file system")
