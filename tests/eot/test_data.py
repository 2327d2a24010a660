import gzip
import json
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from eot.data import Data, Stored, load_data
from eot.data.data import checked
from eot.streams import generator_for
from renders.errors import InputError
from tests.conftest import picture

ASSETS = Path("../shared/assets")
needs_assets = pytest.mark.skipif(not ASSETS.is_dir(), reason="needs the test material beside the checkout")


def levels(*shape: int, seed: int = 0) -> np.ndarray:
    generator = generator_for(seed, "levels")
    return torch.randint(256, shape, generator=generator, dtype=torch.uint8).numpy()


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.tobytes()


def everything(data: Data) -> torch.Tensor:
    return torch.cat([images for images, _ in data.batches(2)])


def mnist(folder: Path, n: int = 5, end: str = "") -> np.ndarray:
    pixels = levels(n, 28, 28)
    pack = gzip.compress if end else bytes
    (folder / f"t10k-images-idx3-ubyte{end}").write_bytes(pack(idx(pixels)))
    (folder / f"t10k-labels-idx1-ubyte{end}").write_bytes(pack(idx(np.arange(n, dtype=np.uint8))))
    return pixels


@pytest.mark.parametrize("end", ["", ".gz"])
def test_digits_come_back_as_they_were_written_in_one_grey_channel(tmp_path: Path, end: str) -> None:
    pixels = mnist(tmp_path, end=end)
    data = load_data(f"mnist:{tmp_path}")
    assert torch.equal((everything(data)[:, 0] * 255).round(), torch.from_numpy(pixels).float())
    assert data.labels.tolist() == [0, 1, 2, 3, 4] and data.classes == tuple("0123456789")


def test_a_sample_is_drawn_by_its_seed_and_changes_the_hash(tmp_path: Path) -> None:
    mnist(tmp_path)
    whole, some, again, other = (
        load_data(f"mnist:{tmp_path}{query}") for query in ("", "?n=3", "?n=3&seed=0", "?n=3&seed=4")
    )
    assert len(some) == 3 and some.labels.tolist() == sorted(some.labels.tolist())
    assert some.sha256 == again.sha256 and torch.equal(everything(some), everything(again))
    assert len({whole.sha256, some.sha256, other.sha256}) == 3
    assert load_data(f"mnist:{tmp_path}?n=99").sha256 == whole.sha256


def test_a_part_is_taken_by_its_rows(tmp_path: Path) -> None:
    mnist(tmp_path)
    assert load_data(f"mnist:{tmp_path}?rows=1:3").labels.tolist() == [1, 2]
    assert load_data(f"mnist:{tmp_path}?rows=3:99").labels.tolist() == [3, 4]
    with pytest.raises(InputError, match="FIRST:LAST among 5 images; got '5:9'"):
        load_data(f"mnist:{tmp_path}?rows=5:9")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[:-3], "download it again"),
        (lambda data: b"\x1f\x8b" + data, "cannot be read"),
        (lambda data: b"<html>" + data, "its head says other"),
        (lambda data: b"", "its head says other"),
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path: Path, damage, says: str) -> None:
    mnist(tmp_path)
    file = tmp_path / "t10k-images-idx3-ubyte"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(InputError, match=says):
        load_data(f"mnist:{tmp_path}")


def test_images_without_their_labels_and_labels_out_of_range_are_refused(tmp_path: Path) -> None:
    mnist(tmp_path)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    labels.write_bytes(idx(np.array([0, 1, 2], dtype=np.uint8)))
    with pytest.raises(InputError, match="one label per image; got 5 images and 3 labels"):
        load_data(f"mnist:{tmp_path}")
    labels.write_bytes(idx(np.array([0, 1, 2, 3, 10], dtype=np.uint8)))
    with pytest.raises(InputError, match="labels from 0 to 9; got 0 to 10: count classes from 0"):
        load_data(f"mnist:{tmp_path}")
    labels.write_bytes(idx(np.zeros(0, dtype=np.uint8)))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((0, 28, 28), dtype=np.uint8)))
    with pytest.raises(InputError, match="expected labelled images; found none"):
        load_data(f"mnist:{tmp_path}")


def cifar(folder: Path, binary: bool) -> tuple[np.ndarray, list[int]]:
    pixels, labels = levels(4, 3072), [3, 0, 9, 1]
    if binary:
        records = np.concatenate([np.array(labels, np.uint8)[:, None], pixels], axis=1)
        (folder / "test_batch.bin").write_bytes(records.tobytes())
    else:
        # A stand-in for the published batches: the same keys, pickled by protocol 2.
        batch = {"data": pixels, "labels": labels, "batch_label": "testing batch 1 of 1"}
        (folder / "test_batch").write_bytes(pickle.dumps(batch, protocol=2))
    return pixels, labels


@pytest.mark.parametrize("binary", [True, False])
def test_cifar_batches_of_both_kinds_give_the_same_set(tmp_path: Path, binary: bool) -> None:
    pixels, labels = cifar(tmp_path, binary)
    data = load_data(f"cifar10:{tmp_path}")
    want = torch.from_numpy(pixels).reshape(4, 3, 32, 32).float() / 255
    assert torch.equal(everything(data), want) and data.labels.tolist() == labels


class Evil:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("ran"),))


@pytest.mark.parametrize("thing", [Evil(), OrderedDict(data=1)])
def test_a_cifar_batch_cannot_run_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thing) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_batch").write_bytes(pickle.dumps({"data": thing, "labels": []}, protocol=2))
    with pytest.raises(InputError, match="which no batch needs"):
        load_data(f"cifar10:{tmp_path}")
    assert not Path("ran").exists()


