"""Reads photographs: the one place where image files of users become tensors."""

import io
import warnings
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from torch import Tensor

from renders.errors import InputError

MAX_SIDE_PX = 20_000
MAX_PIXELS = 178_000_000
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF")
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def read_photo(path: Path | str) -> Float[Tensor, "3 h w"]:
    """The photograph in a file as sRGB in [0, 1], turned upright as its EXIF orientation says.

    An embedded colour profile is converted to sRGB. Grey, palette, 16-bit and opaque RGBA images are
    converted. What cannot be converted soundly (animation, transparency, CMYK without a profile, float or
    32-bit samples) and files that are missing, empty, truncated or too large raise InputError.
    """
    path = Path(path)
    image = _upright(_open(path), path)
    if image.mode.startswith("I;16"):
        grey = torch.from_numpy(np.asarray(image).astype(np.float32) / 65535)
        return grey.expand(3, -1, -1).clone()
    return torch.from_numpy(np.array(_rgb(image, path))).permute(2, 0, 1).contiguous().float() / 255


def _open(path: Path) -> Image.Image:
    """The image of a file, decoded completely, or one clear line."""
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
            image.load()
        except Image.DecompressionBombError as error:
            raise InputError(f"{path}: more than {MAX_PIXELS // 10**6} megapixels: scale it down") from error
        except UnidentifiedImageError as error:
            known = "JPEG, PNG, WebP, BMP, TIFF, PPM or GIF"
            raise InputError(
                f"{path}: not an image in a format that is read here; save it as {known}"
            ) from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:
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


def _upright(image: Image.Image, path: Path) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError) as error:
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
    return image.convert("RGB")


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
