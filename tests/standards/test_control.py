"""Assessment control and Caliper live: what a server is told, in order and once. Over real HTTP."""

import dataclasses
import json
import threading
import time
from pathlib import Path

import jwt
import pytest

from appliance.box.paths import Paths
from appliance.config import Settings, StandardsSettings
from appliance.config_standards import LtiSettings, PlatformSettings
from appliance.errors import ApplianceError, Unavailable
from appliance.exam import events
from appliance.ledger import lti as rows
from appliance.ledger.actions import attempts, sitting
from appliance.ledger.actions import lti as actions
from appliance.ledger.reader import opened as reading
from appliance.ledger.record import Draft
from appliance.ledger.writer import opened
from appliance.standards.deliveries import Deliveries
from appliance.standards.delivery import Delivery
from appliance.standards.lti import names
from appliance.standards.lti.keys import PlatformKeys, ToolKey
from appliance.standards.lti.line import Line
from appliance.standards.lti.service import Service
from tests.ledger import world
from tests.standards.platform_side import jwks, make_key
from tests.standards.servers import Server, serving
from tests.sync.rig import DirectLedger

pytestmark = pytest.mark.slow

ACS = "/acs"


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    return ToolKey.from_folder(tmp_path_factory.mktemp("tool"))


@dataclasses.dataclass
class Room:
    """An exam of two, launched from a platform; the line to it, with a clock that the test moves."""

    writer: object
    reader: object
    ledger: DirectLedger
    server: Server
    tool: ToolKey
    platform: PlatformSettings
    made: world.World
    now: float = 0.0

    def line(self, *, flags="confirmed", **more) -> Line:
        """As after a start of the process."""
        return Line(
            self.platform,
            LtiSettings(flags=flags, severity_high=0.9),
            service=Service(self.platform, self.tool),
            reader=self.reader,
            ledger=self.ledger,
            clock=lambda: self.now,
            **more,
        )

    def do(self, action, seat, **kwargs):
        self.writer.transact(lambda t: action(t, self.made.attempts[seat], **kwargs))

    def say(self, payload, seat="1"):
        draft = Draft(payload=payload, chain=self.made.attempts[seat], exam="bio", actor="inference")
        return self.writer.append(draft)[0]

    def flag(self, number, severity="high"):
        return self.say(
            events.FlagRaised(
                flag=f"f{number}",
                code="phone_visible",
                category="integrity",
                severity=severity,
                kind="webcam",
                source="inference",
                onset_at=1.7e9,
                position=12.0,
                stage="in_exam",
                rules="1",
                models={},
                threshold=0.5,
                score=0.9,
                true=3,
                assessable=4,
                ticks=4,
                light=90.0,
                snapshots=[],
                note="SECRET",
            )
        )

    @property
    def told(self):
        return [one.json for one in self.server.to(ACS)]

    def kept(self, type):
        return [event.payload for event in self.reader.events(types=frozenset({type}), limit=5000)]


@pytest.fixture
def room(tmp_path, tool, monkeypatch):
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    paths = Paths.of(tmp_path / "data").make()
    server = Server(says={"/token": {"access_token": "t1", "expires_in": 3600}, ACS: {"status": "running"}})
    with opened(paths.database) as writer, serving(server), reading(paths.database) as reader:
        made = world.build(writer, warnings=0)
        platform = PlatformSettings(
            name="lms", issuer="https://lms.test", client_id="tool-1", deployment="d1",
            login_url="https://lms.test/auth", token_url=server.url + "/token", keys_file="none",
        )  # fmt: skip
        ledger = DirectLedger(type("Evidence", (), {"writer": writer})())
        found = Room(writer, reader, ledger, server, tool, platform, made)
        writer.transact(lambda t: actions.link(t, "bio", platform="lms", resource_link="L", by="planner"))
        for seat in ("1", "2"):
            writer.transact(lambda t, seat=seat: actions.arrive(t, launched(server, seat), browser="b", cookie="c"))
            found.do(attempts.confirm, seat)
            found.do(attempts.sign, seat, signature="Me", statement_version="1", statement_sha256="0" * 64)
            found.do(attempts.equip, seat, camera="c", microphone="m", surface="monitor")
            found.do(attempts.admit, seat, by="lea")
            found.do(attempts.start, seat)
        yield found


def launched(server, seat, offered=names.ACTIONS, nonce=""):
    return actions.Launched(
        platform="lms", subject=f"sub-{seat}", candidate=f"c{seat}", resource_link="L", attempt_number=3,
        session_data="s", start_url="https://lms.test/start", control_url=server.url + ACS, actions=tuple(offered),
        nonce=nonce or f"n{seat}", expires_at=time.time() + 300,
    )  # fmt: skip


