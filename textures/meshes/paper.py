"""An object on paper: decals for its surface, or a net to build it from; PDF at true size and the figures."""

import json
from collections.abc import Mapping
from typing import Any

from textures.meshes.booklet import DECALS, NET, Booklet, booklet_pdf
from textures.meshes.decals import decals_of
from textures.meshes.flaws import facing_out
from textures.meshes.net import net_of
from textures.meshes.patch import Patch
from textures.meshes.solid import Solid
from textures.sheets.frame import LABEL
from textures.sheets.layout import ROOM_MM, paper_for


def decal_files(solid: Solid, page: str = "auto") -> Mapping[str, bytes]:
    """`ID-decals.pdf`, every island of the texture to cut out and stick on, and `ID-decals.json`.

    `page` is A4, A3, Letter, Tabloid or auto. Raises InputError for another page.
    """
    solid = facing_out(solid)
    return _files(solid, decals_of(solid), DECALS, page)


def net_files(solid: Solid, page: str = "A4") -> Mapping[str, bytes]:
    """`ID-net.pdf`, the surface to fold and glue from card, and `ID-net.json`.

    Raises InputError for another page, for more faces than can be glued, and for faces without area.
    """
    solid = facing_out(solid)
    room = paper_for(page, [(0.0, 0.0)]).printable
    return _files(
        solid, net_of(solid, (room.width_mm - 2 * ROOM_MM, room.height_mm - 2 * ROOM_MM)), NET, page
    )


def _files(solid: Solid, patches: list[Patch], booklet: Booklet, page: str) -> Mapping[str, bytes]:
    figures = {
        "schema": 1,
        "label": LABEL,
        "id": solid.id,
        "title": solid.title,
        "run": solid.run_hash,
        "units": "mm",
        "patches": [_figures(patch) for patch in patches],
    }
    name = f"{solid.id}-{booklet.name}"
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    return {f"{name}.pdf": booklet_pdf(solid, patches, booklet, page), f"{name}.json": text.encode()}


def _figures(patch: Patch) -> dict[str, Any]:
    """`stretch` is surface over paper: mean, and what 5 % of the surface lie below and above.

    Of a decal also what a millimetre of the page to the right and one up are on the object, in mm.
    """
    stretch = (patch.stretch.mean, patch.stretch.low, patch.stretch.high)
    way = {} if patch.way is None else {"page_right": patch.way.axes[:, 0], "page_up": patch.way.axes[:, 1]}
    return {
        "number": patch.number,
        "size_mm": [round(patch.box.width_mm, 3), round(patch.box.height_mm, 3)],
        "area_mm2": round(patch.outline.area, 1),
        "faces": len(patch.faces),
        "folds": len(patch.folds),
        "stretch": [round(value, 4) for value in stretch],
        # Adding nought makes -0 nought.
        **{name: (axis.round(4) + 0.0).tolist() for name, axis in way.items()},
    }
