"""Where the universal patch of a run works: by its share of the picture, and on nets it was not made for.

On the photos that the run held out, each rate with its interval over photos.

    eot attack examples/imagenet_patch.toml
    python -m benchmarks.imagenet_patch runs/imagenet_patch
"""

import argparse
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from benchmarks.photo_rates import rate_over_photos
from eot.commands.print import product_of
from eot.runs.build import Frame, frame_of
from eot.runs.config import Config
from eot.runs.folder import open_run
from eot.runs.sections import VictimsTable
from eot.streams import Stream
from renders.conditions import Conditions

NETS = ("squeezenet", "mobilenet_v2", "mobilenet_v1")
# Shares of the picture: from half the smallest that the run was made for to the largest.
AREAS = (0.03, 0.04, 0.05, 0.0625, 0.07, 0.08, 0.09, 0.1)
BATCH = 16


@dataclass(frozen=True)
class Judged:
    """Success on n views, and the photo and the patch's share of the picture in each."""

    success: Bool[Tensor, " n"]
    photo: Int[Tensor, " n"]
    area: Float[Tensor, " n"]

    def line(self, name: str, chosen: Bool[Tensor, " n"] | None = None) -> str:
        """The rate over the chosen views."""
        chosen = torch.ones_like(self.success) if chosen is None else chosen
        rate = rate_over_photos(self.success[chosen], self.photo[chosen])
        return f"  {name:24s} {rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}]  {rate.n} views"


def on_net(config: Config, net: str) -> Frame:
    """The run's world with another net."""
    model = str(Path("examples/asset_nets.py").absolute())
    victims = VictimsTable(models=(f"python:{model}:{net}",))
    return frame_of(config.model_copy(update={"victims": victims}), torch.device("cpu"))


@torch.no_grad()
def judge(frame: Frame, patch: Float[Tensor, "1 3 u v"], stream: Stream) -> Judged:
    """The patch in all views of the first batch of a stream."""
    condition, problem = stream(0), frame.problem()
    parts = [problem(patch, condition[i : i + BATCH]).success[0] for i in range(0, stream.k, BATCH)]
    return Judged(torch.cat(parts), condition.background, share(frame, condition.distance_m))


def share(frame: Frame, distance_m: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The patch's share of the picture at a distance, before it is turned."""
    camera, article = frame.config.camera, frame.article
    assert camera.focal_px is not None
    pixels = article.width_mm * article.height_mm / 1e6 * (camera.focal_px / distance_m) ** 2
    return pixels / (camera.width_px * camera.height_px)


def smaller(stream: Stream) -> Stream:
    """The same views with the patch down to the smallest share of the table."""
    near, _ = stream.conditions.ranges["distance_m"]
    far = near * (AREAS[-1] / AREAS[0]) ** 0.5
    return replace(stream, conditions=Conditions({**stream.conditions.ranges, "distance_m": (near, far)}))


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="run directory of examples/imagenet_patch.toml")
    parser.add_argument("--views", type=int, default=1000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    folder = open_run(args.run)
    config, patch = folder.config(), product_of(folder).image
    print("by net, same views")
    for net in NETS:
        frame = on_net(config, net)
        print(judge(frame, patch, frame.stream("report", args.views)).line(net), flush=True)
    print("by share of the picture, on the net that it was made for")
    frame = frame_of(config, torch.device("cpu"))
    judged = judge(frame, patch, smaller(frame.stream("report", args.views)))
    for low, high in pairwise(AREAS):
        inside = (judged.area >= low) & (judged.area < high)
        print(judged.line(f"{low:.2%} to {high:.2%}", inside))


if __name__ == "__main__":
    main()