def test_what_staff_do_is_told_in_order_and_without_their_words(room):
    room.do(sitting.pause, "1", reason="SECRET alarm", by="lea")
    room.do(sitting.resume, "1", by="lea")
    room.do(sitting.grant_time, "1", minutes=10, by="inst")
    room.do(sitting.grant_time, "1", minutes=25, by="inst")
    room.do(attempts.end, "1", by="lea", reason="SECRET phone", override=False)
    line = room.line()
    line.turn()
    assert [one["action"] for one in room.told] == ["pause", "resume", "update", "update", "terminate"]
    assert [one.get("extra_time") for one in room.told if one["action"] == "update"] == [10, 25]
    last = room.told[-1]
    assert last["user"] == {"iss": "https://lms.test", "sub": "sub-1"}
    assert (last["resource_link"], last["attempt_number"]) == ({"id": "L"}, 3)
    assert (last["incident_severity"], last["reason_code"]) == ("0.9", "session_ended")
    assert last["incident_time"].endswith("Z")
    assert "SECRET" not in json.dumps(room.told)
    sent = room.server.to(ACS)[0].headers
    assert (sent["Content-Type"], sent["Authorization"]) == (names.CONTROL_TYPE, "Bearer t1")
    assert [one.status for one in room.kept("lti.control_sent")] == ["running"] * 5
    line.turn()
    room.line().turn()  # a restart says nothing twice
    assert len(room.told) == 5


def test_the_token_is_asked_for_by_the_tools_signature_once(room):
    room.do(sitting.pause, "1", reason="x", by="lea")
    room.do(sitting.resume, "1", by="lea")
    room.line().turn()
    [asked] = room.server.to("/token")
    form = asked.form
    assert (form["grant_type"], form["scope"]) == ("client_credentials", names.SCOPE)
    key = jwt.PyJWK(room.tool.jwks()["keys"][0]).key
    said = jwt.decode(form["client_assertion"], key, algorithms=["RS256"], audience=room.platform.token_url)
    assert (said["iss"], said["sub"]) == ("tool-1", "tool-1")
    assert said["jti"]


def test_I35_an_end_is_told_within_two_seconds(room):
    line, stopping = room.line(), threading.Event()
    thread = threading.Thread(target=line.run, args=(stopping,), name="line")
    thread.start()
    try:
        begun = time.monotonic()
        room.do(attempts.end, "1", by="lea", reason="phone", override=False)
        while not room.told and time.monotonic() < begun + 5:
            time.sleep(0.01)
        assert time.monotonic() - begun < 2.0
    finally:
        stopping.set()
        thread.join()
    assert [one["user"]["sub"] for one in room.told] == ["sub-1"]  # and nobody else's


def test_I15_who_is_not_admitted_is_told_too(room):
    room.writer.transact(
        lambda t: actions.arrive(t, launched(room.server, "1", nonce="again"), browser="b", cookie="c")
    )
    room.say(events.AttemptRefused(by="lea", reason="SECRET", next_step="SECRET"))
    room.line().turn()
    assert [(one["action"], one["reason_code"]) for one in room.told] == [("terminate", "admission_refused")]


def test_while_the_platform_is_away_actions_wait_in_order_and_an_end_does_not_wait_for_the_pause(room):
    room.server.answers[ACS] = [500, 503, 500]
    line = room.line()
    room.do(sitting.pause, "1", reason="x", by="lea")
    line.turn()
    assert line.status()["waiting"] == 1
    assert "500" in line.trouble
    line.turn()
    assert len(room.told) == 1  # not at once again
    room.do(attempts.end, "2", by="lea", reason="x", override=False)
    line.turn()  # an end: tried at once, and the pause before it first
    assert [one["action"] for one in room.told] == ["pause", "pause"]
    line = room.line()  # killed meanwhile: what waits is in the ledger
    line.turn()
    room.now += 60
    line.turn()
    assert [one["action"] for one in room.told][-2:] == ["pause", "terminate"]
    assert (line.status()["waiting"], line.trouble) == (0, "")


def test_a_platform_that_cannot_be_reached_is_named_and_tried_again(room):
    away = dataclasses.replace(room.platform, token_url="http://127.0.0.1:9/token")
    line = Line(
        away, LtiSettings(), service=Service(away, room.tool), reader=room.reader, ledger=room.ledger,
        clock=lambda: room.now,
    )  # fmt: skip
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    line.turn()
    assert "127.0.0.1:9 does not answer" in line.trouble
    assert (line.status()["waiting"], room.kept("lti.control_failed")) == (1, [])


