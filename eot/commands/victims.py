"""`eot victims`: what can be attacked, and what a given model is."""

from collections.abc import Sequence

from eot.commands.listing import Listing
from eot.victims import load_victim
from eot.victims.bundled import DEFAULT_VARIANT, TRAINED, WEIGHTS
from eot.victims.sign_net import VARIANTS
from eot.victims.torchvision_zoo import classifier_names


def victims(specs: Sequence[str]) -> Listing:
    """The families of models with examples, or a description of each model in `specs` once it is loaded."""
    return _described(specs) if specs else _families()


def _families() -> Listing:
    rows: list[tuple[str, str]] = [
        ("bundled" if name == DEFAULT_VARIANT else f"bundled:{name}", _whereabouts(name)) for name in VARIANTS
    ]
    rows += [
        ("torchvision:NAME", ", ".join(classifier_names())),
        ("torchvision:NAME@FILE", "the same architecture with weights of your own"),
        ("timm:NAME", "any timm classifier (pip install timm)"),
        ("python:FILE.py:FACTORY", "a function without arguments that returns your model"),
        ("file:PATH?arch=NAME&classes=N", "a state dict or safetensors file of a known architecture"),
    ]
    return Listing("Models that can be attacked", ("victim", "what"), tuple(rows))


def _whereabouts(name: str) -> str:
    for folder in (WEIGHTS, TRAINED):
        if (folder / f"{name}.safetensors").is_file():
            return f"sign classifier, weights in {folder}"
    return f"sign classifier, not trained here yet: eot train-signs --variant {name}"


def _described(specs: Sequence[str]) -> Listing:
    rows = []
    for spec in specs:
        info = load_victim(spec).info
        size = f"{info.input_px[0]} x {info.input_px[1]}"
        notes = "; ".join(info.notes) or None
        rows.append(
            (spec, len(info.labels), size, info.licence, info.origin, info.weights_sha256[:16], notes)
        )
    columns = ("victim", "classes", "input_px", "licence", "origin", "weights_sha256", "notes")
    return Listing("Victims", columns, tuple(rows))
