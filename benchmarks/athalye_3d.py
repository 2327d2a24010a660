"""Athalye et al. 2018, section 4.2, at reduced size: objects whose texture makes them something else.

Every object gets random targets; each texture is judged on fresh poses, uniform over all rotations, on a
sampler twice as fine as the one that it was made with. Goes on where it was cut off.

    python -m benchmarks.athalye_3d --out runs/athalye_3d
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from eot.attack import run
from eot.evidence.statistics import clustered
from eot.objectives import Targeted
from eot.recipes import texture_3d
from eot.report.gallery import encoded
from eot.runs.product import levels_of, shown
from eot.streams import Stream, generator_for
from eot.studies.madry_rows import in_bfloat16
from eot.victims.load import load_classifier
from eot.victims.victim import Victim
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Conditions
from renders.meshes.islands import coverage
from renders.meshes.load import load_mesh
from renders.meshes.mesh import Mesh
from renders.photos import read_photo
from renders.scene import Scene
from renders.sensor.resize import resize
from renders.surfaces.shell import Shell
from textures.objects import object_named
from textures.write import write_files

ASSETS = Path(__file__).resolve().parents[2] / "shared" / "assets"
NET = "python:examples/asset_nets.py:squeezenet"
TEXELS, SIDE_PX, PLACES = 512, 224, 64
VIEWS, SELECT_VIEWS, SELECT_EVERY = 12, 64, 25
# What a right answer may be called; none where ImageNet has no class of the kind.
OBJECTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ball": ("", ("soccer ball",)),
    "bottle": ("fuze_bottle/fuze.obj", ("water bottle", "pop bottle", "pill bottle", "beer bottle")),
    "mug": ("", ("coffee mug", "cup", "pitcher", "measuring cup")),
    "duck": ("duck/Duck.glb", ()),
}


@dataclass(frozen=True)
class Subject:
    """An object before plain colours, and the classes that are right for it."""

    name: str
    mesh: Mesh
    texture: Float[Tensor, "1 3 u v"]
    right: tuple[int, ...]

    @property
    def conditions(self) -> Conditions:
        """All rotations, 2.5 to 3 times its size away, anywhere in the crop; light and shade."""
        size_m = max(self.mesh.size_m)
        return Conditions(
            {
                "distance_m": (2.5 * size_m, 3 * size_m),
                "azimuth_deg": (-180, 180),
                "elevation_deg": (-90, 90),
                "roll_deg": (-180, 180),
                "zoom": (1.1, 1.4),
                "aim_x": (-1, 1),
                "aim_y": (-1, 1),
                "sky": (0.7, 1.0),
                "sun": (0.0, 0.4),
                "sun_azimuth_deg": (-90, 90),
                "sun_elevation_deg": (10, 80),
                "background": (0, PLACES - 1),
            }
        )

    def scene(self, seed: int, supersample: int) -> Scene:
        """The object before random colours, as many to train on as to judge on."""
        behind = Backgrounds.colours(generator_for(seed, "colours"), PLACES)
        shell = Shell(self.mesh, coverage(self.mesh.uvs, (TEXELS, TEXELS)))
        camera = Camera.from_35mm(26.0, 4032, 3024)
        return Scene(shell, camera, behind, (SIDE_PX, SIDE_PX), supersample=supersample)


def subject(name: str, victim: Victim) -> Subject:
    """An object of the list, its texture at the size that is optimised."""
    file, right = OBJECTS[name]
    up = "z" if name == "bottle" else "y"
    mesh = load_mesh(ASSETS / "meshes" / file, size_mm=200, up=up).mesh if file else object_named(name)
    labels = victim.info.labels
    return Subject(
        name, mesh, resize(mesh.texture, (TEXELS, TEXELS)).clamp(0, 1), tuple(labels.index(r) for r in right)
    )


def attacked(thing: Subject, victim: Victim, target: int, seed: int, steps: int) -> Tensor:
    """The texture that is best on the select stream, in eight bits; stops once all of its views hold.

    Gradients are taken in bfloat16, at half the price; what counts is judged in float32.
    """
    attack = texture_3d(
        thing.texture,
        thing.scene(seed, 1),
        ((in_bfloat16(victim), 1.0),),
        Targeted(target),
        thing.conditions,
        seed=seed,
        views=VIEWS,
        rate=0.15,
        steps=steps,
    )
    select = Stream(thing.conditions, seed, "select", SELECT_VIEWS)
    attack = replace(attack, select=select, select_every=SELECT_EVERY)
    for last in run(attack):
        if last.best is not None and last.best.success == 1.0:
            break
    assert last.best is not None
    return shown(levels_of(last.best.image))


@torch.no_grad()
def judged(thing: Subject, victim: Victim, images: Tensor, seed: int, poses: int) -> Tensor:
    """Class of every image in fresh poses before fresh colours `[t k]`."""
    scene, stream = thing.scene(seed + 1, 2), Stream(thing.conditions, seed, "report", poses)
    condition = stream(0)
    parts = [scene(images, condition[i : i + 10]) for i in range(0, poses, 10)]
    return torch.cat([victim(part.flatten(0, 1)).argmax(1).unflatten(0, part.shape[:2]) for part in parts], 1)


def record_of(thing: Subject, target: int, classes: Tensor, victim: Victim) -> dict:
    """What the poses came to: shares of the target, of right and of other answers."""
    right = torch.isin(classes, torch.tensor(thing.right, dtype=torch.int64))
    adversarial = classes == target
    return {
        "object": thing.name,
        "target": victim.info.labels[target],
        "poses": classes.shape[1],
        "adversarial": float(adversarial[0].float().mean()),
        "correct": float(right[0].float().mean()) if thing.right else None,
        "misclassified": float((~adversarial & ~right)[0].float().mean()),
        "clean_target": float(adversarial[1].float().mean()),
        "clean_correct": float(right[1].float().mean()) if thing.right else None,
    }


def summary(records: Sequence[dict]) -> str:
    """The table beside the paper's, mean ± standard deviation over textures."""
    lines = [f"{len(records)} textures, {sum(r['poses'] for r in records)} poses"]
    for key in ("adversarial", "misclassified", "correct", "clean_target", "clean_correct"):
        values = torch.tensor([r[key] for r in records if r[key] is not None], dtype=torch.float64)
        lines.append(f"  {key:14s} {values.mean():7.1%} ± {values.std():6.1%}  ({len(values)} textures)")
    hits = [round(r["adversarial"] * r["poses"]) for r in records]
    rate = clustered(hits, [r["poses"] for r in records])
    return "\n".join([*lines, f"  95 % interval over textures [{rate.low:.1%}, {rate.high:.1%}]"])


