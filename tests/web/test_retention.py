"""The page of what is kept: dates, holds, requests, proofs, what waits, what no rule covers."""

import re
import time

import pytest

from appliance.exam import events
from appliance.exam.events import BOX
from appliance.exam.permissions import Role
from appliance.ledger import dates
from appliance.web.audience import View, shown
from appliance.web.auth import Viewer

from .conftest import EXAM, PASSWORD

pytestmark = pytest.mark.slow
DAY = 86_400.0


def words(html):
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def day(at):
    return time.strftime("%Y-%m-%d", time.localtime(at))


@pytest.fixture
def over(house):
    """Candidate 1 is over; a recording and a snapshot lie on the disk."""
    house.reach("submitted")
    for place in ("webcam/1.mp4", "snapshots/1.jpg", "scans/1.webm"):
        file = house.services.paths.media / EXAM / house.attempts[0] / place
        file.parent.mkdir(parents=True)
        file.write_bytes(b"1")
    return house


def page(house, who="institution"):
    answer = house.user(who).get(f"/retention/{EXAM}")
    assert answer.status_code == 200
    return words(answer.text)


def ask(house, path, who="institution", **form):
    return house.user(who).post(f"/retention/{EXAM}/{path}", data=form)


def erase(house, number=0):
    position = house.ask(lambda c: dates.heads(c, [house.attempts[number]])[house.attempts[number]])
    house.say(events.PersonalErased(position=position, why="request", due_at=1.0), number, actor="sync")


def test_M90_each_kind_stands_there_with_its_date_and_the_open_ones_say_so(over):
    text, at = page(over), over.attempt().stage_at
    for days in (30, 180, 7):
        assert f"goes on {day(at + days * DAY)}" in text
    assert f"goes on {day(at + 365 * DAY)}" in text
    assert "Ada Lovelace nothing here" not in text, "room scans come first, and there is one"
    assert text.count("nothing here") == 2, "no ID, no work"
    assert text.count("not over yet") == 12, "two candidates, six kinds"
    assert "never stored: it was gone when the session ended" in text
    assert "Nothing is held" in text
    assert "Nothing was deleted yet" in text


def test_M90_the_institution_holds_a_candidate_or_the_exam_and_lifts_it_again(over):
    assert ask(over, "hold", attempt=over.attempts[0], reason="appeal 12").status_code == 303
    text = page(over)
    assert "Seat 1, Ada Lovelace : held by The institution, since" in text
    assert "appeal 12" in text
    assert text.count("■ held") == 4
    [event] = over.events("hold.placed")
    assert ask(over, f"holds/{event.payload.hold}/lift", reason="settled").status_code == 303
    assert "Nothing is held" in page(over)
    assert ask(over, "hold", attempt="exam", reason="court").status_code == 303
    assert "The whole exam : held by" in page(over)
    [_, event] = over.events("hold.placed")
    assert (event.chain, event.payload.attempt) == (BOX, None)


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("hold", {"attempt": "exam", "reason": ""}, "reason"),
        ("hold", {"attempt": "none", "reason": "x"}, "no such attempt"),
        ("hold", {"attempt": "exam", "reason": "x" * 501}, "500"),
        ("holds/none/lift", {"reason": "x"}, "no such hold"),
    ],
)
def test_what_does_not_fit_is_said_on_the_page_and_what_was_written_stays(over, path, form, said):
    answer = ask(over, path, **form)
    assert 400 <= answer.status_code < 500
    assert said in words(answer.text)
    assert over.events("hold.placed") == []


def test_M90_a_request_needs_a_reference_and_the_own_password_once_more(over):
    asked = {"attempt": over.attempts[0], "reference": "GDPR-7", "password": PASSWORD}
    for wrong, status in (({"password": "wrong"}, 403), ({"reference": ""}, 400), ({"attempt": over.attempts[1]}, 409)):
        answer = ask(over, "erase", **{**asked, **wrong})
        assert answer.status_code == status, wrong
        assert PASSWORD not in answer.text
    assert over.events("erasure.asked") == []
    [refused] = over.events("access.refused")
    assert refused.payload.action == "erase"
    assert ask(over, "erase", **asked).status_code == 303
    assert "to be erased: request GDPR-7" in page(over)
    assert ask(over, "erase", **asked).status_code == 409


def test_M90_a_hold_refuses_an_erasure_and_names_itself(over):
    ask(over, "hold", attempt="exam", reason="court 3")
    asked = {"attempt": over.attempts[0], "reference": "GDPR-7", "password": PASSWORD}
    text = words(ask(over, "erase", **asked).text)
    assert "The whole exam is held since" in text
    assert "court 3" in text


@pytest.mark.parametrize("who", ["lead", "reviewer", "planner"])
def test_who_may_only_read_gets_no_buttons(over, who):
    ask(over, "hold", attempt="exam", reason="court 3")
    html = over.user(who).get(f"/retention/{EXAM}").text
    assert "court 3" in html
    assert f"/retention/{EXAM}/hold" not in html
    assert "Erase" not in words(html)
    for path in ("hold", "erase", "holds/x/lift"):
        assert ask(over, path, who, reason="x").status_code == 403


