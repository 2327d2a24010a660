"""`eot photos` as its user meets it, on photographs of a tiny run."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from eot.photos.rehearsal.camera import Exposure, Plane, Stand
from renders.camera import Camera
from tests.conftest import refused
from tests.eot.photos.printed import printed
from tests.eot.photos.sheets import board, plane, shoot

Result = tuple[int, str, str]
Eot = Callable[..., Result]
CAMERA = Camera.from_35mm(52, 1600, 1200)
STANDS = (Stand(0.8, -20.0), Stand(1.0, 15.0, aim=(0.45, 0.55)), Stand(1.5, 5.0, 4.0), Stand(1.9, 25.0))


def take(folder: Path, planes: dict[str, Plane], stands: tuple[Stand, ...] = STANDS) -> Path:
    """A folder of photos, every arm from every stand."""
    folder.mkdir(exist_ok=True)
    for arm, shown in planes.items():
        for index, stand in enumerate(stands):
            jpeg = shoot(shown, stand, seed=index, camera=CAMERA)
            (folder / f"{arm}-{index}.jpg").write_bytes(jpeg)
    return folder


@pytest.fixture(scope="session")
def taken(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of two arms of the tiny run, taken once, and the run's sheet.json beside them."""
    folder = tmp_path_factory.mktemp("taken")
    run = folder / "run"
    shutil.copytree(_made / "runs" / "tiny", run)
    take(folder / "shots", printed(run, ("attack", "clean")))
    return folder


@pytest.fixture
def shots(finished: Path, taken: Path) -> Path:
    """A folder of photos of the finished run, a copy for this test alone."""
    shutil.copytree(taken / "run" / "article", finished / "article", dirs_exist_ok=True)
    shutil.copytree(taken / "shots", "shots")
    return Path("shots")


def report(run: Path) -> dict:
    return json.loads((run / "photos" / "photos.json").read_text())


def rows(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "photos" / "photos.csv").read_text().splitlines()))


def test_photos_give_poses_arms_pairs_and_a_page(eot: Eot, finished: Path, shots: Path) -> None:
    code, out, _ = eot("photos", finished, shots)
    assert code == 0 and "report:" in out
    table = {row["photo"]: row for row in rows(finished)}
    assert len(table) == 8
    for arm in ("attack", "clean"):
        for index, stand in enumerate(STANDS):
            row = table[f"{arm}-{index}.jpg"]
            assert row["arm"] == arm and row["found"] == "markers"
            # markers of 24 mm are 27 px and more here: the accuracy promised from 20 px on
            assert float(row["distance_m"]) == pytest.approx(stand.distance_m, rel=0.01)
            assert float(row["yaw_deg"]) == pytest.approx(stand.yaw_deg, abs=1.5)
    record = report(finished)
    (against,) = record["verdict"]["versus"]
    assert against["control"] == "clean" and against["pairs"] == 4
    assert [arm["photos"] for arm in record["verdict"]["arms"]] == [4, 4]
    assert any("measured from the sheets" in line or "from EXIF" in line for line in record["lenses"])
    page = (finished / "photos" / "photos.html").read_text()
    assert "not enough photos" in page and page.count("data:image/jpeg") == 8
    with Image.open(finished / "photos" / "contact.jpg") as sheet:
        assert sheet.size[0] > 1000


