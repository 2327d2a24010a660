"""From a finished run to what is printed: the article and its controls at true size."""

from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from eot.runs.articles import Article as Carrier
from eot.runs.build import controls_of
from eot.runs.config import Config
from eot.runs.product import Product, levels_of, shown
from eot.runs.provenance import Provenance
from eot.runs.textures import cells_of, texture_of
from eot.streams import generator_for
from renders.errors import InputError
from textures.controls import shuffled_article
from textures.sheets.article import Article
from textures.sheets.export import MANIFEST
from textures.sheets.manifest import Arm, Manifest, decode_manifest

RUN_LETTERS = 16


def articles_to_print(
    config: Config, carrier: Carrier, product: Product, provenance: Provenance
) -> dict[Arm, Article]:
    """The article and its controls, the attack first.

    One sticker, whatever the number of faces it was optimised on. A bare patch has no clean control: without
    it there is nothing to print.
    """
    whole = bool((product.mask == 1).all())
    return {
        arm: Article(
            id=product.identifier,
            title=product.title,
            face=face,
            mask=None if whole else product.mask,
            width_mm=product.width_mm,
            height_mm=product.height_mm,
            run_hash=provenance.config_sha256[:RUN_LETTERS],
            date=provenance.started[:10],
        )
        for arm, face in _faces(config, carrier, product).items()
    }


def _faces(config: Config, carrier: Carrier, product: Product) -> dict[Arm, Float[Tensor, "3 u v"]]:
    """What each arm shows, in the order in which they are printed."""
    texture = texture_of(config.texture, carrier, product.mask, generator_for(config.seed, "start"))
    controls = controls_of(config, texture, carrier.bare)
    attack = product.image[0]
    under = controls["clean"][0] if "clean" in controls else attack
    faces: dict[Arm, Float[Tensor, "3 u v"]] = {"attack": attack}
    if "clean" in controls:
        faces["clean"] = under
    faces["blank"] = controls["blank"][0]
    faces["noise"] = controls["noise"][0]
    generator = generator_for(config.seed, "shuffled article")
    cells = cells_of(config.texture, carrier)
    shuffled = shuffled_article(attack, under, product.mask, cells, generator)
    faces["shuffled"] = shown(levels_of(shuffled))
    return faces


def runs_with_markers_of(article_path: Path) -> tuple[Path, ...]:
    """The runs beside this one whose printed sheets have markers of this one's, by name.

    In one photo their sheets would be taken for each other's. Runs that were not printed, or by another
    version, are passed over, and so is the same run in another folder: its sheets are the same.
    """
    here = article_path.resolve()
    ours = _printed(here / MANIFEST)
    if ours is None:
        return ()
    found = []
    for path in sorted(here.parent.parent.glob(f"*/{here.name}/{MANIFEST}")):
        other = _printed(path) if path.parent != here else None
        if other is not None and other.run != ours.run and ours.face_markers() & other.face_markers():
            found.append(article_path.parent.parent / path.parent.parent.name)
    return tuple(found)


def _printed(path: Path) -> Manifest | None:
    """What was printed of a run; None where that cannot be read."""
    try:
        return decode_manifest(path.read_bytes(), str(path))
    except (OSError, InputError):
        return None
