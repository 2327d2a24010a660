"""Training of the bundled object classifier: renders of the catalogue's objects from all around."""

from collections.abc import Generator

import torch
from torch import nn

from eot.commands.tick import Tick
from eot.evidence.statistics import Rate, exact
from eot.streams import generator_for
from eot.train_signs import BACKGROUND_PX, Plan, Pool, learn
from eot.victims.architectures import fresh
from eot.victims.object_views import dressed, exhibits, object_labels, photograph
from eot.victims.sign_net import INPUT_PX
from eot.victims.victim import Victim
from renders.backgrounds import Backgrounds

# Fewer classes than signs, each from more sides.
PLAN = Plan(rounds=140, views=10, backgrounds=96, epochs=6, batch=128, rate=4e-3)


def train(arch: str, plan: Plan, seed: int, device: torch.device) -> Generator[Tick, None, nn.Module]:
    """The network `arch` trained on views of every object, in eval mode on the CPU.

    The same seed, device, number of threads and torch version give the same weights.
    """
    net = fresh(arch, len(object_labels()), seed, "object-weights")
    pool = yield from rendered(plan, seed)
    yield from learn(net.to(device), pool, plan, seed)
    return net.cpu().to(memory_format=torch.contiguous_format).eval()


def rendered(plan: Plan, seed: int) -> Generator[Tick, None, Pool]:
    """`views` fresh views of every object in each round, each time dressed anew."""
    scenes = generator_for(seed, "object-backgrounds")
    shown = exhibits(Backgrounds.procedural(scenes, plan.backgrounds, BACKGROUND_PX))
    per_round = plan.views * len(shown)
    images = torch.empty(plan.rounds * per_round, 3, INPUT_PX, INPUT_PX, dtype=torch.uint8)
    classes = torch.empty(len(images), dtype=torch.int64)
    start = 0
    for index in range(plan.rounds):
        generator = generator_for(seed, "object-views", index)
        for exhibit in shown:
            condition = exhibit.conditions(graded=False).sample(generator, plan.views)
            made = photograph(exhibit, dressed(exhibit, generator), condition)
            rows = slice(start, start + plan.views)
            images[rows], classes[rows] = made.images.mul(255).round().to(torch.uint8), made.classes
            start += plan.views
        yield Tick("render", index + 1, plan.rounds)
    return Pool(images, classes)


@torch.no_grad()
def graded(victim: Victim, views: int, seed: int = 0) -> Generator[Tick, None, dict[str, Rate]]:
    """Accuracy on fresh graded views of each object, over scenes that training never saw."""
    scenes = generator_for(seed, "object-exam-backgrounds")
    shown = exhibits(Backgrounds.procedural(scenes, 64, BACKGROUND_PX))
    rates = {}
    for done, exhibit in enumerate(shown, 1):
        generator = generator_for(seed, f"object-exam {exhibit.name}")
        condition = exhibit.conditions(graded=True).sample(generator, views)
        parts = [condition[i : i + 50] for i in range(0, views, 50)]
        pictures = (photograph(exhibit, exhibit.texture, part).images for part in parts)
        read = torch.cat([victim(each.to(victim.mean.device)).argmax(1).cpu() for each in pictures])
        rates[exhibit.name] = exact(int((read == exhibit.number).sum()), views)
        yield Tick("grade", done, len(shown))
    return rates