def test_a_second_call_looks_at_new_photos_only_and_changes_nothing_else(
    eot: Eot, finished: Path, shots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eot.commands import photos

    eot("photos", finished, shots)
    before = {p.name: p.read_bytes() for p in (finished / "photos").glob("photos.*")}
    looked = []
    real = photos.look
    monkeypatch.setattr(
        photos, "look", lambda picture, task: looked.append(picture.name) or real(picture, task)
    )
    eot("photos", finished, shots)
    assert looked == []
    assert {p.name: p.read_bytes() for p in (finished / "photos").glob("photos.*")} == before
    # cut off in the middle of a line, as by a crash
    lines = finished / "photos" / "photos.jsonl"
    lines.write_bytes(lines.read_bytes()[:-200])
    eot("photos", finished, shots)
    assert looked == ["clean-3.jpg"]
    assert {p.name: p.read_bytes() for p in (finished / "photos").glob("photos.*")} == before


def test_a_broken_photo_is_told_and_stops_nothing(eot: Eot, finished: Path, shots: Path) -> None:
    data = (shots / "attack-0.jpg").read_bytes()
    (shots / "cut.jpg").write_bytes(data[: len(data) // 2])
    (shots / "empty.png").write_bytes(b"")
    (shots / "bad.heic").write_bytes((Path(__file__).parents[2] / "renders/small.heic").read_bytes()[:400])
    (shots / "video.mp4").write_bytes(b"nothing like a video")
    (shots / "notes.txt").write_text("not a photo")
    assert eot("photos", finished, shots)[0] == 0
    skipped = {item["file"]: item["error"] for item in report(finished)["skipped"]}
    assert set(skipped) == {"cut.jpg", "empty.png", "bad.heic", "video.mp4"}
    assert "cut off" in skipped["cut.jpg"] and "empty" in skipped["empty.png"]
    assert "MP4" in skipped["video.mp4"]
    assert len(rows(finished)) == 8


def test_evidence_of_another_version_is_told_before_any_photo_is_looked_at(
    eot: Eot, finished: Path, shots: Path
) -> None:
    evidence = finished / "evidence.safetensors"
    evidence.write_bytes(evidence.read_bytes()[:-8])
    refused(eot("photos", finished, shots), "another's, or damaged: delete it", code=3)
    assert not (finished / "photos").exists()
    evidence.unlink()
    assert eot("photos", finished, shots)[0] == 0
    assert report(finished)["verdict"]["simulated"] is None


def test_the_frames_of_a_video_are_one_cluster_and_give_no_test(
    eot: Eot, finished: Path, shots: Path
) -> None:
    frames = [levels((shots / f"attack-{i}.jpg").read_bytes()) for i in range(3)]
    writer = cv2.VideoWriter("shots/clip.avi", cv2.VideoWriter.fourcc(*"MJPG"), 10, (1600, 1200))
    for frame in frames * 2:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    for photo in shots.glob("attack*"):
        photo.unlink()
    assert eot("photos", finished, shots, "--every", "2", "--focal-35mm", "52")[0] == 0
    attack = report(finished)["verdict"]["arms"][0]
    assert (attack["photos"], attack["clusters"]) == (3, 1)
    # one cluster says nothing about others
    assert (attack["reached"]["low"], attack["reached"]["high"]) == (0.0, 1.0)
    assert report(finished)["verdict"]["versus"][0]["mcnemar_mid_p"] is None


def corners_csv(path: Path, lines: list[str], header: str = "file,x1,y1,x2,y2,x3,y3,x4,y4,arm") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


SQUARE = "700,500,900,500,900,700,700,700"


def test_corners_from_a_csv_stand_for_markers(eot: Eot, finished: Path) -> None:
    photos = Path("own")
    photos.mkdir()
    (photos / "a.jpg").write_bytes(shoot(plane(board()), Stand(2.0), camera=CAMERA))
    table = corners_csv(Path("c.csv"), [f"a.jpg,{SQUARE},clean"])
    assert eot("photos", finished, photos, "--corners", table)[0] == 0
    (row,) = rows(finished)
    assert row["found"] == "corners" and row["arm"] == "clean"
    # 150 mm over 200 px
    assert float(row["distance_m"]) == pytest.approx(0.15 * CAMERA.focal_px / 200, rel=1e-3)


def test_a_told_distance_wins_over_the_pose(eot: Eot, finished: Path, shots: Path) -> None:
    table = corners_csv(Path("c.csv"), ["attack-0.jpg;1.25"], "file;distance_m")
    assert eot("photos", finished, shots, "--corners", table)[0] == 0
    row = next(row for row in rows(finished) if row["photo"] == "attack-0.jpg")
    assert float(row["distance_m"]) == 1.25


@pytest.mark.parametrize(
    ("header", "line", "says"),
    [
        ("name,x1", "a.jpg,1", "no column is called 'name'"),
        ("file,x1,y1", "a.jpg,1,2", "expected a column 'x2'"),
        ("x1,y1,x2,y2,x3,y3,x4,y4", SQUARE, "expected a column 'file'"),
        ("file,x1,y1,x2,y2,x3,y3,x4,y4", "a.jpg,1,2,3,4,5,6,7", "expected a number for y4; got ''"),
        ("file,x1,y1,x2,y2,x3,y3,x4,y4", "a.jpg,one,2,3,4,5,6,7,8", "expected a number for x1; got 'one'"),
        ("file,x1,y1,x2,y2,x3,y3,x4,y4", "a.jpg,500,600,700,600,700,400,500,400", "counter-clockwise"),
        ("file,x1,y1,x2,y2,x3,y3,x4,y4", "a.jpg,500,400,700,600,700,400,500,600", "cross or lie on a line"),
        ("file,arm", "a.jpg,atack", "no arm is called 'atack': did you mean 'attack'"),
        ("file,distance_m", "a.jpg,-3", "a distance above 0 m"),
        ("file,distance_m", "a.jpg,nan", "expected a number for distance_m"),
        ("file,arm", "b.jpg,attack", "names b.jpg, which is not among the photos"),
        ("file,arm", ",attack", "expected the names of photos"),
        ("file,arm", "", "expected the names of photos"),
        ("", "", "expected a column 'file'; found none"),
    ],
)
def test_a_wrong_csv_is_refused_in_one_line(
    eot: Eot, finished: Path, header: str, line: str, says: str
) -> None:
    Path("own").mkdir()
    (Path("own") / "a.jpg").write_bytes(b"any")
    table = corners_csv(Path("c.csv"), [line] if line else [], header)
    refused(eot("photos", finished, "own", "--corners", table), says)


def looked_at(eot: Eot, run: Path, jpeg: bytes, *options: str) -> tuple[list[dict[str, str]], str]:
    """The rows of one photo and the reason why it has none."""
    Path("one").mkdir(exist_ok=True)
    (Path("one") / "a.jpg").write_bytes(jpeg)
    assert eot("photos", run, "one", *options)[0] == 0
    skipped = report(run)["skipped"]
    return rows(run), skipped[0]["error"] if skipped else ""


def levels(jpeg: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(jpeg)))


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


def test_markers_and_csv_that_disagree_are_told(eot: Eot, finished: Path, shots: Path) -> None:
    table = corners_csv(Path("c.csv"), ["attack-0.jpg,clean"], "file,arm")
    assert eot("photos", finished, shots, "--corners", table)[0] == 0
    (skipped,) = report(finished)["skipped"]
    assert "its markers say attack, the CSV says clean" in skipped["error"]


def test_what_is_not_there_is_refused(eot: Eot, finished: Path, shots: Path) -> None:
    refused(eot("photos", finished, "nowhere"), "nowhere: expected a photo, a video or a folder")
    Path("void").mkdir()
    refused(eot("photos", finished, "void"), "found none")
    refused(eot("photos", "void", shots), "expected a run directory")
    refused(eot("photos", finished, shots, "--corners", "no.csv"), "expected a CSV of corners")
    refused(eot("photos", finished, shots, "--sheet", "no.json"), "expected the sheet.json of a print")
    (finished / "texture.safetensors").unlink()
    refused(eot("photos", finished, shots), "the run is not finished")


def test_two_photos_of_one_name_are_refused(eot: Eot, finished: Path) -> None:
    for name in ("one", "two"):
        Path(name).mkdir()
        (Path(name) / "a.jpg").write_bytes(b"x")
    refused(eot("photos", finished, "one", "two"), "two photos are named a.jpg")


def test_a_flat_exposure_is_not_needed_for_markers(
    eot: Eot, finished: Path, shots: Path, taken: Path
) -> None:
    shown = printed(finished, ("attack",))["attack"]
    dim = shoot(shown, Stand(1.0, 10.0), camera=CAMERA, exposure=Exposure(gain=0.15, vignetting=0.5))
    table, error = looked_at(eot, finished, dim)
    assert error == "" and float(table[0]["distance_m"]) == pytest.approx(1.0, rel=0.01)