def test_a_folder_a_class_and_a_number_in_the_name_are_read_at_one_size(tmp_path: Path) -> None:
    for name, size in (("cat", (30, 20)), ("dog", (16, 40))):
        (tmp_path / "tree" / name).mkdir(parents=True)
        picture(tmp_path / "tree" / name / "a.png", size)
    (tmp_path / "flat").mkdir()
    picture(tmp_path / "flat" / "007_stop.png")
    picture(tmp_path / "flat" / "2.png")
    tree = load_data(f"folder:{tmp_path / 'tree'}?px=8")
    assert everything(tree).shape == (2, 3, 8, 8) and tree.classes == ("cat", "dog")
    flat = load_data(f"flat:{tmp_path / 'flat'}?px=8&classes=9")
    assert sorted(flat.labels.tolist()) == [2, 7] and len(flat.classes) == 9
    with pytest.raises(InputError, match="labels from 0 to 4; got 2 to 7"):
        load_data(f"flat:{tmp_path / 'flat'}?classes=5")
    (tmp_path / "flat" / "stop.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"stop\.png: expected a name that starts with the number"):
        load_data(f"flat:{tmp_path / 'flat'}")


def test_gtsrb_is_read_from_folders_and_from_its_table(tmp_path: Path) -> None:
    (tmp_path / "folders" / "00014").mkdir(parents=True)
    picture(tmp_path / "folders" / "00014" / "00000.ppm")
    assert load_data(f"gtsrb:{tmp_path / 'folders'}").labels.tolist() == [14]
    picture(tmp_path / "00000.ppm")
    table = tmp_path / "GT-final_test.csv"
    table.write_text("Filename;Width;Height;ClassId\n00000.ppm;24;24;42\n", encoding="utf-8")
    assert load_data(f"gtsrb:{tmp_path}").labels.tolist() == [42]
    table.write_text("Filename,ClassId\n00000.ppm,42\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected columns Filename and ClassId"):
        load_data(f"gtsrb:{tmp_path}")


def test_npz_takes_every_layout_and_refuses_pickles_and_wrong_ranges(tmp_path: Path) -> None:
    pixels, labels, file = levels(3, 6, 5, 3), np.array([0, 2, 1]), tmp_path / "some.npz"
    want = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    for images in (pixels, pixels.transpose(0, 3, 1, 2), pixels.astype(np.float32) / 255):
        np.savez(file, images=images, labels=labels)
        assert torch.equal(everything(load_data(f"npz:{file}")), want)
    np.savez(file, x_test=pixels[..., 0], y_test=labels)
    assert load_data(f"npz:{file}").take(torch.tensor([1]))[0].shape == (1, 1, 6, 5)
    np.savez(file, images=pixels.astype(np.float32), labels=labels)
    with pytest.raises(InputError, match="divide by 255"):
        load_data(f"npz:{file}")
    np.savez(file, images=np.array([Evil()], dtype=object), labels=labels)
    with pytest.raises(InputError, match=r"expected an \.npz archive of plain arrays"):
        load_data(f"npz:{file}")


def test_coco_boxes_become_images_of_their_category(tmp_path: Path) -> None:
    pixels = levels(40, 60, 3)
    Image.fromarray(pixels, "RGB").save(tmp_path / "street.png")
    record = {
        "images": [{"id": 5, "file_name": "street.png"}],
        "categories": [{"id": 13, "name": "stop sign"}, {"id": 2, "name": "bicycle"}],
        "annotations": [
            {"image_id": 5, "category_id": 13, "bbox": [10, 4, 20, 20]},
            {"image_id": 5, "category_id": 2, "bbox": [0, 0, 5, 30]},
            {"image_id": 5, "category_id": 2, "bbox": [0, 0, 30, 30], "iscrowd": 1},
        ],
    }
    file = tmp_path / "instances.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    data = load_data(f"coco:{file}?px=20")
    assert data.classes == ("bicycle", "stop sign") and data.labels.tolist() == [1]
    assert torch.equal(everything(data)[0], torch.from_numpy(pixels[4:24, 10:30]).permute(2, 0, 1) / 255)
    record["images"][0]["file_name"] = "../street.png"
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "instances.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match="is not beside it"):
        load_data(f"coco:{tmp_path / 'below' / 'instances.json'}")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("minst:x", "did you mean 'mnist'"),
        ("mnist", "data must be FORMAT:PATH"),
        ("mnist:nowhere", "nowhere does not exist"),
        ("mnist:.?splits=test", "did you mean 'split'"),
        ("mnist:.?n=-4", "n: expected a whole number"),
        ("mnist:.?split=test", "expected one of t10k-images"),
        ("cifar10:.?split=val", "splits train and test"),
        ("folder:.", "found none"),
    ],
)
def test_every_wrong_spec_gets_one_clear_line(tmp_path: Path, monkeypatch, spec: str, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=says) as caught:
        load_data(spec)
    assert "\n" not in str(caught.value)


def test_labels_below_zero_are_refused() -> None:
    images = Stored(torch.zeros(1, 1, 2, 2, dtype=torch.uint8))
    with pytest.raises(InputError, match="got -1 to -1"):
        checked(Data("odd", "test", images, torch.tensor([-1]), ("a", "b"), ""))


@needs_assets
def test_the_official_digits_are_all_there() -> None:
    data = load_data(f"mnist:{ASSETS / 'mnist'}")
    # How often each digit occurs in the official test set.
    assert data.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert len(load_data(f"mnist:{ASSETS / 'mnist'}?split=train10k")) == 10_000
