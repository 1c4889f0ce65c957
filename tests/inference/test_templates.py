"""Templates of faces and voices: in the memory of one process only, and gone with the session (proctoring.md 6)."""

import dataclasses
import gc
import json
import weakref

import numpy as np
import pytest

from appliance.box.paths import Paths
from appliance.exam import events
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events.catalogue import CATALOGUE
from appliance.inference import codec, likeness
from appliance.inference.likeness import Template
from appliance.inference.matching import Matcher
from tests.inference.test_room import START, ledger
from tests.inference.test_room_hears import half_seconds, into_exam, listen

__all__ = ["ledger"]

pytestmark = pytest.mark.slow

VOICE = tuple(float(n) / 256 for n in range(256))
FACE = events.IdentityEnrolled(face="bio/a1/identity/enrolled.jpg", face_sha256="f" * 64)


class Tracked(Template):
    """One whose end can be seen."""


def compared(ledger, room):
    """An exam in which faces are compared, with a candidate in it."""
    policy = DetectionPolicy(identity=True).to_json()
    ledger.happen(room, events.DetectionSet(exam="bio", policy=policy, by="pat", override=""), START)
    into_exam(ledger, room)
    ledger.happen(room, FACE, START)


def test_M90_the_template_of_a_face_is_held_while_the_session_lasts_and_gone_with_it(ledger, tmp_path, monkeypatch):
    room, made = ledger.room(), []

    def enrol(_detectors, _picture):
        template = Tracked(np.ones(128, np.float32))
        made.append(weakref.ref(template))
        return template, ""

    monkeypatch.setattr(likeness, "enrol", enrol)
    monkeypatch.setattr(Matcher, "_read", lambda _self, _file: np.zeros((8, 8, 3), np.uint8))
    matcher = Matcher(tmp_path, None)
    compared(ledger, room)
    matcher.hold(room.matching().held)
    assert matcher.template("a1") is made[0]()
    ledger.happen(room, events.AttemptFinished(), START + 60)
    matcher.hold(room.matching().held)
    gc.collect()
    assert matcher.template("a1") is None
    assert made[0]() is None, "nothing holds it any more"


def test_M90_what_was_heard_of_a_voice_goes_with_the_session(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    heard = half_seconds(START, 20, voice=0.9, level=-25.0)
    listen(ledger, room, [dataclasses.replace(window, voice=VOICE) for window in heard])
    seat = weakref.ref(room._seats["a1"])
    assert seat() is not None
    ledger.happen(room, events.AttemptFinished(), START + 60)
    gc.collect()
    assert seat() is None, "the seat with all that was remembered of it is gone"


def test_M90_no_event_can_hold_a_template_and_no_trace_keeps_one(ledger):
    names = {field.name for payload in CATALOGUE.values() for field in dataclasses.fields(payload)}
    assert not {"template", "voice", "embedding", "descriptor"} & names
    [heard] = half_seconds(START, 0.5)
    heard = dataclasses.replace(heard, voice=VOICE)
    assert "voice" not in codec.plain(heard)
    assert str(VOICE[7]) not in json.dumps(codec.plain(heard))


def test_M90_all_that_is_personal_lies_under_the_one_data_folder(tmp_path, monkeypatch):
    """Provisioning encrypts that partition; tmpfs has what the power may take."""
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    paths = Paths.of(tmp_path / "data")
    found = {name: getattr(paths, name) for name in dir(Paths) if isinstance(getattr(Paths, name), property)}
    on_tmpfs = {name for name, path in found.items() if path.is_relative_to(paths.run)}
    assert on_tmpfs == {"acme", "seats", "ledger_socket", "web_socket", "feeds", "health", "pictures", "sounds", "seen"}
    assert all(path.is_relative_to(paths.data) for name, path in found.items() if name not in on_tmpfs)
    assert {"media", "ledger", "keys", "reports", "outbox", "upstream", "logs"} <= found.keys() - on_tmpfs
