"""The candidate's receipt: what it says, what it never says, how long it is there, and that nobody else reads it."""

import re
import time

import pytest

from appliance.exam.events import (
    ExamEnded,
    FeedViewed,
    GapClosed,
    GapOpened,
    IrregularityNoted,
    MediaDeleted,
    SegmentClosed,
)
from appliance.exam.plan import CheckOut
from appliance.ledger.actions import attempts, checkout, flags, holds
from appliance.web import receipt
from appliance.web.auth import COOKIE

from .conftest import EXAM

pytestmark = pytest.mark.slow

DAY = 86_400.0


@pytest.fixture
def over(house):
    """Candidate 1 was recorded, flagged, looked at, and has checked out."""
    house.plan(check_out=CheckOut.PROCTOR, contact="help@lab.test, room 12")
    house.reach("in_exam")
    now = time.time()
    segment = {"kind": "webcam", "number": 1, "path": "a.mp4", "position": 0.0, "duration": 60.0, "bytes": 1}
    house.say(SegmentClosed(**segment, starts_at=now - 60, init_bytes=1, sha256="0", codecs=["h264"]), actor="capture")
    gap = {"gap": "g", "kind": "webcam", "cause": "connection_lost", "starts_at": now - 30}
    house.say(GapOpened(**gap), actor="capture")
    house.say(GapClosed(**gap, ends_at=now - 24), actor="capture")
    for _ in range(2):
        house.say(FeedViewed(kind="webcam", by="proctor", what="live"), actor="proctor")
    house.flag(flag="one", code="phone_visible")
    house.flag(flag="two", code="phone_visible")
    house.do(flags.decide, "one", decision="dismissed", reason="innocent_action", note="a calculator", by="proctor")
    note = {"irregularity": "i", "category": "other", "text": "sneezed loudly", "position": None}
    house.say(IrregularityNoted(**note, happened_at=now, by="proctor", by_name="The proctor"), actor="proctor")
    house.do(attempts.finish, house.attempts[0])
    return house


def go(house):
    house.do(checkout.tick, house.attempts[0], tick="submitted", by="proctor")
    house.do(checkout.release, house.attempts[0], by="proctor", made=None)


def words(html):
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_the_receipt_says_what_was_recorded_noted_seen_and_when_it_goes(over):
    assert over.candidate().get("/receipt").status_code == 409  # flags are no candidate's business before the end
    go(over)
    text = words(over.candidate().get("/receipt").text)
    for said in (
        "Ada Lovelace",
        "camera and microphone",
        "Phone visible 2 0 1 0 1",
        "Proctor: camera and microphone, opened 2",
        "Your work was submitted",
        "handed in, check-out",
        "help@lab.test, room 12",
    ):
        assert said in text
    for kept_back in ("The proctor", "innocent", "calculator", "0.81", "sneezed", "Ken Thompson", "0.8 "):
        assert kept_back not in text
    assert re.search(r"camera and microphone [\d: -]{39} \d\d:\d\d:\d\d–\d\d:\d\d:\d\d", text)  # noqa: RUF001  # its gap
    for what in ("Recordings of camera, sound and screen", "Pictures and clips with notes", "Your name, messages"):
        assert re.search(rf"{what}[^:]*: will be deleted on \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d", text), what
    assert "Pictures of your ID" not in text, "there are none"


def test_the_login_of_a_closed_attempt_reads_and_changes_nothing(over):
    go(over)
    client = over.candidate()
    assert client.get("/api/me").json["stage"] == "submitted"
    for path, said in (
        ("messages", {"text": "hello"}),
        ("start", {}),
        ("finish", {}),
        ("tick", {"tick": "submitted"}),
        ("release", {}),
        ("phone", {}),
        ("identity/decline", {}),
    ):
        assert client.post(f"/api/me/{path}", json=said).status_code == 409, path


def test_who_sits_there_next_reads_nothing_after_the_sign_out(over):
    go(over)
    client = over.candidate()
    assert 'action="/sign-out"' in client.get("/receipt").text
    assert client.post("/sign-out").status_code == 303
    assert client.get("/receipt").status_code in (303, 401)


def test_a_reply_goes_to_the_institution_and_its_answer_stands_here(over):
    assert over.candidate().post("/receipt/reply", data={"text": "x"}).status_code == 409
    go(over)
    client = over.candidate()
    assert client.post("/receipt/reply", data={"text": "That was <b>my</b> calculator."}).status_code == 303
    assert client.post("/receipt/reply", data={"text": ""}).status_code == 400
    (event,) = over.events("inquiry.made")
    assert (event.payload.kind, event.payload.by) == ("reply", "candidate")
    page = client.get("/receipt").text
    assert "That was &lt;b&gt;my&lt;/b&gt; calculator." in page
    assert client.post("/receipt/reply", data={"text": "x" * 2001}).status_code == 400
    for _ in range(receipt.MOST_REPLIES - 1):
        client.post("/receipt/reply", data={"text": "again"})
    assert client.post("/receipt/reply", data={"text": "and again"}).status_code == 409


def link(house):
    client = house.app.test_client()
    client.set_cookie(COOKIE, house.token(attempt=house.attempts[0]), domain="10.1.2.3")
    page = client.get("/receipt", base_url="http://10.1.2.3:8080").text
    assert 'src="data:image/svg+xml' in page  # and as a QR code
    return re.search(r'href="http://10.1.2.3:8080/receipt/open#([^"]+)"', page)[1]


def test_the_address_of_a_receipt_opens_it_anywhere_and_nothing_else(over):
    go(over)
    token = link(over)
    client = over.client()
    assert client.get("/receipt").status_code in (303, 401)
    assert client.post("/receipt/open", json={"token": token[:-2] + "xx"}).status_code == 400
    assert client.post("/receipt/open", json={"token": token}).json == {"opened": True}
    assert "Ada Lovelace" in client.get("/receipt").text
    busy = over.candidate(1)
    over.reach("in_exam", 1)
    assert busy.post("/receipt/open", json={"token": token}).status_code == 409  # somebody works here
    assert busy.get("/api/me").json["name"] == "Ken Thompson"
    assert over.user("proctor").post("/receipt/open", json={"token": token}).status_code == 409


def test_M90_what_is_held_or_gone_already_is_said(over):
    go(over)
    deleted = MediaDeleted(what="recordings", files=["a.mp4"], bytes=1)
    over.do(holds.place, exam=EXAM, attempt=over.attempts[0], reason="secret appeal", by="institution", by_name="I")
    over.say(deleted, actor="sync")
    text = words(over.candidate().get("/receipt").text)
    assert re.search(r"Recordings of camera, sound and screen: was deleted on \d{4}", text)
    assert "Pictures and clips with notes: kept until the hold is lifted" in text
    assert "Your institution holds your data for a procedure" in text
    assert "secret appeal" not in text


def test_it_is_gone_with_the_recordings(over, monkeypatch):
    go(over)
    token = link(over)
    over.say(ExamEnded(exam=EXAM, reason="time is up"), None)
    later = time.time() + 400 * DAY
    monkeypatch.setattr(receipt.time, "time", lambda: later)
    assert over.client().post("/receipt/open", json={"token": token}).status_code == 409
