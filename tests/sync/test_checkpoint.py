"""The head of the ledger goes upstream, signed, while it moves."""

import base64
import hashlib
import json

import pytest

from appliance.bundle import note
from appliance.bundle.keys import BoxKey
from appliance.bundle.note import Checkpoint
from appliance.errors import IntegrityError, Unavailable
from appliance.ledger.reader import links
from appliance.stores.directory import DirectoryStore
from appliance.sync.checkpoint import Checkpoints
from tests.sync.rig import FlakyStore

SAID = Checkpoint(
    origin="appliance-hash-chain/north/box-1",
    position=12,
    hash=bytes(range(32)),
    wall=1_763_805_600.25,
    synchronised=True,
    open=("bio", "chemistry"),
    stored=(("art", 2, "ab" * 32),),
)


@pytest.fixture
def key(tmp_path):
    return BoxKey.from_folder(tmp_path)


def test_it_is_a_signed_note_as_c2sp_has_it(key):
    lines = note.note(SAID, key).decode().split("\n")
    assert lines[:3] == ["appliance-hash-chain/north/box-1", "12", base64.b64encode(SAID.hash).decode()]
    assert lines[3:8] == [
        "time 2025-11-22T10:00:00.250000Z",
        "synchronised yes",
        "open bio",
        "open chemistry",
        f"stored art 2 {'ab' * 32}",
    ]
    assert lines[8] == ""
    dash, name, signature = lines[9].split(" ")
    raw = base64.b64decode(signature)
    assert (dash, name, len(raw)) == ("—", SAID.origin, 4 + 64)
    expected = hashlib.sha256(SAID.origin.encode() + b"\n\x01" + key.public.raw).digest()[:4]
    assert raw[:4] == expected
    assert key.public.verifies(raw[4:], "\n".join(lines[:8]).encode() + b"\n")
    assert lines[10:] == [""]


def test_the_key_id_is_that_of_the_example_in_the_standard():
    """PeterNeumann of the signed-note specification."""
    name, shown, encoded = ["PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    raw = base64.b64decode(encoded)[1:]
    assert hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4].hex() == shown


def test_it_comes_back_as_it_was_and_only_its_key_can_have_signed_it(key, tmp_path):
    data = note.note(SAID, key)
    assert note.verified(data, key.public) == SAID
    (tmp_path / "other").mkdir()
    other = BoxKey.from_folder(tmp_path / "other")
    with pytest.raises(IntegrityError):
        note.verified(data, other.public)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(IntegrityError):
            note.verified(bytes(changed), key.public)
    witness = data + "— witness.example AAAAAA==\n".encode()
    assert note.verified(witness, key.public) == SAID, "others may sign it, too"


@pytest.mark.parametrize(
    "data", [b"", b"hello\n", b"\n\n", b"a\n1\nAA==\n\n\xff\n", "a\n1\nAA==\n\n— a AAAA\n".encode()]
)
def test_what_is_no_checkpoint_is_refused(key, data):
    with pytest.raises(IntegrityError):
        note.verified(data, key.public)


def test_a_plus_in_a_name_is_written_otherwise():
    assert note.origin("a+b", "c") == "appliance-hash-chain/a%2Bb/c"


def made(rig, seconds=60.0):
    key = BoxKey.from_folder(rig.paths.keys)
    return Checkpoints(key=key, site="north", box="box-1", seconds=seconds), key


def notes(rig):
    return sorted((rig.paths.upstream / "north/box-1/_box/checkpoints").glob("*/*.note"))


def test_the_head_goes_upstream_each_minute_while_it_moves_and_a_restart_sends_nothing_twice(rig):
    store = DirectoryStore(rig.paths.upstream)
    checkpoints, key = made(rig)
    assert checkpoints.turn(store, rig.reader, 0.0)
    rig.evidence.end_exam()
    assert not checkpoints.turn(store, rig.reader, 59.0)
    assert checkpoints.turn(store, rig.reader, 60.0)
    head = checkpoints.last  # the box may anchor the attempts' chains a moment later
    checkpoints.newest = lambda _reader: head
    assert not checkpoints.turn(store, rig.reader, 120.0), "nothing moved"
    first, second = notes(rig)
    before = first.read_bytes(), second.read_bytes(), second.stat().st_mtime_ns
    again, _ = made(rig)
    again.newest = lambda _reader: head
    assert again.turn(store, rig.reader, 0.0)
    assert notes(rig) == [first, second]
    assert before == (first.read_bytes(), second.read_bytes(), second.stat().st_mtime_ns)
    with rig.reader.connect() as connection:
        chain = links(connection, "box")
    said = note.verified(second.read_bytes(), key.public)
    assert said.hash == chain[said.position - 1].hash
    assert json.loads(chain[said.position - 1].body)["wall_us"] == round(said.wall * 1_000_000)
    assert said.open == ("bio",)
    assert second.name == f"{said.position:012d}.note"


def test_while_the_store_is_away_it_is_tried_again_and_the_newest_counts(rig):
    store = FlakyStore(DirectoryStore(rig.paths.upstream), faults=1)
    checkpoints, _ = made(rig)
    with pytest.raises(Unavailable):
        checkpoints.turn(store, rig.reader, 0.0)
    assert checkpoints.due(1.0)
    assert checkpoints.last is None
    rig.evidence.end_exam()
    assert checkpoints.turn(store, rig.reader, 1.0)
    assert len(notes(rig)) == 1
