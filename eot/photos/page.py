"""photos.html: the verdict of the photos on one self-contained page; everything given is escaped."""

from collections.abc import Mapping, Sequence
from typing import Any

from eot.photos.measured import Measured
from eot.report.html import environment, picture_uri

# Photos shown on the page; the contact sheet has more.
MOST = 96


def photos_page(
    report: Mapping[str, Any],
    photos: Sequence[Measured],
    views: Mapping[str, bytes],
    label: Mapping[int, str],
) -> bytes:
    """The bytes of photos.html."""
    verdict = report["verdict"]
    width = len(verdict["yaw_edges_deg"]) - 1
    rows = [verdict["cells"][i : i + width] for i in range(0, len(verdict["cells"]), width)]
    step = max(1, -(-len(photos) // MOST))
    tiles = [_tile(photo, views, label) for photo in photos[::step]]
    page = environment().get_template("photos.html.j2")
    return page.render(report=report, verdict=verdict, rows=rows, tiles=tiles, total=len(photos)).encode()


def _tile(photo: Measured, views: Mapping[str, bytes], label: Mapping[int, str]) -> dict[str, Any]:
    shot = photo.shot
    jpeg = views.get(shot.view)
    return {
        "picture": picture_uri(jpeg, "jpeg") if jpeg else "",
        "kind": "reached" if shot.reached else "right" if shot.right else "lost",
        "reading": label.get(shot.reading[0], f"class {shot.reading[0]}"),
        "confidence": shot.confidence[0],
        "arm": shot.arm,
        "distance_m": photo.distance_m,
        "yaw_deg": photo.yaw_deg,
        "name": shot.name,
        "notes": photo.notes,
    }
