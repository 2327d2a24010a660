"""Victims from programs: TorchScript archives and torch.export packages, which bring their own code."""

import ast
import json
import os
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.export.pt2_archive import PT2ArchiveReader

from eot.label_file import read_labels
from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from renders.errors import InputError, nearest

OPTIONS = ("input", "labels")
SAFE = "save it with torch.jit.save or torch.export.save, or its weights as safetensors (file:PATH?arch=NAME)"
FORCED = ("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
PROGRAM = "models/model.json"
# All that torch.export.save writes of one program of plain tensors. Whatever else torch would read runs code:
# custom_obj_N, opaque_obj_N and a model.pt beside weights or constants are pickles, aotinductor is a library.
RECORDS = re.compile(
    "|".join(re.escape(name) for name in (*CONFIGS, PROGRAM))
    + r"|data/weights/weight_\d+|data/constants/tensor_\d+|data/sample_inputs/model\.pt|extra/.*"
    r"|archive_format|archive_version|byteorder|(\.data/)?version|\.data/serialization_id"
)
NAME = re.compile(r"[\w.]*", re.ASCII)
# Texts that torch keeps as they are; every other one becomes a part of Python code, or is evaluated.
KEPT = ("metadata", "as_string", "torch_version")
CHECKED = ("target", "as_operator", "expr_str", "guards_code")
OPERATOR = re.compile(
    r"_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|pow|neg|pos|abs|eq|ne|lt|le|gt|ge|and_|or_|not_)"
    r"|math\.[a-z]\w*|torch\._?sym_\w+"
    r"|torch\.ops\.higher_order\.(cond|wrap_with_set_grad_enabled|wrap_with_autocast)",
    re.ASCII,
)
FORMULA = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Name, ast.Load, ast.keyword),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
SIDE = re.compile(r"L(\['\w+'\]|\[\d+\])+\.(size|stride)\(\)\[\d+\]", re.ASCII)  # of an input, in a guard


