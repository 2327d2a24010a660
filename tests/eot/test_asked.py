"""Black boxes: a command or an endpoint that answers, is slow, down, or talks rubbish; never a gradient."""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch

from eot.victims import Detector, Victim, load_victim
from eot.victims.asked import Asked
from renders.errors import EotError, InputError, RunError

# Reads how red and how green a picture is; or finds a box, or misbehaves as it is told.
MODEL = """
import base64, io, json, sys, time
from PIL import Image
mode = sys.argv[1]
picture = Image.open(io.BytesIO(base64.b64decode(json.load(sys.stdin)["png"])))
red, green, _ = (level / 255 for level in picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))
if mode == "slow":
    time.sleep(5)
if mode == "fails":
    sys.exit("no licence found")
print({
    "scores": json.dumps({"scores": [red / (red + green), green / (red + green)]}),
    "detects": json.dumps({"detections": [{"box": [1, 2, 9, 8], "score": red, "label": "thing"}]}),
    "rubbish": "<html>Bad gateway</html>",
    "negative": json.dumps({"scores": [-1, 2]}),
    "last": json.dumps({"detections": [{"box": [1, 2, 9, 8], "score": 0.5, "label": -1}]}),
    "unlabelled": json.dumps({"detections": [{"box": [1, 2, 9, 8], "score": 0.5, "label": "ghost"}]}),
    "slow": "{}",
}[mode])
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    """The command without its mode."""
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    (tmp_path / "labels.txt").write_text("thing\nother\n", encoding="utf-8")
    return f"command:{sys.executable} {path}"


def test_a_command_answers_like_a_classifier_without_a_gradient(model: str) -> None:
    victim = load_victim(f"{model} scores#input=12")
    red = torch.tensor([0.8, 0.2, 0.1])[None, :, None, None].expand(1, 3, 12, 12).clone().requires_grad_()
    answer = victim(red)
    assert isinstance(victim, Victim) and not answer.requires_grad
    assert answer.softmax(-1)[0, 0] == pytest.approx(0.8, abs=0.01)
    assert any("black box" in note for note in victim.info.notes)


def test_a_command_answers_like_a_detector(model: str, tmp_path: Path) -> None:
    detector = load_victim(f"{model} detects#input=12&labels={tmp_path / 'labels.txt'}&threshold=0.4")
    assert isinstance(detector, Detector)
    found = detector.detect(torch.full((1, 3, 24, 24), 0.6))
    # The canvas is half the picture, so the box is twice as large in it.
    assert found.boxes[0, 0].tolist() == [2, 4, 18, 16] and int(found.labels[0, 0]) == 0


def test_of_too_many_detections_the_best_are_kept() -> None:
    found = [{"box": [1, 2, 9, 8], "score": n / 300, "label": n % 2} for n in range(150)]
    asked = Asked(lambda _: json.dumps({"detections": found}).encode(), "a model", ("thing", "other"))
    _, scores = asked(torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(scores[0].amax(-1), torch.arange(149, 49, -1) / 300)
    torch.testing.assert_close(scores[0, 0], torch.tensor([0, 149 / 300]))


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("rubbish", "Bad gateway"),
        ("negative", "scores in [0, 1]"),
        ("fails", "no licence found"),
        ("slow#seconds=1", "no answer within 1 s"),
        ("unlabelled#labels={labels}", "label of the list"),
        ("last#labels={labels}", "label -1 is none of 2"),
        ("scores#labels={labels}&colour=red", "no option 'colour'"),
        ("scores#input=wide", "expected numbers"),
    ],
)
def test_a_command_that_misbehaves_is_refused_in_one_line(
    mode: str, says: str, model: str, tmp_path: Path
) -> None:
    with pytest.raises(EotError) as error:
        load_victim(f"{model} {mode.format(labels=tmp_path / 'labels.txt')}")
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="no program no-such-model"):
        load_victim("command:no-such-model")


class Handler(BaseHTTPRequestHandler):
    """Two classes; /broken is an error, /slow takes its time, /rubbish is none; everything else answers."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/slow":
            time.sleep(1.5)
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        answer = "{broken" if self.path == "/rubbish" else json.dumps({"scores": [0.25, 0.75]})
        with contextlib.suppress(BrokenPipeError):  # who asked may have given up
            self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    """A server of this process."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_endpoint_is_a_victim(address: str) -> None:
    victim = load_victim(f"{address}/model#input=8")
    assert victim(torch.rand(2, 3, 8, 8)).softmax(-1)[1].tolist() == pytest.approx([0.25, 0.75])  # type: ignore[union-attr]


def test_an_endpoint_that_is_broken_slow_or_down_is_named(address: str) -> None:
    with pytest.raises(RunError, match=r"/broken: cannot be asked \(HTTP Error 500"):
        load_victim(f"{address}/broken#input=8")
    with pytest.raises(RunError, match=r"/slow: no answer within 0.5 s"):
        load_victim(f"{address}/slow#input=8&seconds=0.5")
    with pytest.raises(RunError, match=r"/rubbish: expected .*got b'{broken'"):
        load_victim(f"{address}/rubbish#input=8")
    with pytest.raises(RunError, match="is it running"):
        load_victim("http://127.0.0.1:9/model#input=8&seconds=2")
