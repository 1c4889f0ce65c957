"""Following the ledger: order, batches, who sees what, slow pages, limits. The follower's rounds are called by hand."""

import dataclasses
import time

import pytest

from appliance.box import health, seen
from appliance.exam.events import BOX, CapacityRefused
from appliance.exam.permissions import Role
from appliance.ledger.actions import messages, users
from appliance.ledger.record import Draft
from appliance.web import live
from appliance.web.audience import for_candidate
from appliance.web.auth import Viewer
from appliance.web.live import Follower

from .conftest import EXAM

pytestmark = pytest.mark.slow


class Server:
    """What the follower needs of Socket.IO: it takes what is sent, and says how much waits."""

    def __init__(self):
        self.said: dict[str, list] = {}
        self.dropped: list[str] = []
        self.waiting: dict[str, int] = {}

    def emit(self, event, data, sids):
        for sid in sids:
            self.said.setdefault(sid, []).append((event, data))

    def events(self, sid):
        return [e for name, data in self.said.get(sid, []) if name == "events" for e in data["events"]]

    def named(self, sid, name):
        return [data for said, data in self.said.get(sid, []) if said == name]


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def follower(house, server):
    return Follower(
        house.services,
        emit=server.emit,
        drop=server.dropped.append,
        backlog=lambda sid: server.waiting.get(sid, 0),
        connections=20,
    )


def join(house, follower, role, sid, *, person=None, after=0, number=0):
    """A connected page that follows the exam."""
    person = person or (house.attempts[number] if role is Role.CANDIDATE else role.value)
    token = house.token(attempt=person) if role is Role.CANDIDATE else house.token(user=person)
    assert follower.admit(sid, Viewer(role, person, person, token)) == ""
    client = follower.client(sid)
    follower.follow(client, exam=EXAM, after=after)
    return client


def settle(follower):
    for _ in range(20):
        follower.deliver()


def chat(house, count, number=0):
    house.reach("in_exam", number)
    said = {"kind": "chat", "sender": "candidate", "sender_name": "Ada"}

    def work(transaction):
        for at in range(count):
            messages.send(transaction, house.attempts[number], text=f"{number}:{at}", **said)

    house.services.writer.transact(work)


def test_everything_once_and_in_order(house, follower, server):
    chat(house, 3)
    join(house, follower, Role.LEAD, "lead")
    settle(follower)
    chat(house, 2)
    settle(follower)
    found = server.events("lead")
    expected = [e.seq for e in house.services.reader.events(exam=EXAM) if e.type != "exam.created"]
    assert [e["seq"] for e in found] == expected
    last = server.named("lead", "events")[-1]
    assert last["head"] == last["upto"] == house.services.writer.head


def test_at_most_200_events_a_message_and_more_follow(house, follower, server):
    chat(house, 410)
    join(house, follower, Role.LEAD, "lead")
    settle(follower)
    batches = server.named("lead", "events")
    assert max(len(batch["events"]) for batch in batches) <= live.EVENTS_A_MESSAGE
    assert len(batches) >= 3
    assert all(batch["upto"] <= batch["head"] for batch in batches)
    texts = [e["payload"]["text"] for e in server.events("lead") if e["type"] == "message.sent"]
    assert texts == [f"0:{at}" for at in range(410)]


def test_a_page_that_comes_back_gets_what_it_missed_and_no_more(house, follower, server):
    join(house, follower, Role.LEAD, "before")
    chat(house, 5)
    settle(follower)
    seen = server.named("before", "events")[-1]["upto"]
    follower.forget("before")
    chat(house, 4)
    join(house, follower, Role.LEAD, "after", after=seen)
    settle(follower)
    assert [e["payload"]["text"] for e in server.events("after")] == [f"0:{at}" for at in range(4)]


@pytest.mark.parametrize("after", [None, 10**9])
def test_without_a_place_or_with_one_from_another_ledger_it_begins_here(house, follower, server, after):
    chat(house, 1)
    join(house, follower, Role.LEAD, "lead", after=after)
    settle(follower)
    assert server.events("lead") == []
    chat(house, 1)
    settle(follower)
    assert len(server.events("lead")) == 1


def test_a_proctor_gets_events_of_assigned_candidates_only(house, follower, server):
    chat(house, 1, 0)
    chat(house, 1, 1)
    join(house, follower, Role.PROCTOR, "one")
    join(house, follower, Role.PROCTOR, "two", person="proctor2")
    settle(follower)
    for sid, number in (("one", 0), ("two", 1)):
        others = {e["chain"] for e in server.events(sid) if e["type"] != "attempt.assigned"}
        assert others == {house.attempts[number]}
    assert "Thompson" not in str(server.events("one"))


