"""Reads photographs: the one place where image files of users become pixels."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pi_heif
import torch
from jaxtyping import Float, UInt8
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError
from torch import Tensor

from renders.errors import InputError

MAX_SIDE_PX = 20_000
MAX_PIXELS = 178_000_000
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF", "HEIF")
# What Pillow raises as it reads notes and samples that are damaged.
DAMAGED = (OSError, SyntaxError, ValueError, KeyError, TypeError, EOFError, RuntimeError)
# The values of the EXIF orientation with which rows are columns of the upright photo.
ON_ITS_SIDE = (5, 6, 7, 8)
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".tif", ".tiff"})

# Phones write HEIC. libheif turns such photos upright by itself and sets their orientation tag to 1.
pi_heif.register_heif_opener()


@dataclass(frozen=True, eq=False)
class PhotoFile:
    """A photograph as its file holds it: upright, sRGB in 8 bits, with what the camera noted.

    Args:
        focal_35mm: the 35 mm equivalent focal length; None where the file does not tell.
        taken: date and time by the camera's clock, as EXIF writes them; empty where the file does not tell.
    """

    levels: UInt8[np.ndarray, "h w 3"]
    focal_35mm: float | None
    taken: str


def read_photo(path: Path | str, *, transparent: bool = False) -> Float[Tensor, "3 h w"]:
    """The photograph in a file as sRGB in [0, 1], turned upright as its EXIF orientation says.

    An embedded colour profile is converted to sRGB. Grey, palette, 16-bit and opaque RGBA images are
    converted. What cannot be converted soundly (animation, transparency, CMYK without a profile, float or
    32-bit samples) and files that are missing, empty, truncated or too large raise InputError.
    With `transparent` pixels may be so; they have the colour that the file gives them.
    """
    path = Path(path)
    image = _upright(_open(path), path)
    if image.mode.startswith("I;16"):
        grey = torch.from_numpy(np.asarray(image).astype(np.float32) / 65535)
        return grey.expand(3, -1, -1).clone()
    if transparent and image.has_transparency_data:
        image = image.convert("RGBA").convert("RGB")
    return torch.from_numpy(np.array(_rgb(image, path))).permute(2, 0, 1).contiguous().float() / 255


def read_photo_file(path: Path | str) -> PhotoFile:
    """The photograph in a file with its EXIF notes; reads and refuses what `read_photo` does."""
    path = Path(path)
    image = _open(path)
    focal, taken = _notes(image)
    image = _upright(image, path)
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image).astype(np.float32) / 257).round().astype(np.uint8)
        return PhotoFile(np.repeat(grey[..., None], 3, -1), focal, taken)
    # not copied once more: the levels are read-only
    return PhotoFile(np.asarray(_rgb(image, path)), focal, taken)


def focal_and_size(path: Path | str) -> tuple[float | None, tuple[int, int]]:
    """The 35 mm equivalent focal length of a photo as `read_photo_file` has it, width and height upright.

    The photo is decoded only where its size asks for it; refuses files as `read_photo` does.
    """
    path = Path(path)
    image = _open(path, decode=False)
    try:
        return _notes(image)[0], upright_size(image)
    except DAMAGED as error:
        raise InputError(f"{path}: the image is damaged or cut off ({error}): copy it again") from error


def _notes(image: Image.Image) -> tuple[float | None, str]:
    """Focal length (35 mm equivalent) and time of a photo; a damaged block tells nothing."""
    try:
        exif = image.getexif().get_ifd(ExifTags.IFD.Exif)
        focal = float(exif.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
        taken = str(exif.get(ExifTags.Base.DateTimeOriginal) or "").strip("\0 ")
    except DAMAGED:
        return None, ""
    return (focal if 1 <= focal <= 10_000 else None), taken


def _open(path: Path, *, decode: bool = True) -> Image.Image:
    """The image of a file, decoded completely where it is to be, or one clear line."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "nothing"
        raise InputError(f"{path}: expected an image file; found {what}: check the path")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): check its permissions") from error
    if not data:
        raise InputError(f"{path}: expected an image; the file is empty: copy it again")
    with warnings.catch_warnings():
        # Pillow warns about sizes and odd metadata that are checked or harmless here
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=PHOTO_FORMATS)
            _check_size(image, path)
            if decode:
                image.load()
        except Image.DecompressionBombError as error:
            raise InputError(f"{path}: more than {MAX_PIXELS // 10**6} megapixels: scale it down") from error
        except UnidentifiedImageError as error:
            known = "JPEG, PNG, HEIC, WebP, BMP, TIFF, PPM or GIF"
            raise InputError(
                f"{path}: not an image in a format that is read here; save it as {known}"
            ) from error
        except DAMAGED as error:
            raise InputError(f"{path}: the image is damaged or cut off ({error}): copy it again") from error
    return image


def _check_size(image: Image.Image, path: Path) -> None:
    """Refuses what is too large to decode and what has several frames."""
    width, height = image.size
    if max(width, height) >= MAX_SIDE_PX or width * height > MAX_PIXELS:
        limit = f"sides below {MAX_SIDE_PX} px and at most {MAX_PIXELS // 10**6} megapixels"
        raise InputError(f"{path}: expected {limit}; got {width} x {height}: scale it down")
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # phones store a preview as second picture in an MPO
        raise InputError(f"{path}: expected a still image; got {frames} frames: save one of them")


def upright_size(photo: Image.Image) -> tuple[int, int]:
    """Width and height of an opened photo as `read_photo` turns it; decoded only where needed."""
    if photo.getexif().get(ExifTags.Base.Orientation) not in ON_ITS_SIDE:
        return photo.size
    if photo.format == "TIFF":  # Pillow turns these as it decodes them
        photo.load()
        return photo.size
    return photo.height, photo.width


def _upright(image: Image.Image, path: Path) -> Image.Image:
    try:
        ImageOps.exif_transpose(image, in_place=True)
        return image
    except DAMAGED as error:
        raise InputError(f"{path}: its EXIF block is damaged ({error}): save the image again") from error


def _rgb(image: Image.Image, path: Path) -> Image.Image:
    """The image as 8-bit sRGB."""
    if image.mode in ("I", "F", "LAB", "HSV"):
        raise InputError(f"{path}: {image.mode} samples have no agreed range: save it as 8-bit RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            raise InputError(f"{path}: has transparent pixels: flatten it on the colour you want behind them")
        image = image.convert("RGB")
    profile = image.info.get("icc_profile")
    if profile:
        return _through_profile(image, profile, path)
    if image.mode == "CMYK":
        raise InputError(f"{path}: CMYK without a colour profile: convert it to sRGB in an image editor")
    return image if image.mode == "RGB" else image.convert("RGB")


def _through_profile(image: Image.Image, profile: bytes, path: Path) -> Image.Image:
    """The image converted from its embedded profile to sRGB; an sRGB profile changes nothing."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode != "CMYK" and "sRGB" in ImageCms.getProfileDescription(source):
            return image.convert("RGB")
        space = source.profile.xcolor_space.strip()
        image = image.convert({"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space, image.mode))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise InputError(f"{path}: its colour profile is damaged ({error}): convert it to sRGB") from error
    assert converted is not None
    return converted
