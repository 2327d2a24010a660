"""Victims from timm (PyTorch Image Models), an optional dependency."""

from pathlib import Path
from types import ModuleType

from torch import nn

from eot.victims.admit import Claim, admit_classifier
from eot.victims.state_dict import fill, read_state
from eot.victims.victim import Victim
from renders.errors import InputError, nearest


def load_timm(rest: str) -> Victim:
    """The victim `NAME` with timm's pretrained weights, or `NAME@FILE` with the weights of a local file.

    Raises:
        InputError: timm is not installed, does not know the name, or cannot get the weights.
    """
    name, _, file = rest.partition("@")
    timm = _timm()
    architecture = name.split(".")[0]
    if not timm.is_model(architecture):
        raise InputError(f"timm has no model {name!r}: {nearest(architecture, timm.list_models())}")
    if file:
        module = fill(timm.create_model(name, pretrained=False), read_state(Path(file)), name)
    else:
        module = _pretrained(timm, name)
    config = timm.data.resolve_model_data_config(module)
    published: dict = vars(module).get("pretrained_cfg", {})
    claim = Claim(
        name=f"timm:{name}",
        origin=file or str(published.get("hf_hub_id") or published.get("url")),
        licence=str(published.get("license") or "not stated"),
        input_px=(config["input_size"][1], config["input_size"][2]),
        labels=_labels(timm, int(vars(module).get("num_classes", 0))),
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )
    return admit_classifier(module, claim)


def _timm() -> ModuleType:
    try:
        import timm
        import timm.data
    except ImportError as error:
        raise InputError("timm:NAME needs timm, which is not installed: pip install timm") from error
    return timm


def _pretrained(timm: ModuleType, name: str) -> nn.Module:
    try:
        return timm.create_model(name, pretrained=True)
    except Exception as error:  # timm, the hub client and urllib each raise their own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise InputError(
            f"weights of timm:{name} must be downloaded once, which failed ({reason}): give your file as "
            f"timm:{name}@FILE"
        ) from error


def _labels(timm: ModuleType, classes: int) -> tuple[str, ...]:
    if classes != 1000:
        return ()
    info = timm.data.ImageNetInfo()
    return tuple(info.index_to_description(index) for index in range(classes))
