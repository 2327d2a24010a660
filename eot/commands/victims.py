"""`eot victims`: what can be attacked, and what a given model is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table

from eot.commands.listing import Listing
from eot.victims import AnyVictim, load_victim
from eot.victims.bundled import DEFAULT_VARIANT, TRAINED, WEIGHTS
from eot.victims.sign_net import OBJECT_NET, VARIANTS

SHOWN_LABELS = 8


@dataclass(frozen=True)
class Description:
    """What is known of some loaded victims."""

    victims: tuple[tuple[str, AnyVictim], ...]

    def record(self) -> list[dict[str, Any]]:
        """One object per victim."""
        return [_record(spec, victim) for spec, victim in self.victims]

    def table(self) -> Group:
        """A block of lines per victim."""
        blocks = (part for record in self.record() for part in ("", _block(record)))
        return Group(*list(blocks)[1:])


def victims(specs: Sequence[str]) -> Listing | Description:
    """The families of models with examples, or a description of each model in `specs` once it is loaded."""
    return Description(tuple((spec, load_victim(spec)) for spec in specs)) if specs else _families()


def _families() -> Listing:
    rows: list[tuple[str, str]] = [
        ("bundled" if name == DEFAULT_VARIANT else f"bundled:{name}", _whereabouts(name))
        for name in (*VARIANTS, OBJECT_NET)
    ]
    rows += [
        ("torchvision:NAME", "any torchvision classifier or detector, such as resnet50 or fcos_resnet50_fpn"),
        ("torchvision:NAME@FILE", "the same architecture with weights of your own"),
        ("timm:NAME", "any timm classifier (pip install timm)"),
        ("timm:NAME@FILE", "the same architecture with weights of your own"),
        (
            "transformers:FOLDER",
            "a classifier, detector, segmenter or depth estimator of transformers (pip install transformers)",
        ),
        ("ultralytics:NAME@FILE", "a YOLO such as yolo11n, weights in a state dict (AGPL-3.0)"),
        ("python:FILE.py:FACTORY", "a function without arguments that returns your model"),
        ("file:PATH?arch=NAME&classes=N", "a state dict or safetensors file of a known architecture"),
        ("program:PATH?input=PX", "a TorchScript archive, or a .pt2 of torch.export"),
        ("onnx:PATH", "an ONNX file, as differentiable torch (pip install onnx)"),
        ("command:PROGRAM or http://…", "a black box that answers JSON; attack it with random or nes"),
    ]
    title = "Models that can be attacked; 'eot victims SPEC' loads one and describes it"
    return Listing(title, ("victim", "what"), tuple(rows))


def _whereabouts(name: str) -> str:
    what, train = ("object", "objects") if name == OBJECT_NET else ("sign", f"signs --variant {name}")
    if (WEIGHTS / f"{name}.safetensors").is_file():
        return f"{what} classifier, its weights come with eot"
    if (TRAINED / f"{name}.safetensors").is_file():
        return f"{what} classifier, trained here: {TRAINED / name}.safetensors"
    return f"{what} classifier, not trained here yet: eot train-{train}"


def _record(spec: str, victim: AnyVictim) -> dict[str, Any]:
    info = victim.info
    return {
        "victim": spec,
        "name": info.name,
        "classes": len(info.labels),
        "labels": list(info.labels),
        "input_px": list(info.input_px),
        "parameters": sum(parameter.numel() for parameter in victim.parameters()),
        "licence": info.licence,
        "origin": info.origin,
        "weights_sha256": info.weights_sha256,
        "fingerprint": victim.fingerprint(),
        "notes": list(info.notes),
    }


def _block(record: dict[str, Any]) -> Table:
    labels = record["labels"]
    more = f" and {len(labels) - SHOWN_LABELS} more" if len(labels) > SHOWN_LABELS else ""
    height, width = record["input_px"]
    table = Table(title=record["victim"], title_justify="left", box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (
        ("classes", f"{record['classes']}: {', '.join(labels[:SHOWN_LABELS])}{more}"),
        ("input", f"{height} x {width} px"),
        ("parameters", f"{record['parameters']:,}"),
        ("licence", record["licence"]),
        ("origin", record["origin"]),
        ("weights as loaded", f"sha256 {record['weights_sha256'][:16]}"),
        ("weights as run", f"sha256 {record['fingerprint'][:16]} (the one in reports)"),
        ("notes", "; ".join(record["notes"]) or "none"),
    ):
        table.add_row(name, value)
    return table
