"""The configuration is strict, complete, and says in one line what is wrong with it."""

import tomllib
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eot.runs.config import RESERVED, Config, dump_config, file_keys, load_config, parse_config
from eot.runs.explain import configuration_page
from eot.runs.overrides import merge, parse_overrides
from eot.streams import generator_for
from renders.conditions import QUANTITIES, Conditions
from renders.errors import InputError

ROOT = Path(__file__).parents[2]
SMALL = '[article]\nsign = "stop"\n[objective]\ntarget = "yield"\n'
MINIMAL = tomllib.loads(SMALL)


def toml(folder: Path, text: str = SMALL) -> Path:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_dumped_configuration_loads_to_itself(tmp_path: Path) -> None:
    config = load_config(toml(tmp_path), ["conditions.distance_m=[3,25]", "texture.palette=['#ff0000']"])
    copy = tmp_path / "config.toml"
    copy.write_text(dump_config(config), encoding="utf-8")
    again = load_config(tmp_path)
    assert again.conditions["distance_m"] == (3, 25)
    assert dump_config(again) == dump_config(config)


def test_a_dumped_configuration_holds_every_condition_and_every_key_with_a_value() -> None:
    table = tomllib.loads(dump_config(parse_config(MINIMAL, "here")))
    assert table["conditions"].keys() == QUANTITIES.keys() - RESERVED.keys()
    assert table.keys() == Config.model_fields.keys()
    assert table["camera"]["focal_35mm"] == 26.0


def test_a_run_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    assert load_config(toml(tmp_path)).name == "small"


def test_the_name_of_a_file_becomes_a_name_that_a_folder_can_have(tmp_path: Path) -> None:
    (tmp_path / "my sign (2).toml").write_text(SMALL, encoding="utf-8")
    assert load_config(tmp_path / "my sign (2).toml").name == "my-sign--2-"


def test_conditions_are_complete_and_ready_to_draw_from() -> None:
    conditions = parse_config(merge(MINIMAL, {"conditions": {"mosaic": [0, 1]}}), "here").conditions
    assert conditions.keys() == QUANTITIES.keys() - RESERVED.keys()
    drawn = Conditions(conditions).sample(generator_for(0, "views"), 16)
    assert drawn.zoom.unique().tolist() == pytest.approx([1.3])
    assert drawn.mosaic.unique().tolist() == [0, 1]


def test_conditions_that_count_take_whole_numbers_only() -> None:
    with pytest.raises(InputError, match=r"conditions\.mosaic: expected whole numbers"):
        parse_config(merge(MINIMAL, {"conditions": {"mosaic": [0, 0.5]}}), "here")


def test_a_misspelt_key_is_named_before_the_values_it_leaves_open() -> None:
    with pytest.raises(InputError, match=r"here: articel is not a key: did you mean 'article'"):
        parse_config({"articel": {"sign": "stop"}}, "here")


@given(st.lists(st.floats(-170, 170, allow_nan=False), min_size=2, max_size=2))
def test_only_rising_ranges_are_accepted(pair: list[float]) -> None:
    low, high = pair
    table = merge(MINIMAL, {"conditions": {"yaw_deg": pair}})
    if low <= high:
        assert parse_config(table, "here").conditions["yaw_deg"] == (low, high)
    else:
        with pytest.raises(InputError, match=r"conditions\.yaw_deg: expected low <= high"):
            parse_config(table, "here")


def test_a_number_stands_for_a_range_of_one_value() -> None:
    table = merge(MINIMAL, {"conditions": {"distance_m": 4}})
    assert parse_config(table, "here").conditions["distance_m"] == (4, 4)


def test_overrides_are_toml_values_and_plain_words_are_text() -> None:
    table = parse_overrides(["a.b=[1, 2]", "a.c=true", "a.d=yield", 'a.e="x=y"', "f=3"])
    assert table == {"a": {"b": [1, 2], "c": True, "d": "yield", "e": "x=y"}, "f": 3}


def test_the_last_override_of_a_key_holds() -> None:
    assert parse_overrides(["a.b=1", "a.b=2", "a.c=3"]) == {"a": {"b": 2, "c": 3}}


def test_file_names_are_relative_to_their_file_and_in_overrides_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    text = SMALL + '[sticker]\nmask = "mask.png"\n[victims]\nmodels = ["python:net.py:make", "bundled"]\n'
    config = load_config(toml(tmp_path / "project", text), ["camera.exif=photo.jpg"])
    assert config.sticker.mask == str(tmp_path / "project" / "mask.png")
    assert config.camera.exif == str(tmp_path / "elsewhere" / "photo.jpg")
    assert config.victims.models == (f"python:{tmp_path}/project/net.py:make", "bundled")


def test_words_that_are_not_file_names_stay_as_they_are(tmp_path: Path) -> None:
    config = load_config(toml(tmp_path), ["sticker.mask=auto", "victims.models=['torchvision:resnet18']"])
    assert (config.sticker.mask, config.victims.models) == ("auto", ("torchvision:resnet18",))


@pytest.mark.parametrize(
    ("spec", "located"),
    [
        ("file:w.st?arch=net&classes=3", "file:/f/w.st?arch=net&classes=3"),
        ("torchvision:resnet18@w.st", "torchvision:resnet18@/f/w.st"),
        ("timm:resnet18", "timm:resnet18"),
        ("python:/abs/n.py:make", "python:/abs/n.py:make"),
        ("bundled:other", "bundled:other"),
        ("onnx:m.onnx?labels=c.txt", "onnx:/f/m.onnx?labels=/f/c.txt"),
        ("command:./ask.sh -v#labels=c.txt&input=8", "command:./ask.sh -v#labels=/f/c.txt&input=8"),
        ("http://host/a?b=1#input=8&labels=../c.txt", "http://host/a?b=1#input=8&labels=/c.txt"),
        ("https://host/a?labels=c.txt", "https://host/a?labels=c.txt"),
        ("command:./ask.sh#labels=my%20c%2B.txt", "command:./ask.sh#labels=/f/my c%2B.txt"),
    ],
)
def test_files_inside_victim_names_are_located(spec: str, located: str) -> None:
    assert file_keys()["victims.models"].located(spec, Path("/f")) == located


def test_a_label_file_is_found_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "c++ & 100%25"
    folder.mkdir()
    spec = file_keys()["victims.models"].located("command:ask#labels=c.txt", folder)
    assert dict(parse_qsl(spec.partition("#")[2])) == {"labels": str(folder / "c.txt")}
    assert file_keys()["victims.models"].located(spec, Path("/elsewhere")) == spec  # a run's own copy of it


def test_one_focal_length_is_kept_and_none_means_26_mm() -> None:
    focal = parse_config(merge(MINIMAL, {"camera": {"focal_px": 900}}), "here").camera
    assert (focal.focal_px, focal.focal_35mm) == (900, None)
    assert parse_config(MINIMAL, "here").camera.focal_35mm == 26


def test_the_configuration_is_frozen() -> None:
    config = parse_config(MINIMAL, "here")
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 3  # type: ignore[misc]


def test_the_page_on_configuration_is_current() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == configuration_page(), "run: python -m eot.runs.explain > docs/configuration.md"
