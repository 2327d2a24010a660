"""Transfer between the real models of the test material: each patch is made on one model, or on all but one.

`python -m benchmarks.transfer classifiers` and `... detectors` (about a quarter of an hour each on one core)
leave a run per patch in runs/transfer and print the matrix. `... tricks` makes the patch for two classifiers
with each setting that is for transfer, and shows it to the third. Killed, the command goes on where it was.
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


# What a step of training leaves out, and what is optimised; the rest is that of the classifiers.
TRICKS = {
    "one-model": "victims.each_step=1",
    "cut-out": "optimiser.cut_out=0.3",
    "spectrum": 'texture.kind="fourier"',
}


def main(kind: str) -> None:
    """Trains what is missing, and prints the matrix of success on views that no patch was made on."""
    field = FIELDS["classifiers" if kind == "tricks" else kind]
    if kind == "tricks":
        pair = (field.models[0], field.models[2])  # the pair that reaches the third net most often
        runs = [made(field, OUT / "classifiers" / named(pair), pair)]
        runs += [made(field, OUT / kind / name, pair, (setting,)) for name, setting in TRICKS.items()]
    else:
        runs = [made(field, OUT / kind / named(sources), sources) for sources in ensembles(field.models)]
    matrix = finish(transfer(Compare(tuple(runs), field.models, field.views), torch.device("cpu")))
    Console(width=150).print(matrix.table())


def named(sources: tuple[str, ...]) -> str:
    """The folder of the patch for some models."""
    return "+".join(source.rsplit(":", 1)[1] for source in sources)


def made(field: Field, out: Path, sources: tuple[str, ...], settings: tuple[str, ...] = ()) -> Path:
    """The finished run of the patch for some models."""
    names = ", ".join(f'"{source}"' for source in sources)
    begun = RunFolder(out).is_run
    wanted = () if begun else (f"victims.models=[{names}]", *field.settings, *settings)
    source = out if begun else EXAMPLES / field.example
    finish(attack(Request(source, wanted, out, resume=begun), torch.device("cpu")))
    return out


def ensembles(models: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each model alone, all but one, and all."""
    chosen: list[tuple[str, ...]] = [(model,) for model in models]
    chosen += [tuple(other for other in models if other != model) for model in models]
    return list(dict.fromkeys([*chosen, models]))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1])
