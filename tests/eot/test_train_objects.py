"""What the object classifier learns from: every object from its own sides, dressed now and then."""

import pytest
import torch

from eot.streams import generator_for
from eot.train_objects import rendered
from eot.train_signs import Plan
from eot.victims import load_victim
from eot.victims.object_views import dressed, exhibits, object_labels, photograph
from renders.backgrounds import Backgrounds
from textures.objects import OBJECTS

TINY = Plan(rounds=2, views=1, backgrounds=2, epochs=1, batch=4)


def grey() -> Backgrounds:
    return Backgrounds(torch.full((1, 3, 1, 1), 0.5))


def last(work):  # type: ignore[no-untyped-def]
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.mark.slow
def test_every_object_is_shown_equally_often_and_the_same_seed_shows_the_same() -> None:
    pool, again = last(rendered(TINY, 3)), last(rendered(TINY, 3))
    assert pool.classes.bincount().tolist() == [2] * len(OBJECTS)
    assert torch.equal(pool.images, again.images)
    assert len({tuple(image.flatten().tolist()) for image in pool.images}) == len(pool.images)


def test_an_object_wears_its_own_texture_in_half_of_the_views() -> None:
    shown = exhibits(grey())[0]
    generator = generator_for(0, "dressing")
    own = sum(torch.equal(dressed(shown, generator), shown.texture) for _ in range(200))
    # 200 draws of one half: five standard deviations are 35.
    assert abs(own - 100) < 35


def test_graded_views_lie_inside_those_that_are_trained_on() -> None:
    for shown in exhibits(grey()):
        graded, trained = (shown.conditions(graded=flag).ranges for flag in (True, False))
        for name, (low, high) in graded.items():
            assert trained[name][0] <= low and high <= trained[name][1], name


def test_the_bundled_net_knows_every_object_of_the_catalogue() -> None:
    victim = load_victim("bundled:object-net")
    assert victim.info.labels == object_labels()
    right = 0
    for shown in exhibits(grey()):
        condition = shown.conditions(graded=True).sample(generator_for(1, "look"), 6)
        seen = photograph(shown, shown.texture, condition)
        right += int((victim(seen.images).argmax(1) == seen.classes).sum())
    assert right >= 57, "its card says 99.9 %: three misses in sixty are already rare"
