"""`eot photos` on one photo: what its markers, EXIF, frame or folder tell, or fail to tell."""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from eot.photos.rehearsal.camera import Exposure, Stand
from tests.eot.photos.album import CAMERA, STANDS, Eot, levels, report, rows
from tests.eot.photos.printed import printed
from tests.eot.photos.sheets import board, plane, shoot


def looked_at(eot: Eot, run: Path, jpeg: bytes, *options: str) -> tuple[list[dict[str, str]], str]:
    """The rows of one photo and the reason why it has none."""
    Path("one").mkdir(exist_ok=True)
    (Path("one") / "a.jpg").write_bytes(jpeg)
    assert eot("photos", run, "one", *options)[0] == 0
    skipped = report(run)["skipped"]
    return rows(run), skipped[0]["error"] if skipped else ""


def jpeg_of(pixels: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95, **options)
    return stream.getvalue()


def test_the_print_of_another_run_is_named(eot: Eot, finished: Path, shots: Path) -> None:
    table, error = looked_at(eot, finished, shoot(plane(board(200)), Stand(1.0), camera=CAMERA))
    assert table == [] and "another print" in error and "200, 201, 202, 203" in error


def test_one_sheet_twice_in_a_photo_is_refused(eot: Eot, finished: Path, shots: Path) -> None:
    photo = levels((shots / "attack-3.jpg").read_bytes())
    _, error = looked_at(eot, finished, jpeg_of(np.concatenate([photo, photo], 1)))
    assert "twice" in error


def test_two_arms_in_one_photo_are_two_rows(eot: Eot, finished: Path, shots: Path) -> None:
    photo, other = (levels((shots / f"{arm}-3.jpg").read_bytes()) for arm in ("attack", "clean"))
    table, error = looked_at(eot, finished, jpeg_of(np.concatenate([photo, other], 1)))
    assert error == "" and {row["arm"] for row in table} == {"attack", "clean"}


def test_two_arms_in_one_photo_have_a_row_of_the_csv_each(eot: Eot, finished: Path, shots: Path) -> None:
    photo, other = (levels((shots / f"{arm}-3.jpg").read_bytes()) for arm in ("attack", "clean"))
    Path("c.csv").write_text("file,arm,distance_m\na.jpg,attack,3\na.jpg,clean,4\n")
    both = jpeg_of(np.concatenate([photo, other], 1))
    table, error = looked_at(eot, finished, both, "--corners", "c.csv")
    assert error == "" and {(row["arm"], float(row["distance_m"])) for row in table} == {
        ("attack", 3.0),
        ("clean", 4.0),
    }


def test_a_picture_of_one_row_is_named_and_stops_nothing(eot: Eot, finished: Path, shots: Path) -> None:
    Path("one").mkdir()
    Image.new("L", (4000, 1), 90).save("one/thin.png")
    table, _ = looked_at(eot, finished, (shots / "attack-3.jpg").read_bytes())
    (skipped,) = report(finished)["skipped"]
    assert len(table) == 1 and skipped["file"] == "thin.png" and "no markers found" in skipped["error"]


def test_a_hidden_marker_is_noted_and_three_hidden_ones_are_too_many(
    eot: Eot, finished: Path, shots: Path
) -> None:
    photo = levels((shots / "attack-2.jpg").read_bytes())
    half = photo.copy()
    half[:, 820:] = 90
    table, error = looked_at(eot, finished, jpeg_of(half))
    assert error == "" and "2 of 4 markers found" in table[0]["notes"]
    half[:610] = 90
    table, error = looked_at(eot, finished, jpeg_of(half))
    assert table == [] and "only one marker" in error


def test_a_photo_without_exif_has_a_verdict_and_no_distance(eot: Eot, finished: Path, shots: Path) -> None:
    table, _ = looked_at(eot, finished, jpeg_of(levels((shots / "attack-1.jpg").read_bytes())))
    assert table[0]["distance_m"] == "" and table[0]["reading"]
    assert "no distances" in report(finished)["lenses"][0]
    table, _ = looked_at(
        eot, finished, jpeg_of(levels((shots / "attack-1.jpg").read_bytes())), "--focal-35mm", "52"
    )
    assert float(table[0]["distance_m"]) == pytest.approx(STANDS[1].distance_m, rel=0.01)


def test_a_photo_turned_by_exif_gives_the_same_pose(eot: Eot, finished: Path, shots: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = 6  # the file lies on its side, a viewer turns it clockwise
    lying = np.rot90(levels((shots / "attack-1.jpg").read_bytes()))
    table, _ = looked_at(eot, finished, jpeg_of(lying, exif=exif), "--focal-35mm", "52")
    assert float(table[0]["roll_deg"]) == pytest.approx(0.0, abs=1.0)
    table, _ = looked_at(eot, finished, jpeg_of(lying), "--focal-35mm", "52")
    assert float(table[0]["roll_deg"]) == pytest.approx(90.0, abs=1.0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda photo: cv2.GaussianBlur(photo, (0, 0), 12),
        lambda photo: np.zeros_like(photo),
        lambda photo: photo[:200, :200],
        lambda photo: photo[:, ::-1],
    ],
    ids=["blurred", "dark", "cropped away", "mirrored"],
)
def test_a_photo_without_readable_markers_says_what_to_do(
    eot: Eot, finished: Path, shots: Path, spoil: Callable[[np.ndarray], np.ndarray]
) -> None:
    photo = np.ascontiguousarray(spoil(levels((shots / "attack-1.jpg").read_bytes())))
    table, error = looked_at(eot, finished, jpeg_of(photo))
    assert table == [] and "--corners" in error


def test_a_whole_frame_is_judged_without_any_markers(eot: Eot, finished: Path) -> None:
    photo = np.full((90, 120, 3), 128, np.uint8)
    table, _ = looked_at(eot, finished, jpeg_of(photo), "--as", "frame", "--arm", "blank")
    assert table[0]["found"] == "frame" and table[0]["arm"] == "blank"


def test_a_folder_names_the_arm(eot: Eot, finished: Path) -> None:
    (Path("own") / "Noise").mkdir(parents=True)
    (Path("own") / "Noise" / "a.jpg").write_bytes(jpeg_of(np.full((90, 120, 3), 128, np.uint8)))
    assert eot("photos", finished, "own", "--as", "centre")[0] == 0
    assert rows(finished)[0]["arm"] == "noise"


def test_a_flat_exposure_is_not_needed_for_markers(
    eot: Eot, finished: Path, shots: Path, taken: Path
) -> None:
    shown = printed(finished, ("attack",))["attack"]
    dim = shoot(shown, Stand(1.0, 10.0), camera=CAMERA, exposure=Exposure(gain=0.15, vignetting=0.5))
    table, error = looked_at(eot, finished, dim)
    assert error == "" and float(table[0]["distance_m"]) == pytest.approx(1.0, rel=0.01)
