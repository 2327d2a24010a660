"""Every kind of image file that people bring is read rightly or refused with one clear line."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from renders.errors import InputError
from renders.photos import read_photo, read_photo_file

GREYS = np.arange(12 * 8, dtype=np.uint8).reshape(8, 12) * 2
COLOURS = np.stack([GREYS, GREYS[::-1], GREYS[:, ::-1]], -1)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def srgb() -> Image.Image:
    return Image.fromarray(COLOURS)


# What is read


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "webp", "gif"])
def test_lossless_files_come_back_exactly(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    image = srgb().quantize(96) if suffix == "gif" else srgb()
    found = read_photo(saved(tmp_path / f"a.{suffix}", image, **options))
    expected = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1) / 255
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


def test_a_jpeg_is_what_pillow_shows(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", srgb(), quality=90)
    assert torch.equal(
        (read_photo(path) * 255).round().byte().permute(1, 2, 0), torch.from_numpy(np.array(Image.open(path)))
    )


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", srgb())
    wrong = path.rename(tmp_path / "a.jpg")
    assert torch.equal(read_photo(wrong)[0] * 255, torch.from_numpy(GREYS).float())


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA"])
def test_grey_palette_and_opaque_images_are_converted(tmp_path: Path, mode: str) -> None:
    image = srgb().convert(mode)
    found = read_photo(saved(tmp_path / "a.png", image))
    expected = np.array(image.convert("RGB"))
    assert np.array_equal((found * 255).round().byte().permute(1, 2, 0).numpy(), expected)


def test_sixteen_bits_of_grey_are_kept(tmp_path: Path) -> None:
    levels = np.arange(96, dtype=np.uint16).reshape(8, 12) * 600
    found = read_photo(saved(tmp_path / "a.png", Image.fromarray(levels)))
    assert found.shape == (3, 8, 12)
    torch.testing.assert_close(found[0], torch.from_numpy(levels.astype(np.float32) / 65535))


def test_sixteen_bits_of_colour_are_read(tmp_path: Path) -> None:
    """Pillow cannot write them, so the PNG is put together by hand."""
    levels = (COLOURS.astype(">u2") * 257).tobytes()
    rows = b"".join(b"\0" + levels[i * 72 : (i + 1) * 72] for i in range(8))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 12, 8, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    assert torch.equal(read_photo(tmp_path / "a.png")[0] * 255, torch.from_numpy(GREYS).float())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read_photo(saved(tmp_path / "a.png", srgb(), exif=exif))
    turned = {1: COLOURS, 2: COLOURS[:, ::-1], 3: COLOURS[::-1, ::-1], 4: COLOURS[::-1]}
    transposed = COLOURS.swapaxes(0, 1)
    turned |= {5: transposed, 6: transposed[:, ::-1], 7: transposed[::-1, ::-1], 8: transposed[::-1]}
    assert np.array_equal((found * 255).round().byte().permute(1, 2, 0).numpy(), turned[orientation])


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = read_photo(saved(tmp_path / "a.png", srgb(), icc_profile=profile))
    assert torch.equal(found[0] * 255, torch.from_numpy(GREYS).float())


def test_another_profile_is_converted(tmp_path: Path) -> None:
    """A profile whose red and blue primaries changed places: so do the channels."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    profile = profile.replace("sRGB".encode("utf-16-be"), "BGRs".encode("utf-16-be"))
    found = read_photo(saved(tmp_path / "a.png", srgb(), icc_profile=profile)) * 255
    expected = torch.from_numpy(COLOURS[..., ::-1].copy()).permute(2, 0, 1).float()
    assert (found - expected).abs().max() <= 2


# What is refused


def frames(path: Path) -> Path:
    return saved(path, srgb(), save_all=True, append_images=[Image.new("RGB", (12, 8))])


