"""`eot photos` as its user meets it, on a folder of photographs of a tiny run."""

from pathlib import Path

import cv2
import pytest
from PIL import Image

from eot.photos.rehearsal.camera import Stand
from tests.conftest import refused
from tests.eot.photos.album import CAMERA, STANDS, Eot, levels, report, rows
from tests.eot.photos.sheets import board, plane, shoot


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


@pytest.mark.slow
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