def test_the_sync_process_says_who_lets_it_wait_and_how_much(room, tmp_path):
    settings = Settings(platform=(dataclasses.replace(room.platform, token_url="http://127.0.0.1:9/token"),))
    paths, stopping = Paths.of(tmp_path / "data"), threading.Event()
    abroad = Deliveries(paths, settings, reader=room.reader, ledger=room.ledger)
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    thread = threading.Thread(target=abroad.run, args=(stopping,), name="abroad")
    thread.start()
    until = time.monotonic() + 10
    while "(1)" not in abroad.trouble and time.monotonic() < until:
        time.sleep(0.02)
    stopping.set()
    thread.join()
    assert abroad.trouble.startswith("waiting for the exam platform lms (1): 127.0.0.1:9 does not answer")
    assert abroad.status()["platforms"]["lms"]["waiting"] == 1
    assert Deliveries(paths, Settings(), reader=room.reader, ledger=room.ledger).status() == {}


def test_a_token_that_is_not_taken_any_more_is_renewed(room):
    room.server.answers[ACS] = [401]
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    line = room.line()
    line.turn()
    assert (len(room.server.to("/token")), len(room.told), line.status()["sent"]) == (2, 2, 1)


def test_a_platform_that_never_gives_access_keeps_everything_waiting_and_says_why(room):
    room.server.answers["/token"] = [401] * 9
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    line = room.line()
    for _ in range(3):
        line.turn()
        room.now += 60
    assert "no token" in line.trouble
    assert (line.status()["waiting"], room.told) == (1, [])


def test_what_the_platform_refuses_for_good_is_written_down_and_does_not_hold_up_the_rest(room):
    room.server.answers[ACS] = [404, 400, 403, 403, 403, 403, 403]
    line = room.line()
    for seat in ("1", "2"):
        room.do(sitting.pause, seat, reason="x", by="lea")
    line.turn()
    assert [(one.reason, one.http) for one in room.kept("lti.control_failed")] == [("refused", 404), ("refused", 400)]
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    for _ in range(6):
        line.turn()
        room.now += 60
    assert [one.http for one in room.kept("lti.control_failed")] == [404, 400, 403]
    assert line.status()["failed"] == 3


def test_an_action_that_the_platform_does_not_offer_is_not_sent(room):
    only = launched(room.server, "1", offered=("terminate",), nonce="again")
    room.writer.transact(lambda t: actions.arrive(t, only, browser="b", cookie="c"))
    room.do(sitting.pause, "1", reason="x", by="lea")
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    room.line().turn()
    assert [one["action"] for one in room.told] == ["terminate"]
    assert [one.reason for one in room.kept("lti.control_failed")] == ["not_offered"]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("none", []),
        ("confirmed", ["0.9"]),
        ("high", ["0.9"]),
        ("medium", ["0.5", "0.9"]),
        ("low", ["0.2", "0.5", "0.9"]),
    ],
)
def test_which_flags_are_told_and_how_severe_they_are_there_is_a_setting(room, flags, told):
    for number, severity in enumerate(("low", "medium", "high")):
        room.flag(number, severity)
    room.say(events.FlagDecided(flag="f2", decision="confirmed", reason="", note="SECRET", by="lea"))
    room.say(events.FlagDecided(flag="f1", decision="dismissed", reason="innocent", note="", by="lea"))
    room.line(flags=flags).turn()
    assert [one["incident_severity"] for one in room.told] == told
    assert {one["reason_code"] for one in room.told} <= {"phone_visible"}


def test_flags_are_bounded_the_oldest_are_given_up_and_counted_and_an_end_never_is(room):
    room.server.answers[ACS] = [500]
    room.do(attempts.end, "2", by="lea", reason="x", override=False)
    for number in range(7):
        room.flag(number)
    line = room.line(flags="low", most=4)
    line.turn()
    assert (line.status()["waiting"], line.status()["given_up"]) == (4, 4)
    assert [one.reason for one in room.kept("lti.control_failed")] == ["too_many"] * 4
    room.now += 60
    line.turn()
    assert [one["action"] for one in room.told][1:] == ["terminate", "flag", "flag", "flag"]


def test_while_the_ledger_is_away_nothing_is_said_twice(room):
    room.do(attempts.end, "1", by="lea", reason="x", override=False)
    line = room.line()
    room.ledger.away = True
    with pytest.raises(Unavailable):
        line.turn()
    room.ledger.away = False
    line.turn()
    assert len(room.told) == 1
    assert len(room.kept("lti.control_sent")) == 1


