"""Transfer between the real models of the test material: each patch is made on one model, or on all but one.

`python -m benchmarks.transfer classifiers` and `... detectors` (about a quarter of an hour each on one core)
leave a run per patch in runs/transfer and print the matrix. Killed, the command goes on where it was.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console

from benchmarks.measure import finish
from eot.commands.attack import Request, attack
from eot.commands.transfer import Request as Compare
from eot.commands.transfer import transfer
from eot.runs.folder import RunFolder

EXAMPLES = Path(__file__).parents[1] / "examples"
OUT = Path("runs/transfer")


@dataclass(frozen=True)
class Field:
    """Models of one kind, the scene they are attacked in, and what is shortened or widened of it."""

    models: tuple[str, ...]
    example: str
    settings: tuple[str, ...]
    views: int


FIELDS = {
    "classifiers": Field(
        tuple(f"python:{EXAMPLES}/asset_nets.py:{n}" for n in ("squeezenet", "mobilenet_v2", "mobilenet_v1")),
        "imagenet_patch.toml",
        (
            "conditions.distance_m=[2.0,2.5]",  # 16 to 25 % of the picture, as in Brown et al. (2017)
            "optimiser.steps=300",
            "search.select_every=100",
            "search.select_views=32",
            "evaluation.views=16",
        ),
        300,
    ),
    "detectors": Field(
        tuple(f"python:{EXAMPLES}/asset_detectors.py:{name}" for name in ("yolo_fastest", "yolox_nano")),
        "hide_person.toml",
        ("evaluation.views=16",),
        100,
    ),
}


def main(kind: str) -> None:
    """Trains what is missing, and prints the matrix of success on views that no patch was made on."""
    field = FIELDS[kind]
    runs = []
    for sources in ensembles(field.models):
        out = OUT / kind / "+".join(source.rsplit(":", 1)[1] for source in sources)
        names = ", ".join(f'"{source}"' for source in sources)
        begun = RunFolder(out).is_run
        settings = () if begun else (f"victims.models=[{names}]", *field.settings)
        source = out if begun else EXAMPLES / field.example
        finish(attack(Request(source, settings, out, resume=begun), torch.device("cpu")))
        runs.append(out)
    matrix = finish(transfer(Compare(tuple(runs), field.models, field.views), torch.device("cpu")))
    Console(width=150).print(matrix.table())


def ensembles(models: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each model alone, all but one, and all."""
    chosen: list[tuple[str, ...]] = [(model,) for model in models]
    chosen += [tuple(other for other in models if other != model) for model in models]
    return list(dict.fromkeys([*chosen, models]))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1])