class OneByOne(nn.Module):
    """A module that takes one image at a time, asked for each image of a batch."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Any:
        """What the module answers to each image, as one batch."""
        answers = [self.module(image[None]) for image in images]
        if isinstance(answers[0], Tensor):
            return torch.cat(answers)
        return tuple(torch.cat(part) for part in zip(*answers, strict=True))


def load_program(rest: str) -> AnyVictim:
    """The victim in `PATH?input=PX&labels=FILE`: .pt2 is a torch.export package, else it is TorchScript.

    It takes sRGB images in [0, 1] at its input size (224 px where not given) and answers logits, or boxes
    and scores. A pickle, or a package that would run anything else while it is read, is refused.

    Raises:
        InputError: no such file, a pickle or damaged file, an unknown option, or a model `admit` refuses.
    """
    file, _, query = rest.partition("?")
    path, wish = Path(file), dict(parse_qsl(query))
    for key in wish:
        if key not in OPTIONS:
            raise InputError(f"program:{rest}: no option {key!r}: {nearest(key, OPTIONS)}")
    if not path.is_file():
        raise InputError(f"program must be a file; {path} does not exist: check the path")
    side = wish.get("input", "224")
    if not side.isdigit():
        raise InputError(f"program:{rest}: expected a whole number of px for input; got {side!r}")
    labels = read_labels(wish["labels"]) if "labels" in wish else ()
    module = _batched(_read(path), int(side))
    return admit(module, Claim(path.stem, str(path), "not stated", (int(side), int(side)), labels))


def _read(path: Path) -> nn.Module:
    try:
        if path.suffix == ".pt2":
            _check_package(path)
            with _tensors_only():
                return _trainable(torch.export.load(path).module())
        with warnings.catch_warnings():
            # torch advises torch.export to those who write such a file; here it is only read.
            warnings.simplefilter("ignore", FutureWarning)
            module = torch.jit.load(path, map_location="cpu")
        for parameter in module.parameters():
            parameter.requires_grad_(False)
        # At once: one call in train mode, as a trace may have been saved, would move its running statistics.
        return module.eval()
    except InputError:
        raise
    except Exception as error:  # the readers raise many kinds
        raise InputError(
            f"{path} must be a TorchScript archive or a .pt2 of torch.export; a pickle can run anything and "
            f"is not opened: {SAFE}"
        ) from error


@contextmanager
def _tensors_only() -> Iterator[None]:
    """While it lasts torch.load reads tensors only; torch.export.load by itself falls back to any pickle."""
    before = {name: os.environ.pop(name, None) for name in FORCED}
    os.environ[FORCED[0]] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _check_package(path: Path) -> None:
    """Raises InputError for a .pt2 that would run code of its own while it is read.

    torch itself reads the archive here, so that what is checked is what is loaded.
    """
    if "version" in zipfile.ZipFile(path).namelist():  # the format before torch 2.8, read by another path
        raise _unsafe(path, "the format before torch 2.8")
    archive = PT2ArchiveReader(str(path))
    for record in archive.get_file_names():
        if not RECORDS.fullmatch(record):
            raise _unsafe(path, record)
    for record, kind in zip(CONFIGS, ("weight_", "tensor_"), strict=True):
        config = json.loads(archive.read_string(record))
        for name, each in config["config"].items():
            if each["use_pickle"] is not False or not re.fullmatch(kind + r"\d+", each["path_name"]):
                raise _unsafe(path, f"a pickle for {name[:40]!r}")
        _check_texts(config, path)
    program = json.loads(archive.read_bytes(PROGRAM))
    _check_texts(program, path)
    for _, text in _texts(program["graph_module"]["signature"], "name"):
        if not NAME.fullmatch(text):
            raise _unsafe(path, f"the name {text[:40]!r}")


def _unsafe(path: Path, what: str) -> InputError:
    return InputError(
        f"expected a .pt2 of tensors and torch operators; got {what} in {path}, which can run anything and "
        f"is not opened: {SAFE}"
    )


def _check_texts(value: Any, path: Path) -> None:
    for key, text in _texts(value, "name"):
        if key in ("target", "as_operator"):
            harmless = _is_operator(text)
        elif key in ("expr_str", "guards_code"):
            harmless = _is_formula(text)
        else:
            harmless = key in KEPT or NAME.fullmatch(text) is not None
        if not harmless:
            raise _unsafe(path, f"{key} {text[:40]!r}")


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, and in the JSON that some texts hold, with the key it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield "metadata" if key == "metadata" else "name", name
            yield from _texts(inner, key if key == "metadata" and name not in CHECKED else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str):
        if key in ("in_spec", "out_spec", "context"):
            yield from _texts(json.loads(value), key if key != "context" else "name")
        else:
            yield key, value


def _is_operator(target: str) -> bool:
    """Whether it names an operator of tensors or numbers; torch would take any function it can reach."""
    if not target.startswith("torch.ops.") or OPERATOR.fullmatch(target):
        return OPERATOR.fullmatch(target) is not None
    found: Any = torch
    for name in target.split(".")[1:]:
        found = getattr(found, name, None)
    return isinstance(found, torch._ops.OpOverload) and "from_file" not in target


def _is_formula(text: str) -> bool:
    """Whether it is arithmetic of symbols and of sympy's classes; torch evaluates it as Python."""
    text = SIDE.sub("side", text)
    if not text.isascii() or set(text) & set('#\\"\r\n'):
        return False
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return all(_is_arithmetic(node) for node in nodes)


def _is_arithmetic(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):  # all functions of Python's own that run something are written small
        return isinstance(node.func, ast.Name) and node.func.id[0].isupper()
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or NAME.fullmatch(node.value) is not None
    return isinstance(node, FORMULA)


def _trainable(module: nn.Module) -> nn.Module:
    # An exported module refuses train() and eval(), which every parent calls; its graph is in eval mode.
    for name in ("train", "eval"):
        module.__dict__.pop(name, None)
    return module


@torch.no_grad()
def _batched(module: nn.Module, side: int) -> nn.Module:
    """The module itself, or asked image by image where it was traced with a batch of one."""
    try:
        module(torch.full((2, 3, side, side), 0.5))
    except Exception:  # a traced program raises anything at another shape
        return OneByOne(module)
    return module
