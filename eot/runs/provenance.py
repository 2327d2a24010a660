"""What a run was made with: versions, seed, device, and hashes of victims, configuration and texture."""

import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from eot.runs.config import Config, dump_config
from eot.runs.version import version, version_of
from renders.errors import RunError
from textures.write import write_bytes

# Whatever takes part in the numbers; all of it is needed.
PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "scipy",
    "pillow",
    "opencv-python",
    "kornia",
    "safetensors",
    "shapely",
    "resvg_py",
    "reportlab",
)
# What changes no result, or is compared entry by entry.
ASIDE = ("started", "config_sha256", "texture_sha256", "victims", "packages")


@dataclass(frozen=True)
class Provenance:
    """Where the results of a run come from.

    Args:
        packages: name to version.
        victims: name in the configuration to the fingerprint of its weights.
        started: date and time in UTC.
        texture_sha256: the hash of the finished texture, None until then.
    """

    eot: str
    python: str
    platform: str
    packages: dict[str, str]
    seed: int
    device: str
    threads: int
    config_sha256: str
    victims: dict[str, str]
    started: str
    texture_sha256: str | None = None


def provenance_of(config: Config, device: torch.device, victims: dict[str, str]) -> Provenance:
    """The provenance of a run that starts here and now."""
    return Provenance(
        eot=version(),
        python=platform.python_version(),
        platform=platform.platform(),
        packages=package_versions(),
        seed=config.seed,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        threads=torch.get_num_threads(),
        config_sha256=hashlib.sha256(dump_config(config).encode()).hexdigest(),
        victims=victims,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def package_versions() -> dict[str, str]:
    """The version of every package that takes part in the numbers, or `not installed`."""
    return {name: version_of(name) or "not installed" for name in PACKAGES}


def texture_hash(image: Float[Tensor, "t 3 u v"]) -> str:
    """The sha256 (hex) of an image: its dtype, shape and values, whatever its memory layout or device."""
    values = image.detach().cpu().contiguous()
    digest = hashlib.sha256(f"{values.dtype} {list(values.shape)}\n".encode())
    digest.update(values.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def changes(before: Provenance, now: Provenance) -> list[str]:
    """What differs between two starts and may change the bytes of a result, a line each."""
    old, new = asdict(before), asdict(now)
    keys = [key for key in old if key not in ASIDE and old[key] != new[key]]
    lines = [f"{key}: {old[key]} -> {new[key]}" for key in keys]
    lines += [
        f"{name}: {before.packages.get(name, 'none')} -> {found}"
        for name, found in now.packages.items()
        if before.packages.get(name) != found
    ]
    others = [name for name, digest in now.victims.items() if before.victims.get(name) != digest]
    lines += [f"victim {name}: other weights" for name in others]
    return lines


def write_provenance(path: Path, provenance: Provenance) -> None:
    """Writes it as JSON."""
    text = json.dumps(asdict(provenance), indent=2, ensure_ascii=False)
    write_bytes(path, (text + "\n").encode())


def read_provenance(path: Path) -> Provenance:
    """Reads what `write_provenance` wrote. Raises RunError when it is missing or something else."""
    try:
        return Provenance(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{path}: expected the provenance of a run; {error}: use --force") from None