def test_an_assignment_that_moves_is_told_to_both(house, follower, server):
    join(house, follower, Role.PROCTOR, "one", after=None)
    join(house, follower, Role.PROCTOR, "two", person="proctor2", after=None)
    house.user("planner").post(f"/exams/{EXAM}/assign", json={"attempt": house.attempts[0], "proctor": "proctor2"})
    house.reach("consent")
    settle(follower)
    assert [e["type"] for e in server.events("one")] == ["attempt.assigned"]
    assert [e["type"] for e in server.events("two")] == ["attempt.assigned", "attempt.arrived", "attempt.moved"]


def test_the_boxs_own_chain_stays_with_the_auditor_but_for_the_end(house, follower, server):
    join(house, follower, Role.LEAD, "lead", after=0)
    house.token(user="lead")
    house.do(users.sign_in, user="lead")
    house.user("planner").post(f"/exams/{EXAM}/end", json={"reason": "over"})
    settle(follower)
    types = [e["type"] for e in server.events("lead") if e["chain"] == "box"]
    assert types == ["exam.ended"]


def test_a_candidate_gets_steps_and_messages_of_the_own_attempt_without_what_is_for_staff(house, follower, server):
    join(house, follower, Role.CANDIDATE, "ada")
    chat(house, 1, 1)
    chat(house, 1, 0)
    house.flag()
    lead = house.user("lead")
    lead.post(f"/api/attempts/{house.attempts[0]}/messages", json={"text": "Careful.", "kind": "warning"})
    lead.post(f"/api/attempts/{house.attempts[0]}/end", json={"reason": "the secret reason", "override": True})
    settle(follower)
    found = server.events("ada")
    assert {e["chain"] for e in found} == {house.attempts[0]}
    assert [e["type"] for e in found] == [
        "attempt.moved",
        "attempt.signed",
        "attempt.equipped",
        "attempt.admitted",
        "attempt.started",
        "message.sent",
        "message.sent",
        "attempt.ended",
    ]
    assert (found[6]["actor"], found[6]["payload"]["sender"]) == ("staff", "staff")
    assert found[7]["payload"] == {}
    assert "secret" not in str(found)


def test_a_refused_candidate_is_told_to_who_watches_that_candidate(house, follower, server):
    for number in (0, 2):  # the proctor has the first and not the last
        said = CapacityRefused(attempt=house.attempts[number], kind="webcam", reason="seats", limit=2.0)
        house.services.writer.append(Draft(payload=said, chain=BOX, exam=EXAM, actor="capture-1"))
    for role, sid in ((Role.PROCTOR, "p"), (Role.LEAD, "l"), (Role.CANDIDATE, "c")):
        join(house, follower, role, sid)
    settle(follower)

    def refused(sid):
        return [e["payload"]["attempt"] for e in server.events(sid) if e["type"] == CapacityRefused.TYPE]

    assert refused("p") == [house.attempts[0]]
    assert refused("l") == [house.attempts[0], house.attempts[2]]
    assert refused("c") == []


def test_an_erased_payload_is_no_trouble(house):
    house.reach("consent")
    (event,) = house.events("attempt.arrived")
    assert for_candidate(dataclasses.replace(event, payload=None))["payload"] == {}


def test_health_of_the_assigned_once_a_round(house, follower, server):
    house.feeds_arrive("webcam")
    for role, person in ((Role.PROCTOR, "proctor"), (Role.LEAD, "lead"), (Role.REVIEWER, "reviewer")):
        join(house, follower, role, person)
    join(house, follower, Role.CANDIDATE, "ada")
    follower.pulse()
    (said,) = server.named("proctor", "health")
    assert set(said["attempts"]) == {house.attempts[0]}
    facts = said["attempts"][house.attempts[0]]
    assert facts["pictures"] == {"webcam": None, "screen": None}
    assert facts["health"]["webcam"]["fps"] == 15.0
    assert facts["health"]["screen"] is None
    assert said["processes"]["capture-1"]["healthy"] is True
    assert set(server.named("lead", "health")[0]["attempts"]) == set(house.attempts)
    assert server.named("reviewer", "health") == []
    assert server.named("ada", "health") == []


def test_health_while_capture_is_down(house, follower, server):
    join(house, follower, Role.LEAD, "lead")
    health.write(house.services.paths.health, "capture-1", healthy=False, sentence="stopped", feeds={})
    follower.pulse()
    (said,) = server.named("lead", "health")
    assert said["processes"]["capture-1"] == {"healthy": False, "sentence": "stopped"}
    assert set(said["attempts"][house.attempts[0]]["health"].values()) == {None}


