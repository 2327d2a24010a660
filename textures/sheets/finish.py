"""The last step of a PDF: its colours declared as sRGB, the same bytes for the same content."""

import io
from collections.abc import Mapping

import pikepdf
from PIL import ImageCms

# Bytes of an ICC header (ICC.1:2022, table 17) that say when and by what it was made.
DATE, PROFILE_ID = slice(24, 36), slice(84, 100)


def srgb_profile() -> bytes:
    """An ICC profile of sRGB without its date, so that it is the same at every call."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[DATE] = bytes.fromhex("07e8 0001 0001 0000 0000 0000".replace(" ", ""))
    profile[PROFILE_ID] = bytes(16)
    return bytes(profile)


def finished(draft: bytes, attached: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF with images and colours tagged sRGB and sRGB as output intent, byte-identical each time.

    Files `{name: bytes}` are put into it, so that a printed sheet is never without its figures.
    """
    with pikepdf.open(io.BytesIO(draft)) as pdf:
        for name, data in (attached or {}).items():
            pdf.attachments[name] = pikepdf.AttachedFileSpec(
                pdf, data, filename=name, creation_date="", mod_date=""
            )
        profile = pdf.make_stream(srgb_profile(), N=3, Alternate=pikepdf.Name.DeviceRGB)
        space = pdf.make_indirect(pikepdf.Array([pikepdf.Name.ICCBased, profile]))
        for page in pdf.pages:
            for drawn in page.obj.Resources.get("/XObject", {}).values():
                if drawn.get("/ColorSpace") == pikepdf.Name.DeviceRGB:
                    drawn.ColorSpace = space
            if "/ColorSpace" not in page.obj.Resources:
                page.obj.Resources.ColorSpace = pikepdf.Dictionary()
            page.obj.Resources.ColorSpace.DefaultRGB = space
        intent = pikepdf.Dictionary(
            Type=pikepdf.Name.OutputIntent,
            S=pikepdf.Name.GTS_PDFA1,
            OutputConditionIdentifier="sRGB IEC61966-2.1",
            Info="sRGB IEC61966-2.1",
            DestOutputProfile=profile,
        )
        pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()
