import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from eot.commands.study import STUDIES
from eot.data.data import Data, Stored, numbered
from eot.evidence.statistics import wilson
from eot.harden.methods import Settings
from eot.harden.train import Course
from eot.streams import generator_for
from eot.studies.directions import agreement
from eot.studies.directions import directions as directions_page
from eot.studies.figures import Curves, curves, pictures
from eot.studies.lbfgs_transfer import Made
from eot.studies.linearity import directions, logits_along, straightness
from eot.studies.madry import COLOURS, DIGITS, Bench, curve, madry, outlasting
from eot.studies.madry_rows import Ball, Exam, Row, in_bfloat16, reads
from eot.studies.page import Figure, Page, Table, percent
from eot.studies.study import Setup, Wanted, network
from eot.victims import LinearVictim, load_victim
from renders.errors import InputError
from tests.conftest import Result, refused
from tests.eot.test_harden import shapes

CPU = torch.device("cpu")


def result_of(work: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def linear() -> tuple[LinearVictim, torch.Tensor]:
    """Two classes, 0 against the sum of w over the pixels; and images on whose 0.5 the margin is |1|."""
    weight = torch.randn(1, 6, 6, generator=generator_for(0, "weight")).expand(3, -1, -1) / 3
    return LinearVictim(torch.stack([torch.zeros_like(weight), weight])), weight.sum(0)


def seen(n: int = 30) -> Data:
    levels = torch.randint(256, (n, 1, 6, 6), generator=generator_for(1, "levels"), dtype=torch.uint8)
    victim, _ = linear()
    labels = reads(victim, levels.float() / 255)
    return Data("seen", "test", Stored(levels), labels, numbered(2), "hash")


def test_a_linear_net_is_straight_and_its_margin_falls_by_the_l1_norm() -> None:
    """Goodfellow et al. 2015, section 3: <w, x + eps sign w> grows by eps ||w||_1."""
    victim, weight = linear()
    images, labels = torch.full((4, 1, 6, 6), 0.5), torch.tensor([0, 0, 1, 1])
    steps = torch.linspace(-1, 1, 21)
    moves = directions(victim, images, labels, seed=0)["sign of the gradient"]
    assert set(moves.unique().tolist()) == {-1.0, 1.0}
    r2, fall = straightness(logits_along(victim, images, moves, steps), labels, steps)
    assert r2 == pytest.approx(1, abs=1e-5)
    assert fall == pytest.approx(0.1 * float(weight.abs().sum()), rel=1e-4)


def test_white_box_rows_on_a_linear_net_match_the_closed_form() -> None:
    """An image survives eps in l-inf as long as its margin exceeds eps ||w||_1; no pixel is clipped here."""
    victim, weight = linear()
    levels = (torch.rand(60, 1, 6, 6, generator=generator_for(2, "grey")) * 100 + 77).to(torch.uint8)
    data = Data("grey", "test", Stored(levels), reads(victim, levels.float() / 255), numbered(2), "")
    margins = (weight * data.take(torch.arange(60))[0][:, 0]).sum((1, 2)).abs()
    eps = float(margins.median() / weight.abs().sum())
    exam = Exam(victim, data, Ball(eps, eps / 4), seed=0)
    for row in (Row("FGSM", "fgsm", "A", 1, 1, None), Row("PGD", "pgd", "A", 20, 2, None)):
        survived = result_of(exam.survivors(row, victim))
        # The two images next to the median may fall on either side by rounding of the bfloat16 gradient.
        assert int((survived != (margins > eps * weight.abs().sum())).sum()) <= 1
        assert 25 <= int(survived.sum()) <= 35


def test_restarts_never_bring_an_image_back_and_a_cache_gives_the_same_row(tmp_path: Path) -> None:
    victim, _ = linear()
    exam = Exam(victim, seen(), Ball(0.05, 0.02), seed=3)
    one, many = (
        result_of(exam.survivors(Row("PGD", "pgd", "A", 3, n, None), victim, tmp_path / "c.json"))
        for n in (1, 4)
    )
    assert not bool((many & ~one).any())
    spared = result_of(exam.survivors(Row("PGD", "pgd", "A", 3, 1, None), victim, spared=many))
    assert torch.equal(spared, one)
    again = exam.survivors(Row("PGD", "pgd", "A", 3, 4, None), victim, tmp_path / "c.json")
    with pytest.raises(StopIteration) as end:  # no tick: nothing is computed
        next(again)
    assert torch.equal(end.value.value, many)


def test_a_row_killed_between_batches_goes_on_with_the_next(tmp_path: Path, monkeypatch) -> None:
    victim, _ = linear()
    exam, row = Exam(victim, seen(), Ball(0.05, 0.02), seed=3), Row("PGD", "pgd", "A", 3, 2, None)
    monkeypatch.setattr("eot.studies.madry_rows.BATCH", 8)
    whole = result_of(exam.survivors(row, victim))
    killed = exam.survivors(row, victim, tmp_path / "c.json")
    ticks = [next(killed), next(killed)]
    rest = exam.survivors(row, victim, tmp_path / "c.json")
    assert [tick.done for tick in ticks] == [8, 16] and next(rest).done == 24
    assert torch.equal(result_of(rest), whole)


def test_only_a_longer_white_box_pgd_on_the_same_images_spares() -> None:
    data, alive = seen(), torch.ones(30, dtype=torch.bool)
    done = {Row("PGD-100 × 20", "pgd", "A", 100, 20, None): (data, alive)}
    assert outlasting(Row("PGD-40", "pgd", "A", 40, 1, None), data, done) is alive
    assert outlasting(Row("PGD-40", "pgd", "A", 40, 1, None), data.sample(20), done) is None
    for other in (
        Row("PGD-40", "pgd", "A'", 40, 1, None),
        Row("targeted", "targeted", "A", 40, 1, None),
        Row("PGD-200", "pgd", "A", 200, 1, None),
    ):
        assert outlasting(other, data, done) is None


def test_a_bfloat16_copy_reads_alike_and_leaves_the_victim_as_it_was() -> None:
    victim, _ = linear()
    before, images = victim.fingerprint(), torch.rand(20, 3, 6, 6, generator=generator_for(0, "images"))
    rough, exact = in_bfloat16(victim)(images), victim(images)
    # Eight bits of mantissa over a sum of 108 products.
    assert float((rough - exact).abs().max()) < 0.05 * float(exact.abs().max())
    assert victim.fingerprint() == before


def test_accuracy_never_rises_with_eps() -> None:
    victim, _ = linear()
    setup = Setup(Path(), Path(), CPU, quick=True)
    rates = result_of(curve(victim, seen(), "l2", (0.0, 0.1, 0.5, 2.0), setup))
    values = [rate.rate for rate in rates]
    assert values[0] == 1 and values == sorted(values, reverse=True) and values[-1] < 0.5
    assert {rate.n for rate in rates} == {30}


def test_every_row_of_the_papers_table_is_there() -> None:
    papers = {(row.name, row.source): row.paper for row in DIGITS.rows if row.paper}
    assert len(papers) == 1 + 8 + 5 + 3
    assert papers[("natural", "A")] == 98.8 and papers[("PGD-100 × 20", "A'")] == 95.7


def test_the_rows_of_cifar_stand_beside_table_2_of_the_paper() -> None:
    """Madry et al. 2018, table 2: the attacks of the paper with its steps and its accuracies."""
    papers = {(row.name, row.source): (row.steps, row.paper) for row in COLOURS.rows if row.paper}
    assert papers == {
        ("natural", "A"): (0, 87.3),
        ("FGSM", "A"): (1, 56.1),
        ("PGD-7", "A"): (7, 50.0),
        ("PGD-20", "A"): (20, 45.8),
        ("CW", "A"): (30, 46.8),
        ("FGSM", "A'"): (1, 67.0),
        ("PGD-7", "A'"): (7, 64.2),
        ("CW", "A'"): (30, 78.7),
        ("FGSM", "A_nat"): (1, 85.6),
        ("PGD-7", "A_nat"): (7, 86.0),
    }
    # A verdict compares every black-box row with the white-box row of its name.
    white = {(row.name, row.steps) for row in COLOURS.rows if row.source == "A"}
    assert {(row.name, row.steps) for row in COLOURS.rows} == white


def test_agreement_is_one_for_one_class_and_nothing_for_all_different() -> None:
    classes = torch.tensor([[3, 0, 1], [3, 1, 1], [3, 2, 2]])
    assert agreement(classes).tolist() == pytest.approx([1, 0, 1 / 3])


@pytest.mark.parametrize(("live", "works"), [(0, False), (1, False), (2, True), (4, True)])
def test_single_units_are_shown_as_far_as_there_are_any(live: int, works: bool, monkeypatch) -> None:
    active = torch.rand(30, 6, generator=generator_for(0, "active")) * (torch.arange(6) < live)

    def ready(value: Any) -> Callable[..., Generator[Any, None, Any]]:
        def work(*_: object) -> Generator[Any, None, Any]:
            return value
            yield

        return work

    monkeypatch.setattr("eot.studies.directions.network", ready(linear()[0]))
    monkeypatch.setattr("eot.studies.directions.activations", ready(active))
    setup = Setup(Path(), Path(), CPU, quick=True)
    monkeypatch.setattr(Setup, "test", lambda *_: seen())
    if works:
        assert result_of(directions_page(setup)).parts
    else:
        with pytest.raises(InputError, match=f"{live} units"):
            result_of(directions_page(setup))


def test_noise_has_the_standard_deviation_of_the_change() -> None:
    clean = torch.full((3, 1, 40, 40), 0.5)
    made = Made(clean, clean + 0.05, torch.zeros(3, dtype=torch.int64), 3)
    assert made.deviation() == pytest.approx(0.05, rel=1e-4)
    # 1600 draws: the standard deviation is known to about 2 %.
    assert float((made.noisy(0) - clean).std()) == pytest.approx(0.05, rel=0.08)


def test_a_page_shows_its_parts_in_order_and_its_figures_are_the_same_bytes_each_time() -> None:
    table = Table("Numbers", ("name", "rate"), (("a", percent(wilson(1, 2))), ("b", None)))
    lines = Curves("t", [0, 1], {"one": [0, 1], "_thin": [1, 0]}, "x", "y")
    png = curves([lines])
    page = Page("Title", ("First.", table, Figure("f.png", "A figure.", png)))
    text = page.files()["README.md"].decode()
    assert text.index("First.") < text.index("| a | 50.0 (9.5 – 90.5) |") < text.index("![A figure.](f.png)")
    assert json.loads(page.files()["numbers.json"])[0]["rows"][1] == {"name": "b", "rate": None}
    assert curves([lines]) == png and png[:4] == b"\x89PNG"
    assert pictures([torch.zeros(2, 1, 4, 4)], ["black"])[:4] == b"\x89PNG"


def archive(path: Path, n: int = 60, colour: bool = False) -> None:
    """A stand-in set with a train and a test split: grey 28 px, or colours of 32 px like CIFAR-10."""
    data = shapes(n, 32 if colour else 28)
    images, labels = data.take(torch.arange(n))
    images = (images.expand(-1, 3 if colour else 1, -1, -1) * 255).round().to(torch.uint8).numpy()
    parts = {
        f"{name}_{split}": array
        for split in ("train", "test")
        for name, array in (("x", images), ("y", labels.numpy()))
    }
    np.savez(path, **parts)


def test_a_network_is_trained_once_and_again_when_anything_about_it_changes(tmp_path: Path) -> None:
    archive(tmp_path / "set.npz")
    setup = Setup(tmp_path / "set.npz", tmp_path / "nets", CPU, "npz")
    wanted = Wanted("tiny", "digit-linear", course=Course(1, 20, 1e-2, 0.0))
    first = result_of(network(setup, wanted))
    with pytest.raises(StopIteration):  # no tick: nothing is trained
        next(network(setup, wanted))
    other = result_of(network(setup, Wanted("tiny", "digit-linear", course=Course(2, 20, 1e-2, 0.0))))
    assert first.info.weights_sha256 != other.info.weights_sha256


def table_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arch: str, colour: bool) -> str:
    """The page of a short table whose four networks are of this architecture."""
    archive(tmp_path / "set.npz", colour=colour)
    lesson = Settings(eps=8 / 255, steps=1)
    nets = tuple(Wanted(f"n{i}", arch, "madry", lesson, seed=i) for i in range(4))
    rows = tuple(Row("FGSM", "fgsm", source, 1, 1, 56.1) for source in ("A", "A_nat"))
    bench = Bench(nets, Ball(8 / 255, 2 / 255), rows, (0.0, 8 / 255), (0.0,))
    monkeypatch.setattr(f"eot.studies.madry.{'COLOURS' if colour else 'DIGITS'}", bench)
    setup = Setup(tmp_path / "set.npz", tmp_path / "nets", CPU, "npz", quick=True)
    return result_of(madry(setup)).markdown()