def test_a_slow_page_loses_health_never_events_and_catches_up(house, follower, server):
    slow = join(house, follower, Role.LEAD, "slow", after=None)
    join(house, follower, Role.LEAD, "quick", after=None)
    server.waiting["slow"] = live.OUTBOX + 1
    chat(house, 3)
    settle(follower)
    follower.pulse()
    assert server.said.get("slow", []) == []
    assert follower.counters["health_left_out"] == 1
    quick = server.events("quick")
    assert len([e for e in quick if e["type"] == "message.sent"]) == 3
    server.waiting["slow"] = 0
    settle(follower)
    follower.pulse()
    assert server.events("slow") == quick
    assert len(server.named("slow", "health")) == 1
    assert slow.slow_since is None
    assert server.dropped == []


def test_a_page_that_takes_nothing_for_long_is_closed_and_counted(house, follower, server):
    slow = join(house, follower, Role.LEAD, "slow", after=None)
    server.waiting["slow"] = live.OUTBOX + 1
    chat(house, 1)
    settle(follower)
    slow.slow_since = time.monotonic() - live.SLOW_SECONDS - 1
    settle(follower)
    assert server.dropped == ["slow"]
    assert follower.client("slow") is None
    assert follower.counters["sockets_too_slow"] == 1


def test_connections_are_bounded_for_one_person_and_in_all(house, server):
    follower = Follower(
        house.services, emit=server.emit, drop=server.dropped.append, backlog=lambda sid: 0, connections=10
    )
    lead = Viewer(Role.LEAD, "lead", "Lead", "token")
    assert [follower.admit(f"lead{n}", lead) for n in range(9)] == [""] * 8 + ["server.socket_yours_full"]
    others = [Viewer(Role.PROCTOR, f"p{n}", "P", "token") for n in range(3)]
    assert [follower.admit(f"p{n}", who) for n, who in enumerate(others)] == ["", "", "server.socket_full"]
    assert follower.counters["sockets_refused"] == 2
    follower.forget("lead0")
    assert follower.admit("again", lead) == ""


def test_who_signed_out_is_not_listened_to_any_longer(house, follower, server):
    client = join(house, follower, Role.LEAD, "gone")
    join(house, follower, Role.LEAD, "here")
    house.do(users.sign_out, token=client.viewer.token)
    follower._rechecked_at = 0.0
    follower.pulse()
    assert server.dropped == ["gone"]
    assert follower.counters["sockets"] == 1


def test_a_revoked_account_with_an_open_page_is_dropped_within_seconds(house, follower, server):
    """Signed out everywhere, or with another role than when the page was opened."""
    revoked = join(house, follower, Role.PROCTOR, "revoked")
    join(house, follower, Role.LEAD, "changed")
    join(house, follower, Role.LEAD, "here", person="reviewer")
    house.do(users.sign_out, token=revoked.viewer.token)
    assert live._RECHECK_SECONDS <= 5
    follower._rechecked_at -= live._RECHECK_SECONDS
    follower.pulse()
    assert set(server.dropped) == {"revoked", "here"}  # the reviewer's page says that it is a lead's
    head = len(server.said.get("revoked", []))
    chat(house, 1)
    settle(follower)
    assert len(server.said.get("revoked", [])) == head
    assert server.events("changed")


def test_M96_a_delegate_gets_the_events_of_all_candidates_from_then_on_and_no_longer(house, follower, server):
    join(house, follower, Role.PROCTOR, "pia", after=None)
    chat(house, 1, 1)
    settle(follower)
    assert server.events("pia") == []
    lead = house.user("lead")
    for active, expected in ((True, {house.attempts[1]}), (False, set())):
        said = {"user": "proctor", "active": active}
        assert lead.post(f"/api/exams/{EXAM}/delegates", json=said).status_code == 200
        settle(follower)
        server.said.clear()
        chat(house, 1, 1)
        settle(follower)
        assert {e["chain"] for e in server.events("pia")} == expected
        follower.pulse()
        everybody = set(house.attempts)
        seen = set(server.named("pia", "health")[-1]["attempts"])
        assert seen == (everybody if active else {house.attempts[0]})


