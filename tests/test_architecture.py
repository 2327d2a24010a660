"""The rules that keep the code readable, checked on its syntax trees."""

import ast
import importlib
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer

import cli

ROOT = Path(__file__).parents[1]
FLOORS = ("renders", "textures", "eot", "cli")
LIGHT = {"typer", *sys.stdlib_module_names}
# Where gradients are made: the loop, and the trainer.
GRADIENTS = ("eot/loop.py", "eot/harden/train.py")
DOCTOR = "eot/commands/doctor.py"
TERMINAL = "eot/terminal"
BARS = Path("eot/terminal/bars.py")
DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson"}
IN_PLACE_DRAWS = {"normal_", "uniform_", "bernoulli_", "random_", "exponential_", "log_normal_", "cauchy_"}


@cache
def trees() -> dict[Path, ast.Module]:
    """Every source file of the product, relative to the root, with its syntax tree."""
    files = [p for floor in FLOORS[:3] for p in sorted((ROOT / floor).rglob("*.py"))]
    return {p.relative_to(ROOT): ast.parse(p.read_text(encoding="utf-8")) for p in [*files, ROOT / "cli.py"]}


def imported(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from (alias.name.split(".")[0] for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            yield "relative" if inner.level else str(inner.module).split(".")[0]


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call: the name of what is called as it is written, the call, and where it stands."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node, f"{path}:{node.lineno}"


def test_imports_only_go_down() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in trees().items()
        for name in imported(tree)
        if name in ("relative", *FLOORS[FLOORS.index(path.parts[0].removesuffix(".py")) + 1 :])
    ]
    assert not wrong


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in trees()}
    assert not {path: length for path, length in lengths.items() if length > 300}


def test_every_file_says_in_one_sentence_what_it_is() -> None:
    first = {str(path): (ast.get_docstring(tree) or "").split("\n")[0] for path, tree in trees().items()}
    assert not {path: line for path, line in first.items() if not line.endswith((".", "?", "!", ")"))}


def test_the_command_line_imports_nothing_heavy_at_its_top() -> None:
    for path, tree in trees().items():
        if not path.is_relative_to(TERMINAL) and path != Path("cli.py"):
            continue
        top = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        heavy = [line for line in top if line.split()[1].split(".")[0] not in LIGHT]
        assert all(line.startswith("from eot.terminal") for line in heavy) or path == BARS, path


def test_gradients_are_made_in_the_loop_only() -> None:
    made = [
        where
        for name, _, where in calls()
        if (name.endswith(".backward") or name == "torch.autograd.grad") and not where.startswith(GRADIENTS)
    ]
    assert not made


def test_every_draw_takes_a_generator() -> None:
    wrong = []
    for name, call, where in calls():
        owner, _, last = name.rpartition(".")
        draws = (owner == "torch" and last in DRAWS) or (owner and last in IN_PLACE_DRAWS)
        if draws and "generator" not in {keyword.arg for keyword in call.keywords}:
            wrong.append(f"{where}: {name} without generator=")
    assert not wrong


def test_nothing_but_the_terminal_prints_or_picks_a_device() -> None:
    forbidden = ("print", "torch.set_num_threads", "torch.cuda.is_available", "torch.set_default_device")
    wrong = [
        f"{where}: {name}"
        for name, _, where in calls()
        if (name in forbidden or name.endswith(".cuda")) and not where.startswith((TERMINAL, DOCTOR))
    ]
    assert not wrong


def commands() -> dict[str, str]:
    """Name and help of every command."""
    group = typer.main.get_command(cli.app)
    return {name: command.help or "" for name, command in group.commands.items()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_and_stands_in_the_readme(name: str) -> None:
    assert len(commands()[name]) > 30
    readme = ROOT / "README.md"
    assert f"eot {name}" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", commands())
def test_every_command_has_a_module_of_its_own_name(name: str) -> None:
    module = "attack" if name in ("demo", "demo3d") else name.replace("-", "_")
    assert importlib.import_module(f"eot.commands.{module}").__doc__


def test_the_wheel_takes_along_every_file_that_is_no_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = {
        path
        for package, patterns in project["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    files = (path for floor in FLOORS[:3] for path in (ROOT / floor).rglob("*") if path.is_file())
    assert {path for path in files if path.suffix not in (".py", ".pyc")} <= packed


def test_requirements_give_a_reason_beside_every_package_and_name_it_once() -> None:
    files = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted and all("# " in line for line in wanted)
    names = [line.split(">=")[0] for line in wanted]
    assert len(set(names)) == len(names)
