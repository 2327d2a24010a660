"""`eot rehearse`: the printed files, photographed by a second camera model, and judged like real photos."""

import json
import math
import shutil
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Group
from rich.text import Text

from eot.commands.measure import articles_of
from eot.commands.photos import Request as PhotosRequest
from eot.commands.photos import manifest_of, photos
from eot.commands.print import product_of
from eot.commands.tick import Tick
from eot.photos.board import Board, boards_of
from eot.photos.markers import Marker
from eot.photos.outcome import Outcome
from eot.photos.register import mapped
from eot.photos.rehearsal.camera import Plane, Stand, photograph, to_photo
from eot.photos.rehearsal.check import Check, check
from eot.photos.rehearsal.printing import Pages, inked_by, mounted
from eot.photos.rehearsal.shooting import View, as_taken, backdrop, truth_csv, views_of
from eot.problem import Problem
from eot.runs.build import Built, build, frame_of
from eot.runs.folder import open_run
from eot.runs.product import Product
from eot.runs.scenes import camera_of
from eot.streams import generator_for
from renders.camera import Camera
from renders.conditions import Condition
from renders.errors import InputError
from renders.scene import Scene
from textures.printer.catalogue import read_profile
from textures.sheets.manifest import Manifest
from textures.write import explained, write_bytes, write_files

FOLDER = "rehearsal"
ARMS = ("attack", "clean", "noise")
# Raster of the printed pages over the camera's own resolution at the nearest distance.
FINER = 2.0
LEAST_PX_PER_MM, MOST_PX_PER_MM = 1.5, 12.0


@dataclass(frozen=True)
class Request:
    """What the user asked for: so many photos of all arms together; `profile` None prints as the run does."""

    run: Path
    photos: int = 60
    profile: str | None = None
    sheet: Path | None = None


@dataclass(frozen=True)
class Rehearsed:
    """The check against the truth, and the verdict on the photos."""

    folder: Path
    check: Check
    outcome: Outcome

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"folder": str(self.folder), **self.check.record()}

    def table(self) -> Group:
        """For people."""
        c = self.check
        share = f"{c.photographed.successes} of {c.photographed.n}"
        r = c.rendered
        bounds = f"{r.successes} of {r.n}, {100 * r.low:.1f} to {100 * r.high:.1f} %"
        lines = [
            f"markers of 20 px and more: {c.found} of {c.clear} sheets found",
            f"median errors there: {100 * c.distance_share:.2f} % of the distance, {c.angle_deg:.2f}°",
            f"wrong pose branch: {c.wrong}, {c.unflagged} of them not flagged",
            f"attack in the photos: {share}; the training renderer from the same spots: {bounds}",
            "passed" if c.passed else "not passed: see which of these lines is off",
        ]
        return Group(self.outcome.table(), *(Text(line) for line in lines))


def rehearse(request: Request, device: torch.device) -> Generator[Tick, None, Rehearsed]:
    """Prints, photographs and judges; the photos, their truth and the check go to `rehearsal/` of the run."""
    folder = open_run(request.run)
    product, config = product_of(folder), folder.config()
    if config.surface.kind != "flat":
        raise InputError(f"surface.kind: expected flat to rehearse; got {config.surface.kind}")
    manifest, source = manifest_of(folder, request.sheet)
    frame = frame_of(config, device)
    built = build(frame, product.mask)
    camera = camera_of(config.camera)
    planes = _planes(request, manifest, source, product, built, camera)
    count = math.ceil(request.photos / len(planes))
    condition = frame.stream(FOLDER, count)(0)
    views = views_of(condition, max(planes.values(), key=lambda p: p.levels.size), camera)
    place = folder.path / FOLDER
    truth = yield from _shoot(place, planes, views, camera, config.seed)
    outcome = yield from photos(
        PhotosRequest(request.run, (place / "shots",), sheet=request.sheet, out=place), device
    )
    sides = {
        name: marker_side_px(board, planes[_arm(name)], view.stand, camera)
        for name, view in truth.items()
        for board in boards_of(manifest)
        if board.arm in ("", _arm(name))
    }
    zoom = sum(config.conditions["zoom"]) / 2
    checked = _checked(outcome, built, product, truth, sides, as_taken(condition, views, zoom))
    write_files(place, {"rehearsal.json": (json.dumps(checked.record(), indent=2) + "\n").encode()})
    return Rehearsed(place, checked, outcome)


