"""Models that can only be asked, one picture at a time: behind an HTTP endpoint, or a command.

The question is JSON, {"png": base64 of the picture}. The answer is JSON too: {"scores": [p of each class]}
of a classifier, or {"detections": [{"box": [left, top, right, bottom], "score": p, "label": name}]}, whose
label may be a number too.
"""

import base64
import json
import shlex
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import torch
from jaxtyping import Float
from torch import Tensor, nn

from eot.label_file import read_labels
from eot.victims.admit import Claim, admit
from eot.victims.any_victim import AnyVictim
from eot.victims.detections import Operating
from eot.victims.detector import Setting
from eot.victims.letterbox import Fit
from eot.victims.pictures import png_bytes
from renders.errors import InputError, RunError, nearest

SECONDS = 30.0
MOST_BYTES = 10_000_000
MOST_DETECTIONS = 100
OPTIONS = ("labels", "input", "seconds", "threshold")
WANTED = '{"scores": [one per class]} or {"detections": [{"box", "score", "label"}]}'

Ask = Callable[[bytes], bytes]


class Asked(nn.Module):
    """Logits or candidates of a model that answers questions; no gradient comes back from it."""

    black_box = True

    def __init__(self, ask: Ask, name: str, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.ask, self.name, self.labels = ask, name, labels

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Tensor | tuple[Tensor, Tensor]:
        """One question for each image."""
        answers = [self._answer(image) for image in images.detach()]
        kinds = {"scores" if "scores" in answer else "detections" for answer in answers}
        if len(kinds) > 1:
            raise RunError(f"{self.name}: expected answers of one kind; got both scores and detections")
        if kinds == {"scores"}:
            return torch.stack([self._logits(answer) for answer in answers]).to(images)
        parts = [self._candidates(answer) for answer in answers]
        return torch.stack([b for b, _ in parts]).to(images), torch.stack([s for _, s in parts]).to(images)

    def _answer(self, image: Float[Tensor, "3 h w"]) -> dict[str, Any]:
        question = json.dumps({"png": base64.b64encode(png_bytes(image)).decode()}).encode()
        raw = self.ask(question)
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not ({"scores", "detections"} & answer.keys()):
            raise RunError(f"{self.name}: expected {WANTED}; got {raw[:80]!r}: correct its answers")
        return answer

    def _logits(self, answer: dict[str, Any]) -> Float[Tensor, " c"]:
        try:
            scores = torch.tensor(answer["scores"], dtype=torch.float32)
        except (TypeError, ValueError):
            scores = torch.empty(0)
        classes = len(self.labels) or scores.numel()
        if scores.ndim != 1 or len(scores) != classes or not bool(((scores >= 0) & (scores <= 1)).all()):
            got = str(answer["scores"])[:60]
            raise RunError(f"{self.name}: expected {classes or 'some'} scores in [0, 1]; got {got}")
        return scores.clamp_min(1e-9).log()

    def _candidates(self, answer: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Boxes and scores, the best first as far as there is room, padded with empty ones."""
        boxes, scores = torch.zeros(MOST_DETECTIONS, 4), torch.zeros(MOST_DETECTIONS, len(self.labels))
        try:
            best = sorted(answer["detections"], key=lambda each: float(each["score"]), reverse=True)
            for row, each in enumerate(best[:MOST_DETECTIONS]):
                number = self._number(each["label"])
                boxes[row] = torch.tensor([float(side) for side in each["box"]])
                scores[row, number] = float(each["score"])
        except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:80]
            raise RunError(
                f"{self.name}: expected box, score and a label of the list for each detection; {reason}"
            ) from None
        return boxes, scores

    def _number(self, label: str | int) -> int:
        """The number of a class. Raises ValueError where the list has none such."""
        number = label if isinstance(label, int) else self.labels.index(label)
        if not 0 <= number < len(self.labels):
            raise ValueError(f"label {number} is none of {len(self.labels)}")
        return number


def load_endpoint(kind: str, rest: str) -> AnyVictim:
    """The black-box victim behind `http://...` or `https://...`; options after #, see `load_command`."""
    address, _, options = f"{kind}:{rest}".partition("#")
    return _load(lambda seconds: _http(address, seconds), address, options)


def load_command(rest: str) -> AnyVictim:
    """The black-box victim of a command that reads the question from stdin and writes its answer to stdout.

    Options after #: `labels` (a text file, one a line; detections need it), `input` (side in px, 224),
    `seconds` to wait for an answer (30), `threshold` of detections (0.5).

    Raises:
        InputError: an unknown option, or a program that is not there.
        RunError: no answer in time, or an answer that is none.
    """
    line, _, options = rest.partition("#")
    words = shlex.split(line)
    if not words:
        raise InputError("command victim must be command:PROGRAM ARGUMENTS; got no program: name one")
    return _load(lambda seconds: _command(words, seconds), words[0], options)


def _load(asker: Callable[[float], Ask], name: str, options: str) -> AnyVictim:
    wish = dict(parse_qsl(options))
    for key in wish:
        if key not in OPTIONS:
            raise InputError(f"{name}: no option {key!r}: {nearest(key, OPTIONS)}")
    try:
        side_px, seconds = int(wish.get("input", "224")), float(wish.get("seconds", SECONDS))
        threshold = float(wish.get("threshold", "0.5"))
    except ValueError as error:
        raise InputError(f"{name}: expected numbers for input, seconds and threshold; {error}") from None
    labels = read_labels(wish["labels"]) if "labels" in wish else ()
    operating = Operating(threshold=threshold, overlap=1.0)  # it has suppressed its detections itself
    notes = ("black box: can only be asked, so it has no gradient",)
    claim = Claim(
        name,
        name,
        "not stated",
        (side_px, side_px),
        labels,
        notes=notes,
        setting=Setting(Fit.CENTRE, operating=operating),
    )
    return admit(Asked(asker(seconds), name, labels), claim)


def _http(address: str, seconds: float) -> Ask:
    def ask(question: bytes) -> bytes:
        request = urllib.request.Request(address, question, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=seconds) as response:
                return response.read(MOST_BYTES)
        except TimeoutError:
            raise RunError(f"{address}: no answer within {seconds:g} s: raise #seconds or check it") from None
        except (urllib.error.URLError, OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:100]
            raise RunError(f"{address}: cannot be asked ({reason}): is it running?") from None

    return ask


def _command(words: list[str], seconds: float) -> Ask:
    def ask(question: bytes) -> bytes:
        try:
            done = subprocess.run(words, input=question, capture_output=True, timeout=seconds, check=True)
        except FileNotFoundError:
            raise InputError(f"command victim: no program {words[0]}: check the path") from None
        except subprocess.TimeoutExpired:
            raise RunError(
                f"{words[0]}: no answer within {seconds:g} s: raise #seconds or check it"
            ) from None
        except (subprocess.CalledProcessError, OSError) as error:
            said = getattr(error, "stderr", b"") or str(error).encode()
            reason = said.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise RunError(f"{words[0]}: failed ({reason[0][:100]}): run it by hand") from None
        return done.stdout[:MOST_BYTES]

    return ask
