"""Athalye et al. 2018, section 4.1, at reduced size: pictures that stay adversarial when they are moved.

Photos are attacked one by one towards a random class and judged under fresh transformations: turned up to
22.5°, 0.9 to 1.4 times as large, anywhere, a little lighter or darker, with sensor noise. The change of a
texel is at most --eps; the paper instead pays for the distance in Lab. The clean photo and one with random
signs of the same eps are judged on the first of the same views. Goes on where it was cut off.

    python -m benchmarks.athalye_2d --out runs/athalye_2d
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from benchmarks.athalye_3d import ASSETS, NET
from eot.attack import Attack, run
from eot.evidence.statistics import clustered
from eot.objectives import Targeted
from eot.optimisers import cosine
from eot.problem import Problem
from eot.runs.product import levels_of, shown
from eot.streams import Stream, generator_for
from eot.studies.madry_rows import in_bfloat16
from eot.victims.load import load_classifier
from eot.victims.victim import Victim
from renders.backgrounds import Backgrounds
from renders.camera import Camera
from renders.conditions import Condition, Conditions
from renders.framing import Framing
from renders.photos import read_photo
from renders.scene import Scene
from renders.sensor.resize import resize
from renders.surfaces.flat import Flat
from textures.norms import Linf
from textures.parameters import Pixels
from textures.write import write_files

SIDE_PX, BATCH = 224, 20
SELECT_VIEWS, SELECT_EVERY = 96, 20
# Of the views that a photo is judged on, how many the two controls are judged on too.
CONTROL_VIEWS = 200
# A photo one metre wide fills the frame of this camera at one metre.
CAMERA = Camera(SIDE_PX, SIDE_PX, SIDE_PX)
CONDITIONS = Conditions(
    {
        "distance_m": (1 / 1.4, 1 / 0.9),
        "roll_deg": (-22.5, 22.5),
        "aim_x": (-1.0, 1.0),
        "aim_y": (-1.0, 1.0),
        "exposure_stops": (-0.2, 0.2),
        "read_noise": (0.0, 0.05),
    }
)


def scene() -> Scene:
    """The photo on a wall before black."""
    behind = Backgrounds(torch.zeros(1, 3, 1, 1))
    return Scene(Flat(1.0, 1.0), CAMERA, behind, (SIDE_PX, SIDE_PX), Framing.FRAME)


def photos(count: int) -> list[tuple[str, int, Float[Tensor, "1 3 h w"]]]:
    """Name, class (it begins the name) and middle square of the first photos."""
    found = []
    for path in sorted((ASSETS / "photos" / "imagenet").glob("*.*"))[:count]:
        photo = read_photo(path)
        side = min(photo.shape[1:])
        top, left = (photo.shape[1] - side) // 2, (photo.shape[2] - side) // 2
        square = resize(photo[None, :, top : top + side, left : left + side], (SIDE_PX, SIDE_PX))
        found.append((path.stem, int(path.stem.split("_")[0]), square.clamp(0, 1)))
    return found


def attacked(photo: Tensor, victim: Victim, target: int, seed: int, eps: float, steps: int) -> Tensor:
    """The photo in eight bits, at most eps away; stops once all of its views hold.

    Gradients are taken in bfloat16, at half the price; what counts is judged in float32.
    """
    texture = Pixels(shown(levels_of(photo)), Linf(), eps)
    attack = Attack(
        texture,
        Problem(scene(), ((in_bfloat16(victim), 1.0),), Targeted(target)),
        torch.optim.Adam(texture.parameters(), lr=eps / 4),
        Stream(CONDITIONS, seed, "train", 8),
        Stream(CONDITIONS, seed, "select", SELECT_VIEWS),
        steps,
        SELECT_EVERY,
        cosine,
    )
    for last in run(attack):
        if last.best is not None and last.best.success == 1.0:
            break
    assert last.best is not None
    return shown(levels_of(last.best.image, texture.start))


@torch.no_grad()
def judged(images: Tensor, victim: Victim, condition: Condition) -> Tensor:
    """Class of every image under every transformation `[t k]`."""
    world = scene()
    parts = [world(images, condition[i : i + BATCH]) for i in range(0, len(condition), BATCH)]
    return torch.cat([victim(part.flatten(0, 1)).argmax(1).unflatten(0, part.shape[:2]) for part in parts], 1)


def summary(records: Sequence[dict]) -> str:
    """Mean ± standard deviation over photos, and the rate with its 95 % interval over photos."""
    lines = [f"{len(records)} photos, {sum(r['views'] for r in records)} transformed views"]
    for key in [k for k, value in records[0].items() if isinstance(value, float)]:
        values = torch.tensor([r[key] for r in records], dtype=torch.float64)
        lines.append(f"  {key:14s} {values.mean():9.6f} ± {values.std():8.6f}")
    sizes = [r["views"] for r in records]
    rate = clustered([round(r["adversarial"] * r["views"]) for r in records], sizes)
    return "\n".join([*lines, f"  over photos {rate.rate:.1%} [{rate.low:.1%}, {rate.high:.1%}]"])


def noisy(photo: Tensor, seed: int, eps: float) -> Tensor:
    """The photo with a random sign of eps on every value, in eight bits."""
    signs = torch.randint(2, photo.shape, generator=generator_for(seed, "noise 2d")).to(photo) * 2 - 1
    return shown(levels_of((photo + eps * signs).clamp(0, 1)))


def record_of(
    name: str, victim: Victim, truth: int, target: int, change: Tensor, classes: Tensor, controls: Tensor
) -> dict:
    """What the views of one photo came to; controls are the clean photo and the noisy one."""

    def share(of: Tensor, label: int) -> float:
        return float((of == label).float().mean())

    return {
        "photo": name,
        "target": victim.info.labels[target],
        "views": classes.shape[1],
        "adversarial": share(classes[0], target),
        "correct": share(classes[0], truth),
        "control_views": controls.shape[1],
        "clean_target": share(controls[0], target),
        "clean_correct": share(controls[0], truth),
        "noise_target": share(controls[1], target),
        "noise_correct": share(controls[1], truth),
        "l2_per_value": float(change.square().sum().sqrt() / change.numel()),
    }


def main() -> None:
    """Attacks what is not there yet, then prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/athalye_2d"))
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="photos to leave to another process")
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--eps", type=float, default=16 / 255)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    victim = load_classifier(NET)
    records = []
    for number, (name, truth, photo) in list(enumerate(photos(args.photos)))[args.first :]:
        place = args.out / f"{name}.json"
        if not place.is_file():
            dice = generator_for(args.seed, "target 2d", number)
            target = int(torch.randint(len(victim.info.labels), (1,), generator=dice))
            image = attacked(photo, victim, target, args.seed + number, args.eps, args.steps)
            controls = torch.cat([photo, noisy(photo, args.seed + number, args.eps)])
            report = Stream(CONDITIONS, args.seed + number, "report", args.views)(0)
            classes = judged(image, victim, report)
            control_classes = judged(controls, victim, report[:CONTROL_VIEWS])
            record = record_of(name, victim, truth, target, image - photo, classes, control_classes)
            write_files(args.out, {place.name: json.dumps(record, indent=1).encode()})
        records.append(json.loads(place.read_text()))
        print(json.dumps(records[-1]), flush=True)
    print(summary(records))


if __name__ == "__main__":
    main()
