"""A run directory is whole at every moment, and an attack goes on from it byte for byte."""

from pathlib import Path

import pytest
import torch

from eot.attack import Attack, Judged, run
from eot.evidence.evaluation import Evaluation, Goal, Judge, Seen
from eot.objectives import Targeted
from eot.problem import Problem
from eot.runs.checkpoint import AttackState, decode_state, encode_state, restore, state_of
from eot.runs.config import Config, parse_config
from eot.runs.folder import (
    append_metrics,
    load_checkpoint,
    only_writer,
    open_run,
    read_metrics,
    resume_run,
    save_checkpoint,
    start_run,
)
from eot.runs.provenance import (
    changes,
    provenance_of,
    read_provenance,
    texture_hash,
    write_provenance,
)
from eot.runs.records import decode_evaluation, encode_evaluation
from eot.streams import Stream, generator_for
from eot.victims import LinearVictim
from renders.conditions import Conditions
from renders.errors import InputError, RunError
from renders.surfaces.screen import Screen
from textures.parameters import Pixels


def config(seed: int = 0) -> Config:
    return parse_config({"seed": seed, "article": {"sign": "stop"}, "objective": {"target": "yield"}}, "here")


def attack(optimiser: str = "adam", steps: int = 7) -> Attack:
    texture = Pixels(torch.full((1, 3, 4, 4), 0.5))
    weight = torch.randn(3, 3, 4, 4, generator=generator_for(1, "weights"))
    victim = LinearVictim(weight)
    problem = Problem(Screen(), ((victim, 1.0),), Targeted(2))
    make = {
        "adam": lambda p: torch.optim.Adam(p, lr=0.05),
        "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.3, max_iter=3),
    }[optimiser]
    train, select = (Stream(Conditions({}), 0, name, 2) for name in ("train", "select"))
    return Attack(texture, problem, make(texture.parameters()), train, select, steps, select_every=2)


def state(step: int = 3) -> AttackState:
    one = attack()
    best = list(run(one))[step].best
    return state_of(one, step, best)


def test_a_state_comes_back_from_its_bytes_with_every_kind_intact() -> None:
    tensor = torch.arange(6.0).reshape(2, 3).T
    optimiser = {"state": {0: {"a": tensor, "list": [tensor, None]}}, "groups": [{"betas": (0.9, 0.999)}]}
    before = AttackState(5, {"image": tensor}, optimiser, Judged(4, 0.25, 1 / 3, torch.zeros(1, 3, 2, 2)))
    after = decode_state(encode_state(before), "here")
    assert after.step == 5 and after.best is not None and after.best.loss == 1 / 3
    assert after.optimiser["groups"][0]["betas"] == (0.9, 0.999)
    assert torch.equal(after.optimiser["state"][0]["list"][0], tensor)
    assert encode_state(after) == encode_state(before)


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("cut", [1, 2, 5])
def test_an_attack_that_is_cut_off_ends_in_the_same_bytes(cut: int, optimiser: str) -> None:
    whole = list(run(attack(optimiser)))
    first = attack(optimiser)
    for progress in run(first):
        if progress.index + 1 == cut:
            break
    saved = decode_state(encode_state(state_of(first, cut, progress.best)), "here")
    second = attack(optimiser)
    restore(second, saved)
    rest = list(run(second, saved.step, saved.best))
    assert [p.loss for p in rest] == [p.loss for p in whole[cut:]]
    assert whole[-1].best is not None and rest[-1].best is not None
    assert texture_hash(rest[-1].best.image) == texture_hash(whole[-1].best.image)


@pytest.mark.parametrize("damage", [lambda b: b[:40], lambda b: b"", lambda b: b"x" * 100])
def test_a_damaged_checkpoint_is_one_line(damage: object) -> None:
    with pytest.raises(RunError, match=r"cp: expected a file of this version"):
        decode_state(damage(encode_state(state())), "cp")  # type: ignore[operator]


def test_a_checkpoint_forgets_the_metrics_of_later_steps(tmp_path: Path) -> None:
    folder = start_run(tmp_path / "run", config())
    for step in range(6):
        append_metrics(folder, {"step": step, "loss": step / 3})
    with folder.metrics_path.open("a") as file:
        file.write('{"step": 6, "lo')
    assert len(read_metrics(folder)) == 6
    save_checkpoint(folder, state(3))
    found = load_checkpoint(folder)
    assert found is not None and found.step == 3
    assert [record["step"] for record in read_metrics(folder)] == [0, 1, 2]


