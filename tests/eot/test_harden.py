import math

import pytest
import torch
from torch import nn

from eot.data.data import Data, Stored, numbered
from eot.harden.augment import moved, shifts
from eot.harden.lessons import Adversarial, Distilled, Natural, fast, frozen, madry, mixed
from eot.harden.precision import multiplies_in_bfloat16
from eot.harden.train import Course, Reader, Training, learn
from eot.loop import descend
from eot.objectives import Evade, margin
from eot.recipes import pgd
from eot.streams import generator_for
from eot.victims import Claim, admit
from eot.victims.architectures import ARCHITECTURES, architecture, fresh
from eot.victims.fingerprint import fingerprint
from renders.errors import InputError
from textures.norms import L2

OFF, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
BLANK = generator_for(0, "unused")


def shapes(n: int = 40, side: int = 28) -> Data:
    """Grey images of two kinds: bright above, bright below."""
    levels = torch.randint(60, (n, 1, side, side), generator=generator_for(1, "shapes"), dtype=torch.uint8)
    classes = torch.arange(n) % 2
    for image, kind in zip(levels, classes.tolist(), strict=True):
        image[:, kind * side // 2 : (kind + 1) * side // 2] += 150
    return Data("shapes", "train", Stored(levels), classes, numbered(2), "")


def reader_of(arch: str = "digit-linear", seed: int = 0) -> Reader:
    return Reader(fresh(arch, 2, seed), OFF, ONE)


def linear(weight: torch.Tensor) -> Reader:
    """Two classes, logits (0, <w, mean channel>)."""
    net = architecture("digit-linear").make(2)
    nn.init.zeros_(net[-1].weight)
    nn.init.zeros_(net[-1].bias)
    net[-1].weight.data[1] = weight.flatten()
    return Reader(net, OFF, ONE)


@pytest.mark.parametrize("able", [True, False])
def test_sums_are_in_bfloat16_only_where_the_processor_multiplies_in_it(
    able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    abilities = {"avx2": True, "avx512_bf16": able}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities, raising=False)
    assert multiplies_in_bfloat16(torch.device("cpu")) is able
    reader = reader_of()
    images = torch.rand(4, 3, 28, 28, generator=generator_for(0, "images"))
    assert torch.equal(reader(images), reader.net(images)) is not able


@pytest.mark.parametrize("arch", sorted(ARCHITECTURES))
def test_every_architecture_is_a_victim_of_rgb_images(arch: str) -> None:
    known = architecture(arch)
    victim = admit(fresh(arch, 7, 0), Claim(arch, "a test", "none", known.input_px))
    images = torch.rand(2, 3, *known.input_px, generator=generator_for(0, "images"))
    assert victim(images).shape == (2, 7)


def test_a_grey_texture_on_a_grey_net_is_attacked_in_one_channel() -> None:
    """On a linear net the loss moves by eps times the l2 norm of the weight: eps is of the one channel."""
    weight = torch.randn(28, 28, generator=generator_for(0, "weight")) / 28
    images = torch.full((1, 1, 28, 28), 0.5)
    victim = admit(linear(weight).net, Claim("linear", "a test", "none", (28, 28)))
    # The margin, because its gradient is the weight itself wherever the net is.
    attack = pgd(images, victim, Evade(1, margin), eps=0.1, rate=0.1, steps=1, norm=L2())
    for _ in descend(attack.texture, attack.problem, attack.optimiser, attack.train, range(1)):
        pass
    image = attack.texture().detach()
    fall = victim(images.expand(-1, 3, -1, -1)) - victim(image.expand(-1, 3, -1, -1))
    assert image.shape == (1, 1, 28, 28)
    assert float(fall[0, 1] - fall[0, 0]) == pytest.approx(0.1 * float(weight.norm()), rel=1e-4)


def test_the_worst_case_of_a_linear_net_is_eps_against_the_sign_of_its_weight() -> None:
    """For a linear net the inner problem is solved by one step of eps (Goodfellow et al. 2015, section 5)."""
    weight = torch.randn(28, 28, generator=generator_for(0, "weight"))
    images = torch.full((2, 1, 28, 28), 0.5)
    classes = torch.tensor([0, 1])
    for lesson in (mixed(0.2), madry(0.2, 0.1, 10)):
        worst = lesson.attacked(linear(weight), images, classes, 1.0, generator_for(0, "start"))
        # Class 1 reads <w, x>: it is lowered by -sign(w), class 0 is left by +sign(w).
        for image, direction in zip(worst, (1, -1), strict=True):
            assert torch.allclose(image[0], 0.5 + direction * 0.2 * weight.sign(), atol=1e-6)


def test_the_mixed_objective_is_the_weighted_mean_of_both_losses() -> None:
    reader, data = reader_of(seed=3), shapes()
    images, classes = data.take(torch.arange(10))
    clean = Natural()(reader, images, classes, 1.0, BLANK).loss
    worst = Adversarial(0.1, 0.1, 1, random_start=False)(reader, images, classes, 1.0, BLANK).loss
    both = mixed(0.1, share=0.3)(reader, images, classes, 1.0, BLANK).loss
    assert worst > clean
    assert math.isclose(float(both.detach()), float((0.3 * clean + 0.7 * worst).detach()), rel_tol=1e-5)


@pytest.mark.parametrize("lesson", [madry(0.1, 0.05, 3), fast(0.1), mixed(0.1)])
def test_attacked_images_stay_in_the_ball_and_in_the_box(lesson: Adversarial) -> None:
    images, classes = shapes().take(torch.arange(8))
    worst = lesson.attacked(reader_of("digit-conv"), images, classes, 1.0, generator_for(0, "start"))
    assert float((worst - images).abs().max()) <= 0.1 + 1e-6
    assert float(worst.min()) >= 0 and float(worst.max()) <= 1


def test_eps_grows_over_the_ramp() -> None:
    images, classes = shapes().take(torch.arange(4))
    lesson = madry(0.2, 0.2, 1, ramp=0.5)
    sizes = [
        float((lesson.attacked(reader_of(), images, classes, p, BLANK) - images).abs().max())
        for p in (0.0, 0.25, 0.5, 1.0)
    ]
    assert sizes == pytest.approx([0, 0.1, 0.2, 0.2], abs=1e-6)


def test_a_lesson_leaves_no_trace_of_its_attack_in_the_net() -> None:
    reader = reader_of("digit-conv")
    before = fingerprint(reader)
    images, classes = shapes().take(torch.arange(4))
    madry(0.1, 0.05, 3).attacked(reader, images, classes, 1.0, generator_for(0, "start"))
    assert fingerprint(reader) == before and reader.training
    assert all(p.grad is None and p.requires_grad for p in reader.parameters())
    with frozen(reader, images):
        assert not reader.training and not any(p.requires_grad for p in reader.parameters())
    assert reader.training and all(p.requires_grad for p in reader.parameters())


def test_a_pupil_of_itself_has_nothing_to_learn() -> None:
    """The cross entropy to one's own soft answers is their entropy, where its gradient vanishes."""
    reader = reader_of(seed=2)
    images, classes = shapes().take(torch.arange(6))
    marks = Distilled(reader, 20.0)(reader, images, classes, 1.0, BLANK)
    soft = (reader(images).detach() / 20).softmax(1)
    assert float(marks.loss.detach()) == pytest.approx(float(-(soft * soft.log()).sum(1).mean()), rel=1e-4)


def weights_after(lesson: Adversarial | Natural, stop: int | None = None) -> str:
    """The weights of a course of 8 steps, cut off after `stop` steps and gone on with in new parts."""
    course, augment = Course(2, 10, 1e-2, 0.01), shifts(1)
    training, generator = (
        Training(reader_of("digit-strided"), shapes(), lesson, course),
        generator_for(0, "t"),
    )
    for step, _ in learn(training, generator, augment):
        if step == stop:
            state = training.state(generator)
            training, generator = Training(reader_of("digit-strided", 9), shapes(), lesson, course), BLANK
            training.restore_(state, generator)
            for _ in learn(training, generator, augment):
                pass
            break
    return fingerprint(training.reader.net)


@pytest.mark.parametrize("stop", [4, *(pytest.param(stop, marks=pytest.mark.slow) for stop in (1, 6))])
def test_a_course_that_was_cut_off_ends_in_the_same_bytes(stop: int) -> None:
    lesson = madry(0.1, 0.05, 2, ramp=0.5)
    assert weights_after(lesson, stop) == weights_after(lesson)
    assert weights_after(lesson) != weights_after(Natural())


def test_min_max_training_makes_a_net_that_the_same_attack_fools_less() -> None:
    data = shapes(200)
    images, classes = data.take(torch.arange(200))
    right = []
    for lesson in (Natural(), madry(0.25, 0.1, 5)):
        training = Training(reader_of(), data, lesson, Course(4, 20, 1e-2, 0.0))
        for _ in learn(training, generator_for(0, "t")):
            pass
        marks = madry(0.25, 0.1, 5)(training.reader, images, classes, 1.0, generator_for(5, "exam"))
        right.append(marks.right)
    assert right[1] > right[0] + 0.2


def test_moving_by_nothing_changes_nothing_and_edges_are_repeated() -> None:
    images = torch.rand(3, 1, 6, 6, generator=generator_for(0, "images"))
    assert torch.equal(moved(images, 0, BLANK), images) and shifts(0) is None
    constant = torch.full((3, 2, 6, 6), 0.7)
    assert torch.equal(moved(constant, 2, BLANK), constant)


def test_an_unknown_architecture_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'digit-conv'"):
        architecture("digit-con")
