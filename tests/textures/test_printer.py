"""Print profiles: tables against the colour engine they come from, files, and how different colours look."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ImageCms
from safetensors.torch import save
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

from eot.streams import generator_for
from renders.errors import InputError
from textures.printer.catalogue import FOGRA39_FILE, fogra39, read_profile
from textures.printer.difference import difference, difference_lab
from textures.printer.followed import STRAIGHT, Followed
from textures.printer.gamut import printability
from textures.printer.icc import icc_profile, through
from textures.printer.profile import (
    FORMAT,
    KEY,
    PrintProfile,
    decode_profile,
    encode_profile,
    identity,
    nodes,
    table_of,
)

# Where the package colorprofiles of TeX puts it; the file itself is not ours to ship.
PRESS = [
    folder / "FOGRA39L_coated.icc"
    for folder in (
        Path("/usr/share/texlive/texmf-dist/tex/generic/colorprofiles"),
        Path(__file__).parents[2] / "../shared/assets/icc",
    )
]


def press() -> bytes:
    found = [path for path in PRESS if path.is_file()]
    if not found:
        pytest.skip("FOGRA39L_coated.icc is not installed (Debian: texlive-base)")
    return found[0].read_bytes()


def random_colours(count: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (count, 3), generator=torch.Generator().manual_seed(seed)) / 255


def as_image(colours: Tensor) -> Tensor:
    return colours.T[None, :, :, None]


def grey(value: float) -> Tensor:
    return torch.full((1, 3, 1, 1), value, dtype=torch.float64)


def test_white_becomes_paper_and_black_becomes_ink() -> None:
    """The figures of the soft proof with the press profile itself."""
    for value, seen in ((1.0, [239, 241, 245]), (0.0, [26, 26, 27])):
        assert (fogra39()(grey(value)).flatten() * 255).tolist() == pytest.approx(seen, abs=1e-3)
    assert fogra39().printable(grey(1.0)).flatten().tolist() == pytest.approx([1, 1, 1])


def test_a_table_that_changes_nothing_prints_exactly() -> None:
    image = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    exact = PrintProfile("exact", identity(5), identity(5))
    torch.testing.assert_close(exact(image), image, rtol=0, atol=1e-7)
    # A different function in each channel: no axes are mixed up.
    squares = PrintProfile("square", table_of(nodes(65) * torch.tensor([1.0, 0.5, 0.25])), identity())
    torch.testing.assert_close(squares(image)[:, 1], image[:, 1] / 2, rtol=0, atol=1e-7)
    torch.testing.assert_close(squares(image)[:, 2], image[:, 2] / 4, rtol=0, atol=1e-7)


def test_an_optimiser_sees_the_print_and_follows_it_and_a_share_of_the_picture() -> None:
    profile = fogra39()
    image = torch.rand((1, 3, 4, 5), generator=generator_for(3, "picture")).requires_grad_()
    printed = Followed(profile)(image)
    assert torch.equal(printed, profile(image))
    pull = torch.rand((1, 3, 4, 5), generator=generator_for(4, "pull"))
    (slope,) = torch.autograd.grad((printed * pull).sum(), image)
    (exact,) = torch.autograd.grad((profile(image) * pull).sum(), image)
    torch.testing.assert_close(slope, exact + STRAIGHT * pull)


def test_beyond_the_gamut_the_exact_slope_is_nearly_gone() -> None:
    # why an optimiser does not follow it: pure green, which no ink reaches, brightened or darkened
    green = torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1).requires_grad_()
    jacobian = torch.autograd.functional.jacobian(lambda x: fogra39()(x).flatten(), green).reshape(3, 3)
    assert float(torch.linalg.svdvals(jacobian)[-1]) < 0.1


def test_printing_has_an_exact_gradient_between_the_nodes() -> None:
    image = torch.rand(1, 3, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.autograd.gradcheck(fogra39(), image.requires_grad_())


@pytest.mark.parametrize("seed", [0, 1])
def test_the_table_follows_the_colour_engine(seed: int) -> None:
    """The bars: 17^3 nodes within ΔE2000 0.35 on average and 1.0 in 99 of 100 colours; seen by eye is 1."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(press()))
    colours = random_colours(20_000, seed)
    seen = through(profile, colours, ImageCms.Intent.ABSOLUTE_COLORIMETRIC)
    apart = difference(as_image(seen).double(), fogra39()(as_image(colours).double())).flatten()
    assert apart.mean() <= 0.35
    assert apart.quantile(0.99) <= 1.0


def test_the_built_in_table_is_the_one_that_the_press_profile_gives() -> None:
    made = icc_profile(press(), "FOGRA39L_coated.icc")
    torch.testing.assert_close(made.printed, fogra39().printed)
    torch.testing.assert_close(made.reach, fogra39().reach)