def _arm(name: str) -> str:
    """The folder of a photo is its arm."""
    return name.split("/")[0]


def marker_side_px(board: Board, plane: Plane, stand: Stand, camera: Camera) -> float:
    """The shortest side that the markers of a sheet truly have in a photo."""
    homography = to_photo(plane, stand, camera)
    shift = np.array(plane.centre_mm) - board.corners_mm.mean(0)
    corners = [mapped(homography, corners + shift) for corners in board.markers_mm.values()]
    return min(Marker(0, each).side_px for each in corners)


def _planes(
    request: Request,
    manifest: Manifest,
    source: Path,
    product: Product,
    built: Built,
    camera: Camera,
) -> dict[str, Plane]:
    """What hangs on the wall, by arm: those of the three that were printed, and the bare face."""
    config = built.frame.config
    name = config.print.profile if request.profile is None else request.profile
    nearest_m = config.conditions["distance_m"][0]
    px_per_mm = min(max(FINER * camera.focal_px / (1000 * nearest_m), LEAST_PX_PER_MM), MOST_PX_PER_MM)
    pages = Pages(manifest, source.parent, px_per_mm, inked_by(read_profile(name)))
    printed = {target.arm for target in manifest.targets}
    bare = None if built.frame.article.bare else _bare(built, product)
    # A sticker's clean partner is the face itself, for which nothing is printed.
    there = [arm for arm in ARMS if arm in printed or (arm == "clean" and bare is not None)]
    return {arm: mounted(manifest, pages, arm, bare) for arm in there}


def _bare(built: Built, product: Product) -> np.ndarray:
    """The face without a sticker, sRGB and coverage `[u v 4]`."""
    face = built.frame.article.faces[0].cpu()
    return torch.cat([face, product.coverage.to(face)]).permute(1, 2, 0).contiguous().float().numpy()


def _shoot(
    place: Path, planes: dict[str, Plane], views: list[View], camera: Camera, seed: int
) -> Generator[Tick, None, dict[str, View]]:
    """Takes all photos; those of an earlier rehearsal, whose truth is lost, are removed first."""
    _remove(place / "shots")
    truth: dict[str, View] = {}
    total = len(planes) * len(views)
    for view in views:
        wall = backdrop(generator_for(seed, "rehearsal wall", view.number))
        for arm, plane in planes.items():
            name = f"{arm}/{view.number:03d}.jpg"
            generator = generator_for(seed, f"rehearsal {arm}", view.number)
            jpeg = photograph(plane, view.stand, camera, wall, view.exposure, generator)
            write_bytes(place / "shots" / name, jpeg)
            truth[name] = view
            yield Tick("rehearse", len(truth), total, f"{view.stand.distance_m:.1f} m")
    write_files(place, {"truth.csv": truth_csv(list(truth.items()))})
    return truth


def _remove(folder: Path) -> None:
    """Removes a folder, if it is there."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise explained(error, folder) from error


def _evenly_lit(problem: Problem) -> Problem:
    """The problem without its environment maps: the second camera knows one even light only."""
    assert isinstance(problem.scene, Scene)  # what surface.kind = flat is shown in
    return replace(problem, scene=replace(problem.scene, environments=None))


def _checked(
    outcome: Outcome,
    built: Built,
    product: Product,
    truth: dict[str, View],
    sides_px: dict[str, float],
    condition: Condition,
) -> Check:
    """The photos of a rehearsal against their truth and against the training renderer."""
    problem = _evenly_lit(built.frame.problem())
    article = articles_of(built, product)["attack"][:1]
    with torch.no_grad():
        success = [bool(problem(article, condition[i : i + 1]).success[0, 0]) for i in range(len(condition))]
    rendered = {name: success[view.number] for name, view in truth.items() if _arm(name) == "attack"}
    stands = {name: view.stand for name, view in truth.items()}
    return check(outcome.photos, stands, sides_px, rendered, built.frame.config.evaluation.level)
