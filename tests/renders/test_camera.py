import math
from pathlib import Path

import pytest
from PIL import Image

from renders.camera import Camera
from renders.errors import InputError
from renders.photos import read_photo


def test_a_lens_as_long_as_its_sensor_is_wide_sees_one_width_at_one_distance() -> None:
    assert Camera.from_lens(36.0, 36.0, 4000, 3000).focal_px == 4000


def test_the_35mm_equivalent_is_defined_by_the_diagonal() -> None:
    camera = Camera.from_35mm(43.2666, 4000, 3000)
    assert camera.focal_px == pytest.approx(math.hypot(4000, 3000), rel=1e-4)


def photo(path: Path, focal_35mm: object, orientation: int = 1) -> Path:
    image = Image.new("RGB", (400, 300))
    exif = image.getexif()
    exif[0x0112] = orientation
    if focal_35mm:
        exif.get_ifd(0x8769)[0xA405] = focal_35mm
    image.save(path, exif=exif)
    return path


def test_exif_gives_the_focal_length(tmp_path: Path) -> None:
    camera = Camera.from_exif(photo(tmp_path / "a.jpg", 26))
    assert (camera.width_px, camera.height_px) == (400, 300)
    assert camera.focal_px == pytest.approx(26 / 43.2666 * 500, rel=1e-4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_frame_is_that_of_the_upright_photo(orientation: int, tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", 26, orientation)
    camera = Camera.from_exif(path)
    assert (camera.height_px, camera.width_px) == read_photo(path).shape[1:]
    assert (camera.width_px, camera.height_px) == ((300, 400) if orientation > 4 else (400, 300))


def test_a_photo_without_focal_length_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="focal_35mm"):
        Camera.from_exif(photo(tmp_path / "a.jpg", None))


@pytest.mark.parametrize("values", [(0.0, 10, 10), (5.0, 0, 10), (float("nan"), 10, 10)])
def test_impossible_cameras_are_refused(values: tuple) -> None:
    with pytest.raises(InputError, match="positive"):
        Camera(*values)


@pytest.mark.parametrize("tag", [(26, 27), "wide"])
def test_a_tag_that_is_no_length_is_refused_as_a_missing_one_is(tag: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="focal_35mm"):
        Camera.from_exif(photo(tmp_path / "a.jpg", tag))


def test_a_photo_too_large_to_read_gives_one_clear_line(tmp_path: Path) -> None:
    Image.new("1", (19_000, 19_000)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="megapixels"):
        Camera.from_exif(tmp_path / "a.png")