def broken(path: Path, keep: int) -> Path:
    noise = torch.randint(0, 256, (64, 64, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    Image.fromarray(noise.numpy()).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    return path


def wide(path: Path) -> Path:
    return saved(path, Image.new("1", (20_000, 2)))


BAD = {
    "missing": (lambda d: d / "none.jpg", "found nothing"),
    "a folder": (lambda d: d, "found a folder"),
    "zero bytes": (lambda d: broken(d / "a.png", 0), "empty"),
    "truncated png": (lambda d: broken(d / "a.png", 3000), "damaged or cut off"),
    "truncated jpeg": (lambda d: broken(d / "a.jpg", 1500), "damaged or cut off"),
    "only a header": (lambda d: broken(d / "a.png", 20), "not an image|damaged"),
    "text": (lambda d: _text(d / "a.jpg"), "not an image"),
    "animated gif": (lambda d: frames(d / "a.gif"), "2 frames"),
    "animated webp": (lambda d: frames(d / "a.webp"), "2 frames"),
    "pages of a tiff": (lambda d: frames(d / "a.tiff"), "2 frames"),
    "20000 px": (lambda d: wide(d / "a.png"), "20000 x 2"),
    "transparent": (lambda d: saved(d / "a.png", Image.new("RGBA", (4, 4), (1, 2, 3, 128))), "transparent"),
    "transparent palette": (
        lambda d: saved(d / "a.png", Image.new("P", (4, 4)), transparency=0),
        "transparent",
    ),
    "cmyk": (lambda d: saved(d / "a.jpg", srgb().convert("CMYK")), "CMYK without a colour profile"),
    "float samples": (lambda d: saved(d / "a.tiff", Image.new("F", (4, 4))), "no agreed range"),
    "32-bit samples": (lambda d: saved(d / "a.tiff", Image.new("I", (4, 4))), "no agreed range"),
    "broken profile": (
        lambda d: saved(d / "a.png", srgb(), icc_profile=b"no profile"),
        "colour profile is damaged",
    ),
}


def _text(path: Path) -> Path:
    path.write_text("not a picture")
    return path


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    make, said = BAD[kind]
    path = make(tmp_path)
    with pytest.raises(InputError, match=said) as caught:
        read_photo(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("1", (8, 8)).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[16:24] = struct.pack(">II", 19_000, 19_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match="megapixels"):
        read_photo(tmp_path / "a.png")


def test_a_heic_of_a_phone_is_read_upright_with_its_focal_length() -> None:
    photo = read_photo_file(Path(__file__).with_name("small.heic"))
    assert photo.levels.shape == (64, 48, 3)  # stored as 64 x 48, lying on its side
    assert photo.focal_35mm == 26
    # the red half of the stored picture is on top after the turn, its white rim on the right; HEVC is lossy
    assert np.abs(photo.levels[16, 8].astype(int) - (200, 40, 30)).max() <= 6
    assert np.abs(photo.levels[40, 44].astype(int) - (240, 240, 240)).max() <= 6


def test_the_tensor_and_the_file_of_a_photo_are_the_same_levels(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.fromarray(COLOURS))
    assert (read_photo_file(path).levels == COLOURS).all()
    assert torch.equal((read_photo(path) * 255).round().byte().permute(1, 2, 0), torch.from_numpy(COLOURS))
    assert read_photo_file(path).focal_35mm is None


def test_a_damaged_heic_is_refused(tmp_path: Path) -> None:
    data = Path(__file__).with_name("small.heic").read_bytes()
    (tmp_path / "a.heic").write_bytes(data[:-200])
    with pytest.raises(InputError, match=r"damaged|not an image"):
        read_photo(tmp_path / "a.heic")


CLEAR: dict[str, tuple[Callable[[], Image.Image], dict[str, object]]] = {
    "RGBA": (lambda: Image.new("RGBA", (4, 4), (50, 60, 70, 0)), {}),
    "grey": (lambda: Image.new("LA", (4, 4), (60, 100)), {}),
    "palette": (lambda: Image.new("P", (4, 4)), {"transparency": 0}),
    "one colour of RGB": (lambda: Image.new("RGB", (4, 4), (9, 9, 9)), {"transparency": (9, 9, 9)}),
}


@pytest.mark.parametrize("kind", CLEAR)
def test_pixels_may_be_transparent_where_that_is_allowed(kind: str, tmp_path: Path) -> None:
    make, options = CLEAR[kind]
    path = saved(tmp_path / "a.png", make(), **options)
    found = read_photo(path, transparent=True).mul(255).round().byte().permute(1, 2, 0)
    assert np.array_equal(found.numpy(), np.array(make().convert("RGB")))
    with pytest.raises(InputError, match="transparent"):
        read_photo(path)
