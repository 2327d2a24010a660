"""Models under test: one file per family, one way to load them all."""

from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim, Prediction
from eot.victims.depth import DepthEstimator, Depths
from eot.victims.detections import Dense, Detections, Operating
from eot.victims.detector import Detector, Setting
from eot.victims.fingerprint import assert_unchanged, fingerprint
from eot.victims.letterbox import Fit
from eot.victims.linear import LinearVictim
from eot.victims.load import SOURCES, load_victim, load_victims
from eot.victims.segmenter import Maps, Segmenter
from eot.victims.victim import Victim, VictimInfo

__all__ = [
    "SOURCES",
    "AnyVictim",
    "Claim",
    "Dense",
    "DepthEstimator",
    "Depths",
    "Detections",
    "Detector",
    "Fit",
    "LinearVictim",
    "Maps",
    "Operating",
    "Prediction",
    "Segmenter",
    "Setting",
    "Victim",
    "VictimInfo",
    "admit",
    "assert_unchanged",
    "fingerprint",
    "load_victim",
    "load_victims",
]