def test_numbers_that_are_not_finite_stay_readable_json(tmp_path: Path) -> None:
    folder = start_run(tmp_path / "run", config())
    append_metrics(folder, {"step": 0, "loss": float("nan")})
    assert read_metrics(folder) == [{"step": 0, "loss": None}]
    folder.metrics_path.write_text("no json\n")
    with pytest.raises(RunError, match=r"metrics\.jsonl: expected a JSON object with a step per line"):
        read_metrics(folder)


def test_evidence_comes_back_from_its_bytes() -> None:
    condition = Conditions({"distance_m": (3, 9)}).sample(generator_for(0, "views"), 5)
    wins = torch.tensor([[[True, False, True, True, False]]])
    seen = Seen(("clean",), condition, torch.arange(5), torch.full((5,), -1), wins.long(), wins / 3, wins)
    before = Evaluation((Judge("net", "abc", ("a", "b")),), Goal("read as b", 1, None), seen, 0.9)
    after = decode_evaluation(encode_evaluation(before), "here")
    assert after.victims == before.victims and after.goal == before.goal and after.level == 0.9
    assert after.rates("clean") == before.rates("clean")
    assert torch.equal(after.seen.condition.noise_seed, condition.noise_seed)
    assert encode_evaluation(after) == encode_evaluation(before)
    with pytest.raises(RunError, match="here: expected a file of this version"):
        decode_evaluation(encode_state(state()), "here")


def test_an_earlier_run_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    folder = start_run(tmp_path / "run", config())
    folder.report_path.write_text("{}")
    mine = folder.path / "notes.txt"
    mine.write_text("mine")
    with pytest.raises(InputError, match="--resume continues it, --force replaces it"):
        start_run(folder.path, config())
    assert folder.finished
    start_run(folder.path, config(), force=True)
    assert not folder.finished and mine.read_text() == "mine"


def test_a_folder_of_other_things_is_left_alone_even_with_force(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="files that are not a run"):
        start_run(tmp_path, config(), force=True)
    with pytest.raises(InputError, match="found a file"):
        start_run(tmp_path / "thesis.txt", config())


def test_the_configuration_of_another_program_does_not_make_a_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('title = "my site"')
    with pytest.raises(InputError, match="files that are not a run"):
        start_run(tmp_path, config(), force=True)
    assert (tmp_path / "config.toml").read_text() == 'title = "my site"'


def test_a_run_that_is_being_worked_on_is_not_replaced(tmp_path: Path) -> None:
    folder = start_run(tmp_path / "run", config())
    with only_writer(folder), pytest.raises(RunError, match="another process"):
        start_run(folder.path, config(seed=1), force=True)
    assert folder.config() == config()


def test_a_run_resumes_only_with_the_configuration_it_was_started_with(tmp_path: Path) -> None:
    start_run(tmp_path / "run", config())
    assert resume_run(tmp_path / "run", config()).path == tmp_path / "run"
    with pytest.raises(InputError, match="started with another seed"):
        resume_run(tmp_path / "run", config(seed=1))
    assert resume_run(tmp_path / "new", config()).config_path.is_file()


def test_a_directory_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"with a config\.toml in it"):
        open_run(tmp_path)


def test_two_processes_cannot_work_on_one_run(tmp_path: Path) -> None:
    folder = start_run(tmp_path / "run", config())
    with only_writer(folder), pytest.raises(RunError, match="another process"), only_writer(folder):
        pass
    with only_writer(folder):
        pass


def test_provenance_comes_back_and_names_what_changed(tmp_path: Path) -> None:
    here = provenance_of(config(), torch.device("cpu"), {"bundled": "abc"})
    write_provenance(tmp_path / "p.json", here)
    assert read_provenance(tmp_path / "p.json") == here
    other = provenance_of(config(seed=3), torch.device("cpu"), {"bundled": "abd"})
    assert changes(here, here) == []
    assert changes(here, other) == ["seed: 0 -> 3", "victim bundled: other weights"]


def test_equal_textures_have_equal_hashes_and_others_do_not() -> None:
    image = torch.rand(1, 3, 4, 4, generator=generator_for(0, "image"))
    assert texture_hash(image) == texture_hash(image.clone().mT.contiguous().mT)
    assert texture_hash(image) != texture_hash(image.nextafter(torch.ones(())))
