"""What may be attacked, and what it answers: a classifier's logits or a detector's candidates."""

from torch import Tensor

from eot.victims.detections import Dense
from eot.victims.detector import Detector
from eot.victims.victim import Victim

AnyVictim = Victim | Detector
# Logits [... c], or the candidates of each picture. Whatever it is, the objective judges it.
Prediction = Tensor | Dense
