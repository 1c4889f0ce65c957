"""Several uploads at the same time: real threads on a store that the test holds up."""

import hashlib
import threading
import time
from pathlib import Path

import pytest

from appliance.errors import BadInput, Unavailable
from appliance.stores.port import Conflict, Stored
from appliance.sync.crew import Threads
from appliance.sync.outage import Outage
from appliance.sync.outbox import Item, Rank
from appliance.sync.pace import Line
from appliance.sync.sender import Sender
from appliance.sync.trouble import Pause, Trouble

pytestmark = pytest.mark.slow

HANDS = 4


class Store:
    """In memory. `gates`: key -> what a put of it waits for; `errors`: key -> what it ends with; `away`: for all."""

    address = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.gates: dict[str, threading.Event] = {}
        self.errors: dict[str, Exception] = {}
        self.away = False
        self.tried: list[str] = []
        self.confirmed: list[tuple[str, bool]] = []
        self.busy = self.most = 0
        self.lock = threading.Lock()

    def put(self, key, source, *, sha256):
        with self.lock:
            self.tried.append(key)
            self.busy += 1
            self.most = max(self.most, self.busy)
        try:
            time.sleep(0.002)
            if key in self.gates:
                assert self.gates[key].wait(10)
            if self.away:
                raise Unavailable("the line is down")
            if key in self.errors:
                raise self.errors[key]
            before = self.objects.setdefault(key, source.read_bytes())
            if hashlib.sha256(before).hexdigest() != sha256:
                raise Conflict("other content")
            return True
        finally:
            with self.lock:
                self.busy -= 1

    def confirm(self, key, source, *, sha256, listed=None):
        self.confirmed.append((key, listed is not None))
        return hashlib.sha256(self.objects.get(key, b"")).hexdigest() == sha256

    def list(self, prefix):
        if self.away:
            raise Unavailable("the line is down")
        yield from (Stored(key, len(data)) for key, data in list(self.objects.items()) if key.startswith(prefix + "/"))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def said():
    return []


@pytest.fixture
def sender(store, said):
    crew = Threads(HANDS)
    made = Sender(
        store=store,
        reader=None,
        crew=crew,
        line=Line(),
        trouble=Trouble(say=lambda where, error: said.append((where, error.message))),
        outage=Outage(pause=Pause(first=0.02, longest=0.05)),
        park=0.05,
    )
    crew.begin(lambda: None)
    yield made
    for gate in store.gates.values():
        gate.set()
    crew.stop(5)


def items(folder, count, *, owner="a", exam="bio", rank=Rank.VIDEO):
    found = []
    for number in range(count):
        path = folder / f"{owner}-{number:04d}"
        path.write_bytes(f"{owner} {number}".encode())
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        found.append(
            Item(
                owner=owner,
                exam=exam,
                key=f"x/{owner}/{number:04d}",
                source=str(path),
                sha256=sha256,
                size=path.stat().st_size,
                since=float(number),
                rank=rank,
            )
        )
    return found