def test_the_table_is_made_of_its_rows_and_goes_on_where_it_stopped(tmp_path: Path, monkeypatch) -> None:
    page = table_of(tmp_path, monkeypatch, "digit-linear", colour=False)
    assert "| FGSM | A_nat | 1 | 1 | 30 |" in page and "black-box row" in page.lower()
    assert len(json.loads((tmp_path / "nets" / "madry-quick.json").read_text())) == 2
    assert table_of(tmp_path, monkeypatch, "digit-linear", colour=False) == page


@pytest.mark.slow
def test_the_table_is_made_for_colour_images_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for CIFAR-10: the same command, the networks of its table, fewer rows."""
    assert "| FGSM | A_nat | 1 | 1 | 30 |" in table_of(tmp_path, monkeypatch, "colour-plain", colour=True)
    assert load_victim(f"file:{tmp_path / 'nets' / 'n0-quick.safetensors'}").info.input_px == (32, 32)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(STUDIES))
def test_every_study_runs_from_one_command(eot: Callable[..., Result], tmp_path: Path, name: str) -> None:
    archive(tmp_path / "set.npz", n=100)  # half of it, of the transfer between halves, fills a batch
    words = ["--data", tmp_path / "set.npz", "--format", "npz", "--quick", "--models", tmp_path / "nets"]
    code, out, _ = eot("study", name, *words, "--out", tmp_path / "page")
    assert code == 0 and (tmp_path / "page" / "README.md").is_file()
    assert {Path(line).name for line in out.split()} >= {"README.md", "numbers.json"}


def test_wrong_studies_get_one_clear_line(eot: Callable[..., Result], tmp_path: Path) -> None:
    refused(eot("study", "lineraity", "--data", tmp_path), says="did you mean 'linearity'")
    refused(
        eot("study", "linearity", "--data", tmp_path / "none", "--models", tmp_path), says="does not exist"
    )
