"""Lab cameras in appliance.toml: what can be written, what is refused, and that no password is shown."""

import dataclasses
import re
from pathlib import Path

import pytest

from appliance.config import POSITIONS, CameraSettings, load
from appliance.errors import ConfigError
from appliance.exam.feed import Position

DOCUMENT = Path(__file__).parents[1] / "docs/configuration.md"


def written(tmp_path, text):
    file = tmp_path / "appliance.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_cameras_are_a_list_in_the_order_of_the_file(tmp_path):
    door = '[[camera]]\nname = "door"\nurl = "rtsp://a/1"\n[web]\nport = 1\n'
    settings = written(tmp_path, door + '[[camera]]\nname = "s4"\nurl = "rtsps://b"\nseat = "4"\n')
    assert [(camera.name, camera.seat, camera.placed) for camera in settings.camera] == [
        ("door", "", "room"),
        ("s4", "4", "oblique"),
    ]
    assert settings.web.port == 1
    assert written(tmp_path, "").camera == ()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('url = "rtsp://a"', "has no name"),
        ('name = "a"', "has no url"),
        ('name = "a b"\nurl = "rtsp://a"', "name"),
        ('name = "a"\nurl = "http://lab:gu3ss@a"', "RTSP"),
        ('name = "a"\nurl = "rtsp://lab:gu3ss@a:99999/"', "RTSP"),
        ('name = "a"\nurl = "rtsp://lab:gu3ss@a/\\n-x"', "RTSP"),
        ('name = "a"\nurl = 3', "url"),
        ('name = "a"\nurl = "rtsp://a"\nposition = "ceiling"', "position"),
        ('name = "a"\nurl = "rtsp://a"\nsaet = "1"', "seat"),
        ('name = "a"\nurl = "rtsp://a"\n[[camera]]\nname = "a"\nurl = "rtsp://b"', "two cameras"),
        ('name = "a"\nurl = "rtsp://a"\nseat = "1"\n[[camera]]\nname = "b"\nurl = "rtsp://b"\nseat = "1"', "seat '1'"),
    ],
)
def test_what_does_not_hold_is_refused_with_its_key_and_without_the_password(tmp_path, table, said):
    with pytest.raises(ConfigError) as refused:
        written(tmp_path, f"[[camera]]\n{table}\n")
    error = refused.value
    assert said in f"{error.message} {error.hint}"
    assert "gu3ss" not in f"{error.message} {error.hint}"


def test_one_table_instead_of_a_list_is_explained(tmp_path):
    with pytest.raises(ConfigError, match="not a list") as refused:
        written(tmp_path, '[camera]\nname = "a"\nurl = "rtsp://a"\n')
    assert "[[camera]]" in refused.value.hint


def test_the_password_of_an_address_is_never_shown():
    camera = CameraSettings(name="door", url="rtsp://lab:gu3ss@10.0.0.9:554/s?x=1")
    assert camera.shown == "rtsp://***@10.0.0.9:554/s?x=1"
    assert "gu3ss" not in repr(camera)
    assert CameraSettings(name="door", url="rtsp://10.0.0.9/s").shown == "rtsp://10.0.0.9/s"


def test_positions_are_those_of_the_feeds():
    assert tuple(position.value for position in Position) == POSITIONS


def test_every_key_is_documented():
    section = DOCUMENT.read_text(encoding="utf-8").split("## `[[camera]]`")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert documented == [field.name for field in dataclasses.fields(CameraSettings)]