def pump(sender, until, *, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, sender.trouble.now
        sender.collect()
        sender.give(lambda: None)
        time.sleep(0.001)


def test_all_hands_are_busy_and_no_more(sender, store, tmp_path):
    sender.offer("a", "x/a", items(tmp_path, 40))
    pump(sender, lambda: not sender.outbox.left("a"))
    assert len(store.objects) == 40
    assert store.most == HANDS
    assert sorted(store.tried) == sorted(store.objects), "each once"
    assert sender.sent_objects == 40


def test_one_slow_object_holds_up_nobody(sender, store, tmp_path):
    store.gates["x/a/0000"] = threading.Event()
    sender.offer("a", "x/a", items(tmp_path, 40))
    pump(sender, lambda: sender.outbox.left("a") == 1)
    assert [one.key for one in sender.line.uploads()] == ["x/a/0000"]
    store.gates["x/a/0000"].set()
    pump(sender, lambda: not sender.outbox.left("a"))


@pytest.mark.parametrize("error", [Conflict("other content"), BadInput("no name for an object"), ZeroDivisionError()])
def test_one_refused_object_is_parked_and_told_once_and_tried_again(sender, store, said, tmp_path, error):
    store.errors["x/a/0000"] = error
    sender.offer("a", "x/a", items(tmp_path, 10))
    pump(sender, lambda: sender.outbox.left("a") == 1 and store.tried.count("x/a/0000") == 3)
    assert (sender.outbox.parked, len(said)) == (1, 1)
    del store.errors["x/a/0000"]
    pump(sender, lambda: not sender.outbox.left("a"))
    assert sender.trouble.now == ()


def test_when_the_store_is_away_all_rest_and_one_at_a_time_tries(sender, store, said, tmp_path):
    sender.offer("a", "x/a", items(tmp_path, 30))
    pump(sender, lambda: len(store.objects) > 3)
    store.away = True
    pump(sender, lambda: sender.outage.away_since is not None and not store.busy)
    store.most, tried = 0, len(store.tried)
    pump(sender, lambda: len(store.tried) >= tried + 5)
    assert store.most == 1
    assert [where for where, _ in said] == ["upstream"]
    assert sender.trouble.now[0].kind == "away"
    store.away = False
    pump(sender, lambda: not sender.outbox.left("a"))
    assert len(store.objects) == 30
    assert sender.trouble.now == ()


def test_an_object_that_alone_finds_the_store_away_does_not_hold_up_the_others(sender, store, tmp_path):
    store.errors["x/a/0000"] = Unavailable("the store breaks off")
    sender.offer("a", "x/a", items(tmp_path, 200))
    pump(sender, lambda: sender.outbox.left("a") == 1)
    assert store.tried.count("x/a/0000") < 20


def test_what_the_store_lists_is_only_confirmed_with_what_it_said(sender, store, tmp_path):
    wanted = items(tmp_path, 20)
    for one in wanted[:15]:
        store.objects[one.key] = Path(one.source).read_bytes()
    store.objects[wanted[0].key] = b"z 0"  # as long, and not ours
    sender.offer("a", "x/a", wanted)
    pump(sender, lambda: sender.outbox.left("a") == 1)
    assert not {one.key for one in wanted[1:15]} & set(store.tried)
    assert {key for key, listed in store.confirmed if listed} == {one.key for one in wanted[:15]}
    assert sender.trouble.now[0].kind == "conflict"
    assert store.objects[wanted[0].key] == b"z 0", "nothing is replaced"


def test_a_report_in_hand_keeps_back_the_video_of_its_own_exam_only(sender, store, tmp_path):
    [report] = items(tmp_path, 1, owner="r", rank=Rank.REPORT)
    store.gates[report.key] = threading.Event()
    sender.offer("r", "x/r", [report])
    sender.offer("v", "x/v", items(tmp_path, 3, owner="v"))
    sender.offer("w", "x/w", items(tmp_path, 3, owner="w", exam="art"))
    pump(sender, lambda: not sender.outbox.left("w"))
    assert sender.outbox.left("v") == 3
    store.gates[report.key].set()
    pump(sender, lambda: not sender.outbox.left("v"))


def test_nothing_is_sent_before_the_name_of_this_box_is_taken(sender, store, said, tmp_path):
    asked = []

    def claim():
        asked.append(len(store.tried))
        if len(asked) < 3:
            raise Unavailable("the name is another box's")

    sender.claim = claim
    sender.offer("a", "x/a", items(tmp_path, 3))
    pump(sender, lambda: not sender.outbox.left("a"))
    assert asked == [0, 0, 0]
    assert said == [("upstream", "the name is another box's")]


class Checkpoints:
    def __init__(self) -> None:
        self.sent = []

    def due(self, now):
        return len(self.sent) < 3

    def turn(self, store, reader, now):
        self.sent.append(now)
        return True


def test_a_checkpoint_goes_first_also_while_video_waits(sender, store, tmp_path):
    sender.checkpoints, sender.video = Checkpoints(), False
    sender.offer("a", "x/a", items(tmp_path, 3))
    pump(sender, lambda: len(sender.checkpoints.sent) == 3)
    assert sender.last_checkpoint is None or sender.last_checkpoint > 0
    assert store.tried == []
    pump(sender, lambda: sender.last_checkpoint is not None)
