"""Certified accuracy of a classifier behind PatchCleanser, and what the defence costs where nobody attacks.

python -m benchmarks.certified bundled signs --n 200 --patch-px 8
python -m benchmarks.certified python:examples/asset_nets.py:squeezenet folder:DIR --n 50 --patch-px 32
"""

import argparse

import torch
from tqdm import tqdm

from eot.data.load import load_data
from eot.data.signs import is_signs, sign_data
from eot.defences.patch_cleanser import certified, cleansed, labels_under, masks_for
from eot.evidence.statistics import rate_of
from eot.victims.load import load_classifier

BATCH = 25


def main() -> None:
    """Prints accuracy without the defence, behind it, and certified against every patch of that size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("data", help="as for eot check")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--patch-px", type=int, nargs="+", required=True, help="side of the patch")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    victim = load_classifier(asked.model)
    data = sign_data(asked.data, asked.n, asked.seed) if is_signs(asked.data) else load_data(asked.data)
    data = data.sample(min(asked.n, len(data)), asked.seed)
    print(f"{asked.model} on {len(data)} images of {asked.data}, seed {asked.seed}")
    for patch_px in asked.patch_px:
        right: dict[str, list[torch.Tensor]] = {"undefended": [], "defended": [], "certified": []}
        for images, labels in tqdm(data.batches(BATCH), total=-(-len(data) // BATCH), desc=f"{patch_px} px"):
            masks = masks_for((images.shape[-2], images.shape[-1]), patch_px)
            table = labels_under(victim, images, masks)
            with torch.no_grad():
                right["undefended"].append(victim(images).argmax(1) == labels)
            right["defended"].append(cleansed(table) == labels)
            right["certified"].append(certified(table, labels))
        share = patch_px**2 / (images.shape[-1] * images.shape[-2])
        for name, parts in right.items():
            rate = rate_of(torch.cat(parts), 0.95)
            print(
                f"  {patch_px} px ({share:.1%}) {name:10s} {rate.rate:.1%} [{rate.low:.1%}, {rate.high:.1%}]"
            )


if __name__ == "__main__":
    main()
