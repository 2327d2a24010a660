"""Segmenters from torchvision's model zoo (FCN, DeepLabV3, LR-ASPP), with its weights or a local file's."""

from pathlib import Path

from jaxtyping import Float
from torch import Tensor, nn

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.detector import Setting
from eot.victims.letterbox import Fit
from eot.victims.state_dict import fill, read_state
from eot.victims.torchvision_detectors import download
from eot.victims.victim import resize

LICENCE = "weights by torchvision (BSD-3-Clause code; trained on COCO with the classes of Pascal VOC)"
PROBE_PX = (64, 64)


class Shorter(nn.Module):
    """A segmenter that takes pictures whose shorter side has `shorter_px`, as it was trained."""

    def __init__(self, model: nn.Module, shorter_px: int) -> None:
        super().__init__()
        self.model, self.shorter_px = model, shorter_px

    def forward(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c i j"]:
        """Logits at the size that the model saw."""
        height, width = pictures.shape[-2:]
        # The longer side is cut off to whole pixels, as torchvision does.
        size = tuple(side * self.shorter_px // min(height, width) for side in (height, width))
        return self.model(resize(pictures, (size[0], size[1])))["out"]


def segmenter_names() -> tuple[str, ...]:
    """Every segmentation architecture of torchvision."""
    from torchvision import models

    return tuple(models.list_models(module=models.segmentation))


def load_torchvision_segmenter(name: str, file: str) -> AnyVictim:
    """The segmenter `name` with torchvision's default weights, or with those of a local file.

    Raises:
        InputError: weights that cannot be downloaded, or a file that does not fit.
    """
    from torchvision import models

    published = models.get_model_weights(name)["DEFAULT"]
    labels = tuple(published.meta["categories"])
    if file:
        auxiliary = {} if name.startswith("lraspp") else {"aux_loss": True}
        empty = models.get_model(
            name, weights=None, weights_backbone=None, num_classes=len(labels), **auxiliary
        )
        module, origin, licence = fill(empty, read_state(Path(file)), name), file, "not stated"
    else:
        module, origin, licence = download(name, published.url), published.url, LICENCE
    taken = published.transforms()
    claim = Claim(
        f"torchvision:{name}",
        origin,
        licence,
        PROBE_PX,
        labels,
        tuple(taken.mean),
        tuple(taken.std),
        setting=Setting(Fit.OWN),
    )
    return admit(Shorter(module, taken.resize_size[0]), claim)