def test_differences_are_the_published_ones() -> None:
    """Sharma, Wu & Dalal 2005, table 1: pairs that tell wrong implementations from right ones."""
    table = (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    )
    for first, second, expected in table:
        pair = (torch.tensor(lab, dtype=torch.float64)[:, None, None] for lab in (first, second))
        assert difference_lab(*pair).item() == pytest.approx(expected, abs=5e-5)


def test_differences_agree_with_another_implementation() -> None:
    first, second = random_colours(5000, 0).double(), random_colours(5000, 1).double()
    labs = [rgb2lab(colours.numpy()[None]) for colours in (first, second)]
    theirs = deltaE_ciede2000(*labs)[0]
    ours = difference_lab(*(as_image(torch.from_numpy(lab[0])) for lab in labs))[0, :, 0].numpy()
    assert np.abs(ours - theirs).max() < 1e-9
    # From sRGB on: their white point and matrix have four decimals.
    assert np.abs(difference(as_image(first), as_image(second))[0, :, 0].numpy() - theirs).max() < 0.02


def test_a_picture_within_the_gamut_is_told_from_one_outside() -> None:
    mask = torch.ones(1, 1, 2)
    vivid = torch.tensor([[0.0, 1, 0], [0.5, 0.5, 0.5]]).T[None, :, None]
    found = printability(fogra39(), vivid, mask)
    assert found.in_gamut == 0.5
    assert printability(fogra39(), vivid, torch.tensor([[[0.0, 1.0]]])).in_gamut == 1
    exact = PrintProfile("exact", identity(), identity())
    assert printability(exact, vivid, mask).mean_difference == pytest.approx(0, abs=1e-4)


def test_a_profile_survives_its_file() -> None:
    colours = random_colours(27, 3)
    made = PrintProfile("mine", table_of(colours * 0.123), identity(3), {"paper": "matte, 120 g"})
    again = decode_profile(encode_profile(made), "mine.safetensors")
    assert torch.equal(again.printed, made.printed) and torch.equal(again.reach, made.reach)
    assert (again.name, dict(again.notes)) == (made.name, dict(made.notes))
    assert encode_profile(again) == encode_profile(made)


def test_profiles_are_found_by_name_or_file(tmp_path: Path) -> None:
    assert read_profile("none") is None
    assert read_profile("fogra39") is fogra39()
    path = tmp_path / "mine.safetensors"
    path.write_bytes(FOGRA39_FILE.read_bytes())
    found = read_profile(str(path))
    assert found is not None and torch.equal(found.printed, fogra39().printed)


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


NOTES = {KEY: json.dumps({"format": FORMAT})}
WRONG = {
    "display": ("a.icc", srgb, "got that of a display"),
    "link": ("a.icc", lambda: srgb().replace(b"mntr", b"link"), "a link between two devices"),
    "one way": ("a.icm", lambda: press().replace(b"B2A", b"X2A"), "cannot convert both ways"),
    "no icc": ("a.icc", lambda: b"hello", "no ICC file"),
    "no tensors": ("a.safetensors", lambda: b"hello", "no safetensors file"),
    "empty": ("a.safetensors", lambda: b"", "no safetensors file"),
    "cut": ("a.safetensors", lambda: FOGRA39_FILE.read_bytes()[:-9], "no safetensors file"),
    "other tensors": (
        "a.safetensors",
        lambda: FOGRA39_FILE.read_bytes().replace(b"eot print", b"xyz print"),
        "other tensors",
    ),
    "notes in a list": ("a.safetensors", lambda: noted([1]), "other tensors"),
    "notes that are a number": ("a.safetensors", lambda: noted(5), "other tensors"),
    "no notes": ("a.safetensors", lambda: noted(None), "other tensors"),
    "flat": ("a.safetensors", lambda: save({"printed": torch.zeros(2, 2, 3, 3)}, NOTES), "2, 2, 3, 3"),
    "half": ("a.safetensors", lambda: save({"printed": identity()}, NOTES), "table reach"),
    "range": ("a.safetensors", lambda: encoded(reach=torch.full((2, 2, 2, 3), 1.5)), "outside"),
}


def noted(notes: object) -> bytes:
    return save({"printed": identity(), "reach": identity()}, {KEY: json.dumps(notes)})


def encoded(**tables: Tensor) -> bytes:
    exact = PrintProfile("x", identity(), identity())
    return encode_profile(replace(exact, **tables))


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_print_profile_is_refused(tmp_path: Path, case: str) -> None:
    name, make, says = WRONG[case]
    path = tmp_path / name
    path.write_bytes(make())
    with pytest.raises(InputError, match=says):
        read_profile(str(path))


def test_a_wrong_name_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'fogra39'"):
        read_profile("/runs/fogra93")
    with pytest.raises(InputError, match=r"gone\.icc"):
        read_profile("/gone.icc")
