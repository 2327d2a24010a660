"""A victim is frozen, owns resize and normalisation, and is refused when it cannot be trusted."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from eot.victims import Claim, LinearVictim, Victim, VictimInfo, admit, assert_unchanged, fingerprint
from eot.victims.fold import fold_batch_norms, has_batch_norms
from eot.victims.sign_net import ARCHITECTURES, build
from renders.errors import InputError, RunError

CLAIM = Claim(name="probe net", origin="a test", licence="none", input_px=(16, 16))


def seeded(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with weights and batch-norm statistics that depend on nothing but the seed."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            values = torch.rand(tensor.shape, generator=generator)
            scale = 1.0 if ("weight" in name and tensor.ndim == 1) or "running_var" in name else 0.3
            tensor.copy_(values + 0.5 if scale == 1.0 else (values - 0.5) * scale)
    return module


class Tiny(nn.Module):
    """Two convolutions with batch norms and a linear layer, in train mode as made."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.second = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6))
        self.dense, self.last = nn.Linear(6, 5), nn.BatchNorm1d(5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.second(self.norm(self.first(x)).relu()).relu()
        return self.last(self.dense(x.mean((2, 3))))


class Untraceable(Tiny):
    """The same with a branch on values, which no tracer can follow."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.sum() > -1e9:
            return super().forward(x)
        return x.flatten(1)[:, :5]


class Lambda(nn.Module):
    """A module that is just a function."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> object:
        return self.function(x)  # type: ignore[operator]


def images(n: int = 4, side: int = 16) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(9))


def info(**changes: object) -> VictimInfo:
    fields = {
        "name": "n",
        "labels": ("a", "b"),
        "input_px": (16, 16),
        "weights_sha256": "",
        "licence": "",
        "origin": "",
    }
    return VictimInfo(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Tiny, Untraceable])
def test_folding_leaves_no_batch_norm_and_the_same_logits(kind: type[nn.Module]) -> None:
    net = seeded(kind()).eval()
    folded, count = fold_batch_norms(net)
    assert count == 3
    assert not has_batch_norms(folded)
    torch.testing.assert_close(folded(images()), net(images()), rtol=1e-5, atol=1e-6)


def test_folding_leaves_the_given_module_alone() -> None:
    net = seeded(Tiny())
    before = fingerprint(net)
    fold_batch_norms(net)
    assert fingerprint(net) == before
    assert net.training


def test_a_convolution_read_twice_is_not_folded() -> None:
    class Twice(Tiny):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            plain = self.first(x)
            x = self.second((self.norm(plain) + plain).relu())
            return self.last(self.dense(x.mean((2, 3))))

    net = seeded(Twice()).eval()
    folded, count = fold_batch_norms(net)
    assert count == 2
    torch.testing.assert_close(folded(images()), net(images()), rtol=1e-5, atol=1e-6)


def test_a_wrong_fold_is_noticed_and_undone() -> None:
    class Sneaky(Untraceable):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + functional.conv2d(x, self.first.weight).mean((1, 2, 3))[:, None]

    victim = admit(seeded(Sneaky()), CLAIM)
    assert has_batch_norms(victim)
    assert any("batch norms kept" in note for note in victim.info.notes)


@pytest.mark.parametrize("kind", [Tiny, Untraceable])
def test_admitting_forces_eval_mode_freezes_and_keeps_the_answers(kind: type[nn.Module]) -> None:
    net = seeded(kind())
    victim = admit(net, CLAIM)
    assert net.training and all(p.requires_grad for p in net.parameters())
    victim.train()
    assert not any(module.training for module in victim.modules())
    assert not any(p.requires_grad for p in victim.parameters())
    torch.testing.assert_close(victim(images()), net.eval()(images()), rtol=1e-5, atol=1e-6)
    assert victim.info.weights_sha256 == fingerprint(net)
    assert victim.info.labels == tuple(f"class {c}" for c in range(5))
    assert "3 batch norms folded" in victim.info.notes and "channels last" in victim.info.notes


def test_a_model_that_views_its_activations_stays_channels_first() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), Lambda(lambda x: x.view(len(x), -1)), nn.Linear(4 * 14 * 14, 3))
    victim = admit(seeded(net), CLAIM)
    assert not victim.channels_last
    torch.testing.assert_close(victim(images()), net(images()))


@pytest.mark.parametrize("arch", sorted(ARCHITECTURES))
def test_batch_answers_equal_single_answers(arch: str) -> None:
    victim = admit(seeded(build(arch, 7)), Claim("net", "a test", "none", (64, 64)))
    batch = images(5, 64)
    singles = torch.cat([victim(image[None]) for image in batch])
    torch.testing.assert_close(victim(batch), singles, rtol=1e-4, atol=1e-5)


