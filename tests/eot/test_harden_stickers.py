from dataclasses import replace
from pathlib import Path

import pytest
import torch

from eot.commands.harden import Request, harden
from eot.harden.methods import Settings
from eot.harden.stickers import AttackedSigns, StickerPlan, part
from eot.harden.subject import subject_of
from eot.harden.train import Course, Reader
from eot.harden.weights import weights_file
from eot.streams import generator_for
from eot.victims import load_victim
from eot.victims.architectures import architecture, fresh
from eot.victims.fingerprint import fingerprint
from eot.victims.sign_views import SignGroup, sign_labels
from renders.errors import InputError
from textures.signs import catalogue

FEW = ("mutcd-r1-1-stop", "mutcd-r1-2-yield", "mutcd-w1-1-turn")
PLAN = StickerPlan(rounds=3, signs=2, views=2, steps=2, backgrounds=2)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of three signs."""
    shown = {name: spec for name, spec in catalogue().items() if name in FEW}
    monkeypatch.setattr("eot.victims.sign_views.catalogue", lambda: shown)


def reader_of(seed: int = 0) -> Reader:
    known = architecture("sign-net")
    return Reader(fresh("sign-net", len(FEW), seed), known.mean, known.std)


@pytest.mark.slow
def test_a_round_is_replayed_by_its_number_and_leaves_the_network_alone() -> None:
    reader = reader_of()
    before = fingerprint(reader)
    one, again, other = (AttackedSigns(reader, PLAN, 5).take(torch.tensor([i])) for i in (1, 1, 2))
    assert torch.equal(one[0], again[0]) and torch.equal(one[1], again[1])
    assert not torch.equal(one[0], other[0])
    assert one[0].shape[1:] == (3, 64, 64) and len(one[0]) == len(one[1])
    assert fingerprint(reader) == before


def test_a_sticker_stays_in_its_rectangle_and_follows_the_network_it_is_made_against() -> None:
    signs, other = (AttackedSigns(reader_of(seed), PLAN, 5) for seed in (0, 1))
    group = part(signs.groups[0], slice(0, 1))
    stuck, against = (one.attacked(group, "0", generator_for(0, "sticker")) for one in (signs, other))
    moved = (stuck != group.faces).any(1)[0]
    rows, columns = moved.any(1).nonzero()[:, 0], moved.any(0).nonzero()[:, 0]
    area = len(rows) * len(columns) / moved.numel()
    # One texel of soft edge on each side is more than the rectangle.
    assert PLAN.area[0] * 0.9 < area < PLAN.area[1] * 1.1
    assert not torch.equal(stuck, against)


def test_every_sign_is_learned_from_with_a_sticker_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three are of three outlines: a round of one outline would never show a sign that is alone in it."""
    signs, stuck = AttackedSigns(reader_of(), replace(PLAN, views=1), 5), []

    def attacked(group: SignGroup, name: str, generator: torch.Generator) -> torch.Tensor:
        stuck.extend(group.classes.tolist())
        return group.faces

    monkeypatch.setattr(signs, "attacked", attacked)
    assert len(signs.groups) == len(FEW)
    shown = [signs.take(torch.tensor([index]))[1].tolist() for index in range(40)]
    assert all(len({*classes}) == PLAN.signs for classes in shown) and len(stuck) == 40
    for number in range(len(FEW)):
        times = sum(number in classes for classes in shown)
        assert times > 0.4 * 40 and 0.3 * times < stuck.count(number) < 0.7 * times


@pytest.mark.slow
def test_stickers_harden_a_sign_net_from_weights_and_resume_to_the_same_bytes(tmp_path: Path) -> None:
    start = tmp_path / "start.safetensors"
    start.write_bytes(weights_file(fresh("sign-net", len(FEW), 3), "sign-net", sign_labels(), {}))
    course = Course(1, 1, 1e-4, 0.0)
    request = Request(
        "sign-net", "", "stickers", "tiny", Settings(steps=1), course, out=tmp_path, start=start
    )
    ends = []
    for stop in (None, 7):
        for count, _ in enumerate(harden(replace(request, force=True), torch.device("cpu")), start=1):
            if count == stop:
                break
        for _ in harden(replace(request, resume=True), torch.device("cpu")) if stop else ():
            pass
        ends.append((tmp_path / "tiny.safetensors").read_bytes())
        (tmp_path / "tiny.safetensors").unlink()
    assert ends[0] == ends[1]
    (tmp_path / "tiny.safetensors").write_bytes(ends[0])
    victim = load_victim(f"file:{tmp_path / 'tiny.safetensors'}")
    assert victim.info.labels == FEW and victim.info.mean == architecture("sign-net").mean


def test_stickers_are_for_sign_nets_only() -> None:
    with pytest.raises(InputError, match="stickers are for sign nets; got 'digit-conv'"):
        subject_of("digit-conv", "", "stickers", Settings(), Course(1, 1, 1e-3, 0.0))
    with pytest.raises(InputError, match="--data: expected FORMAT:PATH"):
        subject_of("digit-conv", "", "madry", Settings(), Course(1, 1, 1e-3, 0.0))
