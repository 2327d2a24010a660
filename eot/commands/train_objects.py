"""`eot train-objects`: trains the object classifier on our own renders, grades it and writes its card."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from eot.commands.listing import Listing
from eot.commands.tick import Tick
from eot.commands.train_signs import check_writable, machine
from eot.evidence.statistics import Rate
from eot.train_objects import PLAN, graded, train
from eot.train_signs import Plan
from eot.victims.bundled import TRAINED
from eot.victims.object_views import object_labels
from eot.victims.sign_net import INPUT_PX, MEAN, OBJECT_NET, STD
from eot.victims.state_file import load_state_file
from textures.write import write_files

VIEWS = 400
CARD = """# {name}

Tells the objects of `eot objects` apart in pictures of {side_px} x {side_px} px. It is there so that an
attack on an object can be tried out of the box; it knows drawings and synthetic light, and what fools it
says little about any other model.

* Made by `eot train-objects --seed {seed}`: {views} views of each object from all around, 40° below to 70°
  above, 3 to 8 times its size away, before drawn scenes, all light, the full sensor; one view in five in
  other colours, three in ten daubed with noise.
* {facts}. Apache-2.0.

Accuracy on {n} fresh views (30° below to 60° above, scenes never trained on): {accuracy:.2%}.

| object | accuracy | 95 % interval |
|---|---|---|"""


@dataclass(frozen=True)
class Request:
    """What the user asked for; without a folder `runs/victims`."""

    seed: int = 0
    out: Path | None = None
    plan: Plan = PLAN
    views: int = VIEWS


def train_objects(request: Request, device: torch.device) -> Generator[Tick, None, Listing]:
    """The accuracy by object of the trained net; its weights and its card are written.

    Raises:
        InputError: a folder that cannot be written (found out before any work).
    """
    folder = request.out or TRAINED
    check_writable(folder)
    net = yield from train(OBJECT_NET, request.plan, request.seed, device)
    data = save(net.state_dict(), _metadata(request))
    path = write_files(folder, {f"{OBJECT_NET}.safetensors": data})[0]
    victim = load_state_file(str(path)).to(device)
    rates = yield from graded(victim, request.views)
    facts = f"{len(data) / 1e6:.2f} MB, sha256 {victim.info.weights_sha256[:16]}, {machine(device)}"
    write_files(folder, {f"{OBJECT_NET}.md": _card(request, rates, facts).encode()})
    rows = tuple((name, rate.rate, rate.low, rate.high, rate.n) for name, rate in rates.items())
    return Listing(str(path), ("object", "accuracy", "low", "high", "n"), rows)


def _metadata(request: Request) -> dict[str, str]:
    return {
        "name": OBJECT_NET,
        "arch": OBJECT_NET,
        "labels": json.dumps(object_labels()),
        "input_px": json.dumps([INPUT_PX, INPUT_PX]),
        "mean": json.dumps(MEAN),
        "std": json.dumps(STD),
        "licence": "Apache-2.0",
        "seed": str(request.seed),
        "plan": json.dumps(vars(request.plan)),
    }


def _card(request: Request, rates: dict[str, Rate], facts: str) -> str:
    """The model card as Markdown; rates with their 95 % Clopper-Pearson interval."""
    plan = request.plan
    n, right = sum(r.n for r in rates.values()), sum(r.successes for r in rates.values())
    rows = [f"| {k} | {r.rate:.1%} | {r.low:.1%} to {r.high:.1%} |" for k, r in rates.items()]
    body = CARD.format(
        name=OBJECT_NET,
        side_px=INPUT_PX,
        seed=request.seed,
        views=plan.rounds * plan.views,
        facts=facts,
        n=n,
        accuracy=right / n,
    )
    return "\n".join([body, *rows, "", "Not for any use in which a mistake matters.", ""])
