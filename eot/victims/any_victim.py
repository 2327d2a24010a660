"""What may be attacked, and what it answers: logits, a detector's candidates, maps of classes or depth."""

from torch import Tensor

from eot.victims.depth import DepthEstimator, Depths
from eot.victims.detections import Dense
from eot.victims.detector import Detector
from eot.victims.segmenter import Maps, Segmenter
from eot.victims.victim import Victim

AnyVictim = Victim | Detector | Segmenter | DepthEstimator
# Logits [... c], or the candidates or maps of each picture, which know its places. The objective judges it.
Prediction = Tensor | Dense | Maps | Depths
