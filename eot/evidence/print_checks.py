"""What the print profile of a run says about its colours."""

from jaxtyping import Float
from torch import Tensor

from eot.evidence.findings import Finding, ok, warn
from textures.printer.gamut import printability
from textures.printer.profile import PrintProfile

# Below this share most of what was optimised is moved by the printer: the gamut term is there to help.
FEW = 0.5


def printed_colours(
    profile: PrintProfile, image: Float[Tensor, "t 3 u v"], mask: Float[Tensor, "1 u v"]
) -> Finding:
    """How much of the inked area the printer reaches, and how far the print is from the picture.

    Either way the numbers of the report are those of the print: the victim saw printed colours throughout.
    """
    found = printability(profile, image, mask)
    text = (
        f"Measured as printed with the profile {profile.name}. The inks reach {found.in_gamut:.1%} of the "
        f"printed area; print and picture differ by ΔE2000 {found.mean_difference:.1f} on average."
    )
    if found.in_gamut < FEW:
        return warn("print", f"{text} Set penalties.gamut to keep to colours that can be printed.")
    return ok("print", text)