def test_M48_M97_the_pulse_says_what_is_in_the_picture_and_what_is_not_recorded(house, follower, server):
    house.reach("waiting")
    house.feeds_arrive("webcam")
    facts = {"webcam": {"face": "seen", "hands": "not_seen", "box": [0.1, 0.1, 0.2, 0.2], "at": time.time()}}
    seen.write(house.services.paths.seen, house.attempts[0], facts)
    join(house, follower, Role.PROCTOR, "pia", after=None)
    follower.pulse()
    said = server.named("pia", "health")[0]["attempts"][house.attempts[0]]
    assert said["seen"] == facts
    assert said["recording_trouble"] == ["screen"]


def test_a_candidate_with_a_new_code_is_cut_off_in_the_old_browser(house, follower, server):
    join(house, follower, Role.CANDIDATE, "old")
    house.user("proctor").post(f"/api/attempts/{house.attempts[0]}/code")
    follower._rechecked_at = 0.0
    follower.pulse()
    assert server.dropped == ["old"]


def test_a_second_follow_moves_the_cursor_and_an_older_answer_does_not(house, follower, server):
    chat(house, 1)
    client = join(house, follower, Role.LEAD, "lead", after=0)

    def follow_again(event, data, sids):
        server.emit(event, data, sids)
        if len(server.named("lead", "events")) == 1:
            follower.follow(client, exam=EXAM, after=0)

    follower._emit = follow_again
    settle(follower)
    first, second = server.named("lead", "events")
    assert first["events"] == second["events"]


def test_the_thread_wakes_at_a_commit(house, follower, server):
    follower.start()
    try:
        join(house, follower, Role.LEAD, "lead", after=None)
        began = time.monotonic()
        chat(house, 1)
        while not any(e["type"] == "message.sent" for e in server.events("lead")):
            assert time.monotonic() < began + 5
            time.sleep(0.005)
        assert server.named("lead", "health") or time.monotonic() - began < 1
    finally:
        follower.stop()
    assert server.dropped == ["lead"]


def test_a_ledger_that_cannot_be_read_is_waited_for(house, follower, server, monkeypatch, caplog):
    from appliance.errors import StorageFull

    broken = [True]
    deliver = follower.deliver

    def sometimes():
        if broken:
            broken.pop()
            raise StorageFull("the disk is gone")
        deliver()

    monkeypatch.setattr(follower, "deliver", sometimes)
    monkeypatch.setattr(follower._stopping, "wait", lambda seconds: None)
    join(house, follower, Role.LEAD, "lead", after=0)
    follower.start()
    deadline = time.monotonic() + 5
    while not server.events("lead") and time.monotonic() < deadline:
        time.sleep(0.005)
    follower.stop()
    assert server.events("lead")
    assert "the disk is gone" in caplog.text


def test_pages_that_are_shown_the_same_are_served_together_and_others_never(house, follower, server):
    """What one lead gets is chosen and encoded once for all leads; proctors get their own."""
    chat(house, 3)
    calls = []
    follower._emit = lambda event, data, sids: (calls.append((event, sorted(sids))), server.emit(event, data, sids))
    for sid in ("lead a", "lead b"):
        join(house, follower, Role.LEAD, sid)
    join(house, follower, Role.REVIEWER, "reviewer")
    join(house, follower, Role.PROCTOR, "proctor")
    join(house, follower, Role.PROCTOR, "other", person="proctor2")
    join(house, follower, Role.CANDIDATE, "candidate")
    settle(follower)
    follower.pulse()
    groups = {tuple(sids) for _, sids in calls}
    assert groups == {("lead a", "lead b"), ("reviewer",), ("proctor",), ("other",), ("candidate",)}
    assert server.events("lead a") == server.events("lead b") != []
    own = house.attempts[0]
    assert own in {e["chain"] for e in server.events("proctor")}
    assert own not in {e["chain"] for e in server.events("other") if e["type"] != "attempt.assigned"}
    assert set(server.named("other", "health")[0]["attempts"]) == {house.attempts[1]}


def test_I24_a_new_flag_is_with_the_proctor_within_two_seconds_and_its_pictures_have_an_address(
    house, follower, server
):
    house.reach("in_exam")
    follower.start()
    try:
        join(house, follower, Role.PROCTOR, "pia", after=None)
        began = time.monotonic()
        flag = house.flag(snapshots=[{"moment": "onset", "kind": "webcam", "path": "x.jpg", "sha256": "0", "at": 1.0}])
        while not any(e["type"] == "flag.raised" for e in server.events("pia")):
            assert time.monotonic() < began + 2
            time.sleep(0.005)
    finally:
        follower.stop()
    (raised,) = [e for e in server.events("pia") if e["type"] == "flag.raised"]
    assert (raised["payload"]["flag"], raised["payload"]["snapshots"][0]["moment"]) == (flag, "onset")