@torch.no_grad()
def contact(subjects: Sequence[Subject], out: Path, victim: Victim, seed: int, shots: int = 8) -> bytes:
    """A JPEG: each object's first texture and its first report poses; red frames are read as the target."""
    rows = []
    for thing in subjects:
        record = json.loads((out / f"{thing.name}-0.json").read_text())
        painted = read_photo(out / f"{thing.name}-0.png")[None]
        views = thing.scene(seed + 1, 2)(painted, Stream(thing.conditions, seed, "report", shots)(0))[0]
        hit = victim(views).argmax(1) == victim.info.labels.index(record["target"])
        colour = torch.where(hit[:, None], torch.tensor([0.85, 0.1, 0.1]), torch.ones(3))[..., None, None]
        framed = colour.repeat(1, 1, SIDE_PX + 12, SIDE_PX + 12)
        framed[..., 6:-6, 6:-6] = views
        map_of_it = resize(painted, (SIDE_PX + 12, SIDE_PX + 12)).clamp(0, 1)
        rows.append(torch.cat([map_of_it, framed]).unbind(0))
    sheet = torch.cat([torch.cat(row, -1) for row in rows], -2)
    return encoded(sheet, "JPEG")


def main() -> None:
    """Attacks what is not there yet, object by object, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/athalye_3d"))
    parser.add_argument("--objects", nargs="+", choices=list(OBJECTS), default=list(OBJECTS))
    parser.add_argument("--targets", type=int, default=5)
    parser.add_argument("--poses", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, help="a .jpg of the finished textures, instead of attacking")
    args = parser.parse_args()
    torch.set_num_threads(1)
    victim = load_classifier(NET)
    subjects = {name: subject(name, victim) for name in args.objects}
    if args.picture is not None:
        sheet = contact(list(subjects.values()), args.out, victim, args.seed)
        write_files(args.picture.parent, {args.picture.name: sheet})
        return
    records = []
    for number in range(args.targets):
        for name, thing in subjects.items():
            place = args.out / f"{name}-{number}.json"
            if not place.is_file():
                dice = generator_for(args.seed, f"target {name}", number)
                target = int(torch.randint(len(victim.info.labels), (1,), generator=dice))
                image = attacked(thing, victim, target, args.seed + number, args.steps)
                classes = judged(
                    thing, victim, torch.cat([image, thing.texture]), args.seed + number, args.poses
                )
                record = json.dumps(record_of(thing, target, classes, victim), indent=1).encode()
                files = {f"{name}-{number}.png": encoded(image[0], "PNG"), place.name: record}
                write_files(args.out, files)
            records.append(json.loads(place.read_text()))
            print(json.dumps(records[-1]), flush=True)
    print(summary(records))


if __name__ == "__main__":
    main()
