"""Looks at one photo: finds the article, cuts out what the victims get, and writes down what they say."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from eot.aims import Aim
from eot.photos.board import Board
from eot.photos.corners import ARMS, Told, row_for
from eot.photos.framing import Cut, presented
from eot.photos.intake import Picture
from eot.photos.markers import MIN_SIDE_PX, Marker, find_markers
from eot.photos.register import Placed, place
from eot.photos.seen import Shot
from eot.photos.thumbnail import thumbnail
from eot.victims.any_victim import AnyVictim, Prediction
from renders.errors import InputError
from renders.places import Places, bounding_boxes

# Below this side of a marker its corners, and with them the pose, become uncertain.
SMALL_MARKER_PX = 20.0
# Bytes of a photo's name that the name of its picture keeps: disks allow 255, a suffix and a draft included.
VIEW_BYTES = 120


@dataclass(frozen=True, eq=False)
class Task:
    """What all photos are looked at with.

    Args:
        face_m: width and height of the article.
        label: the true class, where it is known.
        told: rows of the user's CSV by file name.
        arm: what is photographed where neither markers, CSV nor folder tell.
    """

    boards: tuple[Board, ...]
    victims: tuple[AnyVictim, ...]
    objective: Aim
    cut: Cut
    zoom: float
    output_px: int
    face_m: tuple[float, float]
    label: int | None
    told: dict[str, tuple[Told, ...]]
    arm: str = ""
    device: torch.device | None = None


@dataclass(frozen=True, eq=False)
class Find:
    """An article in a photo before anybody has judged it; no corners where the whole frame is judged."""

    found: str
    arm: str
    target: str = ""
    corners_px: Float[np.ndarray, "4 2"] | None = None
    article_m: Float[np.ndarray, "n 3"] | None = None
    image_px: Float[np.ndarray, "n 2"] | None = None
    marker_px: float = 0.0
    notes: tuple[str, ...] = ()
    told: Told | None = None


def look(picture: Picture, task: Task) -> list[tuple[Shot, bytes]]:
    """Every article in a photo with a picture for people. Raises InputError where none can be judged."""
    finds = _finds(picture, task)
    names = [picture.name if i == 0 else f"{picture.name}@{i + 1}" for i in range(len(finds))]
    return [_judged(picture, find, name, task) for find, name in zip(finds, names, strict=True)]


def _finds(picture: Picture, task: Task) -> list[Find]:
    rows = task.told.get(picture.cluster, ())
    placed = [row for row in rows if row.corners_px is not None]
    if placed:
        return [_from_corners(picture, row, task) for row in placed]
    markers = find_markers(cv2.cvtColor(picture.levels, cv2.COLOR_RGB2GRAY), [b.ids for b in task.boards])
    sheets = place(markers, task.boards)
    if sheets:
        _check_single(sheets)
        arms = [sheet.board.arm for sheet in sheets]
        return [_from_markers(picture, sheet, row_for(rows, sheet.board.arm, arms), task) for sheet in sheets]
    if task.cut is Cut.CROP:
        raise InputError(_nothing_found(markers, task))
    told = row_for(rows, "")
    arm = _arm(picture, told, "", task)
    note = "the article was not looked for beyond its markers, which were not found: no pose"
    return [Find("frame", arm, notes=(note,) if task.boards else (), told=told)]


def _check_single(sheets: Sequence[Placed]) -> None:
    names = [sheet.board.name for sheet in sheets]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"the sheet {twice} is in this photo twice: cover one, or crop the photo")


def _nothing_found(markers: Sequence[Marker], task: Task) -> str:
    ids = sorted({marker.id for marker in markers})
    if not task.boards:
        return "this run has no printed markers: give the article's corners with --corners, or --click them"
    known = frozenset().union(*(board.ids for board in task.boards))
    if ids and not known & set(ids):
        return (
            f"shows another print than this run's (markers {', '.join(map(str, ids))}): is it the right RUN?"
        )
    if ids:
        return "only one marker of the sheet can be seen: keep two of the four free, or give --corners"
    return (
        f"no markers found: blurred, hidden, or below {MIN_SIDE_PX} px? Go nearer, or give the corners "
        "with --corners"
    )


def _from_markers(picture: Picture, sheet: Placed, told: Told | None, task: Task) -> Find:
    notes = []
    if not sheet.complete:
        notes.append(f"{len(sheet.markers)} of {len(sheet.board.ids)} markers found")
    if sheet.marker_px < SMALL_MARKER_PX:
        notes.append(f"markers of {sheet.marker_px:.0f} px: its pose is uncertain")
    if not _inside(sheet.corners_px, picture):
        notes.append("the article reaches beyond the photo")
    points = sheet.sighting
    return Find(
        "markers",
        _arm(picture, told, sheet.board.arm, task),
        sheet.board.name,
        sheet.corners_px,
        points.article_m,
        points.image_px,
        sheet.marker_px,
        tuple(notes),
        told,
    )


def _from_corners(picture: Picture, told: Told, task: Task) -> Find:
    assert told.corners_px is not None
    if not _inside(told.corners_px, picture):
        height, width = picture.levels.shape[:2]
        size = f"{width} x {height} px"
        raise InputError(f"its corners lie outside its {size}: are they of the upright photo?")
    half_x, half_y = task.face_m[0] / 2, task.face_m[1] / 2
    face = np.array([[-half_x, half_y, 0], [half_x, half_y, 0], [half_x, -half_y, 0], [-half_x, -half_y, 0]])
    arm = _arm(picture, told, "", task)
    return Find("corners", arm, "", told.corners_px, face, told.corners_px, told=told)


def _inside(corners_px: Float[np.ndarray, "4 2"], picture: Picture) -> bool:
    height, width = picture.levels.shape[:2]
    return bool((corners_px >= -1).all() and (corners_px <= (width + 1, height + 1)).all())


def _arm(picture: Picture, told: Told | None, printed: str, task: Task) -> str:
    """What is on the article: by its markers, the CSV, its folder, as given, else by a folder above those."""
    folders = [part.lower() for part in PurePosixPath(picture.cluster).parts[:-1]]
    by_folder = next((part for part in reversed(folders) if part in ARMS), "")
    said = told.arm if told is not None else ""
    return printed or said or by_folder or task.arm or picture.above or "attack"


@torch.no_grad()
def _judged(picture: Picture, find: Find, name: str, task: Task) -> tuple[Shot, bytes]:
    shown, corners = presented(picture.levels, task.cut, find.corners_px, task.zoom, task.output_px)
    answers = [_answer(victim, shown.to(task.device), corners) for victim in task.victims]
    read = [task.objective.read(answer) for answer in answers]
    reading = tuple(int(r.label) for r in read)
    height, width = picture.levels.shape[:2]
    told = find.told
    shot = Shot(
        name=name,
        cluster=picture.cluster,
        arm=find.arm,
        found=find.found,
        target=find.target,
        size_px=(width, height),
        focal_35mm=picture.focal_35mm,
        taken=picture.taken,
        corners_px=_rows(find.corners_px),
        article_m=_rows(find.article_m),
        image_px=_rows(find.image_px),
        marker_px=round(find.marker_px, 2),
        notes=find.notes,
        reading=reading,
        confidence=tuple(round(float(r.confidence), 6) for r in read),
        success=tuple(bool(task.objective.judge(answer)) for answer in answers),
        recognised=() if task.label is None else tuple(r == task.label for r in reading),
        distance_m=told.distance_m if told else None,
        yaw_deg=told.yaw_deg if told else None,
        pair=told.pair if told else "",
        view=view_name(name),
    )
    return shot, thumbnail(picture.levels, find.corners_px)


def _answer(victim: AnyVictim, shown: Tensor, corners: Float[np.ndarray, "4 2"] | None) -> Prediction:
    """What a victim says of one picture `[1 1 ...]`; a detector is told where the article is in it."""
    answer = victim(shown).unflatten(0, (1, 1))
    if isinstance(answer, Tensor):
        return answer
    if corners is None:
        raise InputError("this model is judged where the article is: give its corners with --corners")
    box = bounding_boxes(torch.from_numpy(corners).to(answer.values[0]))[None, None]
    return replace(answer, places=Places(box, box, torch.ones(1, 1, dtype=torch.bool)))


def view_name(name: str) -> str:
    """A file name for the picture of a shot; no two shots have the same."""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    short = safe.encode()[:VIEW_BYTES].decode(errors="ignore")
    return f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.jpg"


def _rows(points: np.ndarray | None) -> tuple:
    return () if points is None else tuple(tuple(round(float(v), 4) for v in row) for row in points)