def test_an_image_of_the_input_size_reaches_the_module_bit_for_bit() -> None:
    victim = Victim(nn.Flatten(), info())
    assert torch.equal(victim(images()), images().flatten(1))


@given(st.integers(4, 40), st.integers(4, 40))
@settings(max_examples=15, deadline=None)
def test_resize_keeps_constant_images_constant(height: int, width: int) -> None:
    victim = Victim(Lambda(lambda x: x.flatten(2).amax(2) - x.flatten(2).amin(2)), info())
    assert float(victim(torch.full((1, 3, height, width), 0.37)).max()) < 1e-6


def test_resize_is_antialiased() -> None:
    victim = Victim(Lambda(lambda x: x.flatten(2).std(2)), info())
    checkers = (torch.arange(64)[:, None] + torch.arange(64)) % 2
    assert float(victim(checkers.float().expand(1, 3, 64, 64)).max()) < 0.05


def test_normalisation_is_mean_then_std() -> None:
    victim = Victim(Lambda(lambda x: x.mean((2, 3))), info(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0)))
    answer = victim(torch.full((1, 3, 16, 16), 0.6))
    torch.testing.assert_close(answer, torch.tensor([[1.0, 1.6, 0.15]]))


def test_the_gradient_reaches_the_image_in_float64() -> None:
    victim = admit(seeded(Tiny()), CLAIM).double()
    x = images(2, 12).double().requires_grad_()
    assert torch.autograd.gradcheck(victim, (x,), eps=1e-6, atol=1e-5)


def test_linear_victim_answers_its_weights() -> None:
    weight = images(3, 8).double()
    victim = LinearVictim(weight, torch.tensor([0.5, 0.0, -1.0]).double())
    x = images(2, 8).double().flip(3)
    expected = (x.flatten(1) @ weight.flatten(1).T) + torch.tensor([0.5, 0.0, -1.0])
    torch.testing.assert_close(victim(x), expected)
    (gradient,) = torch.autograd.grad(victim(x.requires_grad_())[0, 1], x)
    assert torch.equal(gradient[0], weight[1])


def test_the_fingerprint_sees_one_changed_bit_and_not_the_memory_layout() -> None:
    net = seeded(Tiny())
    before = fingerprint(net)
    assert fingerprint(copy.deepcopy(net).to(memory_format=torch.channels_last)) == before
    assert_unchanged(net, before)
    net.get_buffer("norm.running_mean")[2] += 1e-7
    assert fingerprint(net) != before
    with pytest.raises(RunError, match="must not change"):
        assert_unchanged(net, before)


def _softmax(x: torch.Tensor) -> torch.Tensor:
    return x.mean((2, 3)).softmax(1)


BAD = {
    "probabilities": (_softmax, (), "remove the final softmax"),
    "wrong class count": (lambda x: x.mean((2, 3)), ("a", "b"), "3 classes and 2 labels"),
    "a dict": (lambda x: {"logits": x}, (), "got a dict"),
    "a stack of maps": (lambda x: x[:, None], (), r"got a tensor \[3, 1, 3, 16, 16\]"),
    "maps of probabilities": (lambda x: x.softmax(1), (), "remove the final softmax"),
    "maps of other classes": (lambda x: x, ("a", "b"), "3 classes and 2 labels"),
    "one class": (lambda x: x.mean((1, 2, 3))[:, None], (), "at least 2 classes"),
    "NaN answers": (lambda x: x.mean((2, 3)) * float("nan"), (), "finite logits"),
    "batch statistics": (lambda x: x.std((2, 3)) - x.std((2, 3)).mean(0), (), "rest of the batch"),
    "a raise": (lambda x: x @ torch.ones(3, 3), (), "it raised RuntimeError"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_model_that_answers_wrongly_is_refused_in_one_line(case: str) -> None:
    function, labels, message = BAD[case]
    claim = Claim(name="bad", origin="a test", licence="none", input_px=(16, 16), labels=labels)
    with pytest.raises(InputError, match=message) as caught:
        admit(Lambda(function), claim)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    net = seeded(Tiny())
    net.get_buffer("norm.running_var")[1] = value
    with pytest.raises(InputError, match=r"norm\.running_var holds NaN or infinity"):
        admit(net, CLAIM)


def test_a_random_model_is_admitted_with_a_note() -> None:
    generator = torch.Generator().manual_seed(1)
    victim = admit(Lambda(lambda x: x.mean((2, 3)) + torch.rand(3, generator=generator)), CLAIM)
    assert "not deterministic" in victim.info.notes[0]