def test_who_came_with_a_code_is_nobodys_business(room):
    with room.reader.connect() as connection:
        assert rows.launch(connection, "nobody") is None
        assert rows.unsettled(connection, platform="other", types={"attempt.ended"}, after=0, limit=9) == []


# --- the platform's keys ---


def test_keys_are_fetched_once_kept_for_later_and_asked_for_again_when_one_is_new(tmp_path):
    key, other = make_key(), make_key()
    shown, asked, now = [jwks(key, "k1")], [], [0.0]

    def fetch(platform):
        asked.append(now[0])
        if shown[0] is None:
            raise Unavailable("away")
        return json.dumps(shown[0]).encode()

    def keys():
        return PlatformKeys(platform, tmp_path, fetch=fetch, clock=lambda: now[0])

    platform = PlatformSettings(
        name="lms", issuer="i", client_id="c", deployment="d", login_url="https://x.test", keys_url="https://x.test/k"
    )
    first, second = (
        jwt.encode({"a": 1}, one, algorithm="RS256", headers={"kid": kid}) for one, kid in ((key, "k1"), (other, "k2"))
    )
    one = keys()
    assert one.key(first).key_id == "k1"
    assert one.key(first).key_id == "k1"
    assert len(asked) == 1
    shown[0] = {"keys": jwks(key, "k1")["keys"] + jwks(other, "k2")["keys"]}
    with pytest.raises(Exception, match="does not show"):
        one.key(second)  # asked a moment ago: a stranger cannot make the box ask without end
    now[0] += 40
    assert one.key(second).key_id == "k2"
    assert len(asked) == 2
    shown[0] = None
    assert keys().key(second).key_id == "k2"  # the line is away after a restart: what was fetched is kept
    (tmp_path / "lti-lms.jwks.json").unlink()
    with pytest.raises(Unavailable):
        keys().key(first)


# --- Caliper, live ---


@pytest.fixture
def endpoint(tmp_path):
    key = tmp_path / "caliper.key"
    key.write_text("secret-token\n")
    with serving(Server()) as server:
        wanted = StandardsSettings(caliper_url=server.url + "/caliper", caliper_key_file=str(key))
        yield server, Settings(standards=wanted)


def delivered(server):
    return [one["id"] for sent in server.to("/caliper") for one in sent.json["data"]]


def test_events_reach_an_endpoint_that_fails_first_in_order_and_once(held, ledger, endpoint, tmp_path):
    server, settings = endpoint
    server.answers["/caliper"] = [503, 429]
    now = [0.0]

    def delivery():
        return Delivery(settings, tmp_path / "place", reader=ledger, clock=lambda: now[0], batch=5)

    one = delivery()
    for _ in range(2):
        with pytest.raises(ApplianceError, match="answers"):
            one.turn()
    server.sent.clear()  # what was not taken
    one = delivery()  # killed meanwhile
    while one.turn():
        pass
    ids = delivered(server)
    assert len(ids) == len(set(ids)) > 15
    assert {sent.headers["Authorization"] for sent in server.sent} == {"Bearer secret-token"}
    assert all(len(sent.json["data"]) <= 5 for sent in server.sent)
    assert one.status()["behind"] == 0


def test_an_event_that_the_endpoint_refuses_is_left_out_and_counted(held, ledger, endpoint, tmp_path):
    server, settings = endpoint
    server.answers["/caliper"] = [422, 200, 422]
    one = Delivery(settings, tmp_path / "place", reader=ledger, batch=3)
    one.turn()
    assert (one.status()["refused"], one.status()["sent"]) == (1, 2)


def test_an_endpoint_that_is_away_is_waited_for_with_growing_pauses_and_the_box_goes_on(
    held, ledger, endpoint, tmp_path
):
    _, settings = endpoint
    away = dataclasses.replace(
        settings, standards=dataclasses.replace(settings.standards, caliper_url="http://127.0.0.1:9/")
    )
    one, stopping = Delivery(away, tmp_path / "place", reader=ledger), threading.Event()
    thread = threading.Thread(target=one.run, args=(stopping,), name="caliper")
    thread.start()
    until = time.monotonic() + 5
    while not one.trouble and time.monotonic() < until:
        time.sleep(0.01)
    stopping.set()
    thread.join()
    assert "does not answer" in one.trouble
    assert "secret" not in one.trouble
    assert one.status()["behind"] > 0
    assert not Path(tmp_path / "place").exists()
