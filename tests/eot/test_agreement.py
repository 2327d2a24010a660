"""Agreement with independent implementations, same model and budget; they are no part of the product."""

import pytest
import torch
from torch import Tensor, nn

from eot.objectives import Evade, margin
from eot.recipes import pgd, square
from eot.search.each import best_of_each
from eot.search.restarts import starts
from eot.search.weight import smallest_by_carlini_wagner, smallest_by_lbfgs
from eot.victims.victim import Victim, VictimInfo
from tests.eot.parts import grey
from tests.renders.scenes import noise
from textures.norms import L2

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
IMAGES = grey(48)
EPS, STEPS = 0.02, 20


def net() -> nn.Module:
    """Two convolutions with fixed random weights."""
    found = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(128, 4)
    )
    for number, parameter in enumerate(found.parameters()):
        with torch.no_grad():
            parameter.copy_((noise(*parameter.shape, seed=number) - 0.5) * 3 / parameter[0].numel() ** 0.5)
    return found.eval().requires_grad_(False)


MODULE = net()
VICTIM = Victim(net(), VictimInfo("small", tuple("abcd"), (8, 8), "", "", ""))
LABELS = MODULE(IMAGES).argmax(1)


def robust(images: Tensor) -> float:
    assert float((images - IMAGES).abs().max()) <= EPS * (1 + 1e-4)
    return float((MODULE(images).argmax(1) == LABELS).float().mean())


def ours() -> float:
    draws = starts(0, "agreement", range(len(IMAGES)))
    attack = pgd(IMAGES, VICTIM, Evade(LABELS), eps=EPS, rate=EPS / 8, steps=STEPS, generator=draws)
    return robust(best_of_each(attack).image)


def test_the_budget_leaves_some_and_takes_some() -> None:
    assert 0.1 < ours() < 0.9


def test_pgd_leaves_no_more_than_foolbox() -> None:
    foolbox = pytest.importorskip("foolbox")
    model = foolbox.PyTorchModel(MODULE, bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.LinfPGD(abs_stepsize=EPS / 8, steps=STEPS)
    theirs = attack(model, IMAGES, LABELS, epsilons=EPS)[1]
    assert ours() <= robust(theirs) + 0.01


def test_pgd_leaves_no_more_than_torchattacks() -> None:
    torchattacks = pytest.importorskip("torchattacks")
    attack = torchattacks.PGD(MODULE, eps=EPS, alpha=EPS / 8, steps=STEPS)
    assert ours() <= robust(attack(IMAGES, LABELS)) + 0.01


def test_pgd_leaves_no_more_than_art() -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    classification = pytest.importorskip("art.estimators.classification")
    estimator = classification.PyTorchClassifier(
        model=MODULE,
        loss=nn.CrossEntropyLoss(),
        input_shape=(3, 8, 8),
        nb_classes=4,
        clip_values=(0.0, 1.0),
        device_type="cpu",
    )
    attack = evasion.ProjectedGradientDescentPyTorch(
        estimator, eps=EPS, eps_step=EPS / 8, max_iter=STEPS, num_random_init=1, batch_size=48, verbose=False
    )
    made = attack.generate(IMAGES.numpy(), y=LABELS.numpy())
    assert ours() <= robust(torch.from_numpy(made)) + 0.01


def test_the_smallest_l2_changes_are_those_of_foolbox_or_smaller() -> None:
    foolbox = pytest.importorskip("foolbox")
    model = foolbox.PyTorchModel(MODULE, bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=9, steps=100, initial_const=0.01)
    made = attack(model, IMAGES, LABELS, epsilons=None)[1]
    assert bool((MODULE(made).argmax(1) != LABELS).all())
    theirs = L2().measure(made - IMAGES).median()
    goal = Evade(LABELS)
    for found in (
        smallest_by_carlini_wagner(IMAGES, VICTIM, goal, steps=100),
        smallest_by_lbfgs(IMAGES, VICTIM, goal),
    ):
        assert bool((MODULE(found.image).argmax(1) != LABELS).all())
        assert float(found.cost.median()) <= 1.1 * float(theirs)


def test_square_leaves_no_more_than_torchattacks() -> None:
    torchattacks = pytest.importorskip("torchattacks")
    attack = torchattacks.Square(MODULE, norm="Linf", eps=EPS, n_queries=300, p_init=0.3, loss="margin")
    draws = starts(0, "agreement", range(len(IMAGES)))
    ours = square(IMAGES, VICTIM, Evade(LABELS, margin), eps=EPS, queries=300, generators=draws)
    left, theirs = robust(best_of_each(ours).image), robust(attack(IMAGES, LABELS))
    # Two random searches: of 48 images two or so fall to the luck of one of them.
    assert 0.1 < left <= theirs + 0.05
