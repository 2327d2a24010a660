"""`eot check`: the robustness card of a model on labelled data, measured batch by batch, with gates."""

import json
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Group

from eot.check.answers import finite_answers
from eot.check.baseline import compared, read_baseline
from eot.check.budget import Budget
from eot.check.card import card_of
from eot.check.findings import card_findings, model_findings
from eot.check.folder import CheckFolder, settings_of
from eot.check.gates import Verdict, gate_of, verdict
from eot.check.junit import junit
from eot.check.ledger import Batch, Ledger
from eot.check.page import page
from eot.check.parts import Part, parts_of
from eot.check.plan import Plan, fraction, written
from eot.check.subject import Subject, shuffled, subject_of
from eot.check.table import table
from eot.commands.tick import Tick
from eot.data.load import load_data
from eot.data.signs import is_signs, sign_data
from eot.evidence.victim_checks import victim_unchanged
from eot.runs.version import version
from eot.victims.calls import counted
from eot.victims.load import load_classifier
from textures.write import write_files


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    model: str
    data: str
    plan: Plan
    out: Path
    n: int = 100
    surrogates: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    baseline: Path | None = None
    budget: str = ""
    resume: bool = False
    force: bool = False


@dataclass(frozen=True)
class Result:
    """The card and where it lies."""

    folder: Path
    card: dict[str, Any]

    @property
    def failed(self) -> list[str]:
        """The gates that do not hold, with the reason."""
        return [f"{gate['text']}: {gate['why']}" for gate in self.card["gates"] if not gate["passed"]]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"run": str(self.folder), **self.card}

    def table(self) -> Group:
        """For people."""
        return Group(table(self.card), f"card: {self.folder / 'card.html'}")


def check(request: Request, device: torch.device) -> Generator[Tick, None, Result]:
    """Measures part after part into the folder, then writes card.json, card.html and junit.xml.

    Every batch is kept as it comes, so `resume` goes on after a kill, to the same card. Gates and baseline
    may change between the two; model, data and plan may not.
    """
    budget = Budget.of(request.budget)
    earlier = read_baseline(request.baseline) if request.baseline else None
    subject = _subject(request, device)
    parts = parts_of(subject, request.plan)
    gates = [gate_of(text, [p.name for p in parts if p.kind != "trust"]) for text in request.gates]
    folder = CheckFolder(request.out)
    settings = settings_of(request.model, request.data, subject, request.plan)
    with folder.opened(settings, request.resume, request.force):
        ledger = Ledger(folder.results_path)
        before = subject.victim.fingerprint()
        with finite_answers((subject.victim, *subject.surrogates)):
            first = model_findings(subject)
            yield from _measure(subject, request.plan, parts, ledger, budget)
        findings = [*first, *card_findings(subject, request.plan, parts, ledger)]
        findings.append(victim_unchanged(subject.victim.info.name, before, subject.victim.fingerprint()))
        card = card_of(subject, request.plan, parts, ledger, findings)
        if earlier is not None:
            card["baseline"] = {"title": earlier["title"], "changes": compared(card, earlier)}
        verdicts = [verdict(gate, card) for gate in gates]
        card["gates"] = [_gate_record(each) for each in verdicts]
        _write(request, folder, card, verdicts, ledger)
    return Result(request.out, card)


def _subject(request: Request, device: torch.device) -> Subject:
    victim = load_classifier(request.model)
    signs = is_signs(request.data)
    data = sign_data(request.data, request.n, request.plan.seed) if signs else load_data(request.data)
    data = shuffled(data.sample(request.n, request.plan.seed), request.plan.seed)
    others = tuple(load_classifier(spec).to(device) for spec in request.surrogates)
    return subject_of(victim.to(device), data, device, others, signs)


def _measure(
    subject: Subject, plan: Plan, parts: list[Part], ledger: Ledger, budget: Budget
) -> Generator[Tick, None, None]:
    """The batches that are not done yet, until the budget ends."""
    batches = [(part, rows) for part in parts for rows in _batches(part)]
    for number, (part, rows) in enumerate(batches):
        yield Tick("check", number, len(batches), part.name)
        if ledger.has(part.name, rows):
            continue
        if budget.spent(ledger):
            break
        began = time.monotonic()
        with counted(subject.victim) as calls:
            seen = part.measure(subject, plan, ledger, rows)
        ledger.add(
            Batch(part.name, rows, **asdict(seen), calls=calls.images, seconds=time.monotonic() - began)
        )
    yield Tick("check", len(batches), len(batches))


def _batches(part: Part) -> list[list[int]]:
    return [rows.tolist() for rows in torch.arange(part.rows).split(part.batch)]


def _gate_record(each: Verdict) -> dict[str, Any]:
    return {"text": each.gate.text, "passed": each.passed, "why": each.text}


def _write(
    request: Request, folder: CheckFolder, card: dict[str, Any], verdicts: list[Verdict], ledger: Ledger
) -> None:
    text = json.dumps(card, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    origin = [
        ("eot", version()),
        ("torch", torch.__version__),
        ("time", f"{ledger.seconds:.0f} s, {torch.get_num_threads()} threads"),
    ]
    files = {
        "junit.xml": junit(card, verdicts),
        "card.html": page(card, command_of(request), origin),
        "card.json": text.encode(),
    }
    write_files(folder.path, files)


def command_of(request: Request) -> str:
    """What gives the card again."""
    plan = request.plan
    words = ["eot check", request.model, request.data, f"--n {request.n}", f"--norm {plan.norm}"]
    words.append("--eps " + ",".join(_exactly(eps) for eps in plan.eps))
    words.append(f"--effort {plan.effort} --seed {plan.seed}")
    words += [f"--surrogate {spec}" for spec in request.surrogates]
    return " ".join([*words, "--out again"])


def _exactly(eps: float) -> str:
    """A radius as its line is called, or with all digits where that is not quite the same number."""
    return written(eps) if fraction(written(eps)) == eps else repr(eps)