def test_M90_what_is_gone_stands_there_with_its_event_and_what_the_store_still_has_of_it(over):
    chain = over.attempts[0]
    stored = events.AttemptStored(exam=EXAM, attempt=chain, manifest_sha256="0", objects=1, bytes=1, position=99)
    over.say(stored, None, actor="sync")
    files = [f"{EXAM}/{chain}/identity/photo.jpg", f"{EXAM}/{chain}/webcam/1.mp4", f"{EXAM}/{chain}/scans/1.webm"]
    deleted = events.MediaDeleted(what="identity", files=files, bytes=2_000_000, due_at=1_700_000_000.0)
    [event] = over.say(deleted, actor="sync")
    text = page(over)
    assert f"by its date, 2023-11-14 3 2.0 MB number {event.seq} {event.id}" in text
    assert f"✓ gone since {day(event.wall)}" in text
    erase(over)
    keys = over.user("planner").get(f"/retention/{EXAM}/store.txt").text.splitlines()
    root = f"site/box/{EXAM}/{chain}"
    assert keys == sorted(keys)
    assert {f"{root}/identity/photo.jpg", f"{root}/media/webcam/1.mp4", f"{root}/ledger.jsonl"} <= set(keys)
    assert {f"{root}/report/report.pdf", f"{root}/index.html"} <= set(keys)
    assert not [key for key in keys if "scans" in key], "it was never sent"
    assert f"what is gone here: {len(keys)}." in page(over)


def test_what_is_due_and_not_in_the_store_yet_waits_and_says_so(over, monkeypatch):
    segment = {"kind": "webcam", "number": 1, "path": "a.mp4", "position": 0.0, "duration": 60.0, "bytes": 1}
    over.say(events.SegmentClosed(**segment, starts_at=1.0, init_bytes=1, sha256="0", codecs=["h264"]))
    now = time.time()
    monkeypatch.setattr("appliance.web.retention.time.time", lambda: now + 31 * DAY)
    assert f"waits for the store (due since {day(over.attempt().stage_at + 30 * DAY)} )" in page(over)


def test_folders_that_no_rule_covers_are_named(over):
    data = over.services.paths.data
    for folder in (f"media/{EXAM}/nobody/webcam", "media/old-exam/a1", f"exports/{EXAM}/lost"):
        (data / folder).mkdir(parents=True)
    text = page(over)
    for named in (f"media/{EXAM}/nobody", "media/old-exam", f"exports/{EXAM}/lost"):
        assert named in text


def test_deletion_that_rests_because_of_the_clock_is_said(over):
    from appliance.box import health

    health.write(over.services.paths.health, "sync", healthy=True, sentence="", deletion_rests="the clock is off")
    assert "Nothing is deleted just now The clock is off." in page(over)
    assert "Nothing is deleted just now. The clock is off." in words(over.user("staff").get("/box").text)


def test_every_page_of_staff_survives_an_erased_candidate(over):
    over.flag()
    over.say(events.IrregularityNoted(irregularity="i", category="other", text="a", happened_at=1.0, position=None,
                                      by="proctor", by_name="P"))  # fmt: skip
    erase(over)
    assert "Ada" not in page(over)
    for who, paths in {
        "lead": [f"/wall/{EXAM}", f"/look/{over.attempts[0]}", f"/reports/{EXAM}", f"/api/exams/{EXAM}/wall",
                 f"/api/attempts/{over.attempts[0]}", f"/review/{EXAM}/seats"],
        "reviewer": [f"/api/review/{over.attempts[0]}", f"/api/attempts/{over.attempts[0]}/judged"],
        "planner": [f"/exams/{EXAM}", "/exams", f"/prepare/{EXAM}"],
        "institution": ["/inbox", f"/retention/{EXAM}"],
        "auditor": ["/ledger"],
    }.items():  # fmt: skip
        for path in paths:
            answer = over.user(who).get(path)
            assert answer.status_code == 200, (who, path, answer.text[:300])
            assert "Lovelace" not in answer.text, path


def test_who_watches_is_told_neither_of_holds_nor_of_requests_nor_of_what_was_erased(over):
    ask(over, "hold", attempt=over.attempts[0], reason="appeal 12")
    [hold] = over.events("hold.placed")
    ask(over, f"holds/{hold.payload.hold}/lift", reason="settled")
    asked = {"attempt": over.attempts[0], "reference": "GDPR-7", "password": PASSWORD}
    assert ask(over, "erase", **asked).status_code == 303
    erase(over)
    log = over.services.reader.events(chain=over.attempts[0], limit=500)
    view = over.ask(lambda c: View.of(c, EXAM))
    for role in (Role.PROCTOR, Role.LEAD):
        told = list(shown(Viewer(role, role.value, "", ""), log, view))
        assert told
        assert not {one["type"] for one in told} & {"hold.placed", "hold.lifted", "erasure.asked", "attempt.created"}
        assert all(one["payload"] is not None for one in told)
