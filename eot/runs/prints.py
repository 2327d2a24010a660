"""From a finished run to what is printed: the article and its controls at true size."""

from jaxtyping import Float
from torch import Tensor

from eot.runs.articles import Article as Carrier
from eot.runs.build import controls_of
from eot.runs.config import Config
from eot.runs.product import Product, levels_of, shown
from eot.runs.provenance import Provenance
from eot.runs.textures import cells_of, texture_of
from eot.streams import generator_for
from textures.controls import shuffled_article
from textures.sheets.article import Article
from textures.sheets.manifest import Arm

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
