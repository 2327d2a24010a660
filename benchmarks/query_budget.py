"""Success of a sticker made from scores alone, over the number of questions asked, beside noise.

`python -m benchmarks.query_budget`: scene, victim and views of examples/stop_sticker.toml. The search asks
one question per photograph; what it holds after each budget is judged on the report stream. With
`--white-box RUN` a finished run of the same scene, made with gradients, is judged on the same views.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from eot.commands.print import product_of
from eot.evidence.evaluate import evaluate
from eot.evidence.evaluation import ATTACK, Evaluation
from eot.loop import descend
from eot.report.figures import INK, TRAIN, drawn
from eot.runs.build import Built, build, frame_of
from eot.runs.config import load_config
from eot.runs.folder import open_run
from eot.runs.masks import fixed_mask

EXAMPLE = Path(__file__).parents[1] / "examples" / "stop_sticker.toml"
BUDGETS = (300, 600, 1250, 2500, 5000, 10_000)
# About 400 questions a step: 24 for what is held, and some five for the race of each square.
VIEWS, TRIALS, STEPS = 24, 80, 24
WHITE = "with gradients"


def main() -> None:
    """Prints the table as JSON and writes the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--white-box", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--views", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path("query_budget.svg"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    built = ready(asked.seed)
    made = dict(searched(built))
    articles = {str(budget): image for budget, image in made.items()}
    articles[ATTACK] = made[BUDGETS[-1]]
    if asked.white_box:
        articles[WHITE] = product_of(open_run(asked.white_box)).image
    articles.update(built.controls())
    evaluation = evaluate(
        built.frame.problem(), articles, built.frame.stream("report", asked.views), asked.views
    )
    rows = {name: evaluation.rates(name).target for name in articles if name != "clean"}
    print(json.dumps({name: [r.rate, r.low, r.high, r.n] for name, r in rows.items()}, indent=1))
    asked.out.write_text(curve(evaluation, tuple(made)), encoding="utf-8")


def ready(seed: int) -> Built:
    """The run of the example with random search; its steps use the largest budget up."""
    once = ("search.select_views=1", f"search.select_every={STEPS}")
    settings = ("kind=random", f"views={VIEWS}", f"trials={TRIALS}", f"steps={STEPS}")
    config = load_config(EXAMPLE, (f"seed={seed}", *(f"optimiser.{each}" for each in settings), *once))
    frame = frame_of(config, torch.device("cpu"))
    mask = fixed_mask(config, frame.article)
    assert mask is not None
    return build(frame, mask)


def searched(built: Built) -> Iterator[tuple[int, Tensor]]:
    """What the search holds when each budget is used up, the questions counted at the victim itself."""
    attack, asked = built.attack, 0

    def count(_: object, arguments: tuple[Tensor, ...]) -> None:
        nonlocal asked
        assert not torch.is_grad_enabled() and not arguments[0].requires_grad
        asked += len(arguments[0])

    built.frame.victims[0][0].register_forward_pre_hook(count)
    steps = descend(
        attack.texture,
        attack.problem,
        attack.optimiser,
        attack.train,
        range(attack.steps),
        slope=attack.slope,
    )
    held, left = attack.texture().detach().clone(), list(BUDGETS)
    for _ in steps:
        while left and asked > left[0]:
            yield left.pop(0), held
        if not left:
            return
        held = attack.texture().detach().clone()
    yield from ((budget, held) for budget in left)


def curve(evaluation: Evaluation, budgets: tuple[int, ...]) -> str:
    """Success over questions, with intervals, and the sticker made with gradients as a line."""
    rates = [evaluation.rates(str(budget)).target for budget in budgets]
    low, middle, high = ([100 * (getattr(r, name) or 0) for r in rates] for name in ("low", "rate", "high"))

    def draw(axes: Any) -> None:
        axes.fill_between(budgets, low, high, color=TRAIN, alpha=0.2)
        axes.plot(budgets, middle, color=TRAIN, marker="o", label="scores alone")
        if WHITE in evaluation.articles:
            axes.axhline(100 * (evaluation.rates(WHITE).target.rate or 0), color=INK, label="with gradients")
        axes.set(xscale="log", xlabel="questions", ylabel="success, %", ylim=(-2, 102))
        axes.legend(frameon=False, fontsize=8)

    return drawn("success over questions", "success of a sticker made from scores alone", draw)


if __name__ == "__main__":
    main()
