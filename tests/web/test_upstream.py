"""The page of the upstream: one sentence, what waits, what to do, and nothing that is not so."""

import dataclasses
import html
import re
import time

import pytest

from appliance.box import health, upstream
from appliance.box.upstream import Backlog, Failure, Upload, Upstream
from appliance.bundle.keys import BoxKey
from appliance.exam.events import (
    BOX,
    AttemptStored,
    ExamEnded,
    ExamStored,
    SegmentClosed,
    UpstreamAltered,
    UpstreamRestored,
)
from appliance.exam.permissions import Role
from appliance.ledger import dates, holding

from .conftest import EXAM

pytestmark = pytest.mark.slow


def words(text):
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"\s+", " ", text)


def says(house, **said):
    """Sync does."""
    state = Upstream(**{"at": time.time(), "store": "s3://evidence/lab", "local": False, "reachable": True, **said})
    upstream.write(house.services.paths.run, state)
    return state


def page(house, who="staff"):
    answer = house.user(who).get("/upstream")
    assert answer.status_code == 200
    text = answer.text
    return words(text[text.index("<main") : text.index("</main>")])


def api(house, **headers):
    return house.user("staff").get("/api/upstream", headers=headers)


def over(house):
    """Everybody is gone, and one of them was recorded."""
    house.reach("submitted")
    segment = SegmentClosed(
        kind="webcam", number=1, path=f"{EXAM}/{house.attempts[0]}/webcam/1.mp4", starts_at=0.0, position=0.0,
        duration=1.0, bytes=1, init_bytes=1, sha256="00", codecs=[],
    )  # fmt: skip
    house.say(segment, 0)
    house.say(ExamEnded(exam=EXAM, reason="over"), None)


def stored(house, *, exam=True):
    """All of it is upstream."""
    heads = house.ask(lambda c: dates.heads(c, house.attempts))
    for number, attempt in enumerate(house.attempts):
        said = AttemptStored(
            exam=EXAM, attempt=attempt, manifest_sha256=f"{number:064x}", objects=3, bytes=9, position=heads[attempt]
        )
        house.say(said, None, actor="sync")
    if exam:
        house.say(ExamStored(exam=EXAM, manifest_sha256="abcdef0123456789" * 4, attempts=3), None, actor="sync")


def test_before_any_exam_the_page_says_that_there_is_nothing(house):
    says(house)
    text = page(house)
    assert "Nothing has been recorded yet. Safe to unplug the box." in text
    assert "Nothing waits." in text
    assert api(house).json["safe_to_unplug"] is True


def test_while_candidates_are_here_nobody_is_told_to_unplug(house):
    house.reach("in_exam")
    says(house)
    assert "An exam is running. Do not unplug." in page(house)
    assert api(house).json["safe_to_unplug"] is False


def test_what_is_over_and_not_proved_is_not_called_upstream_even_when_nothing_waits(house):
    over(house)
    says(house)
    assert "The last of it is being signed and proved: do not unplug." in page(house)
    stored(house, exam=False)
    assert api(house).json["state"] == "bundling", "the exam's own report is not there yet"
    stored(house)
    text = page(house)
    assert "Everything is upstream. Safe to unplug the box." in text
    assert "abcdef0123456789 " in text
    assert "Still needed here until" in text


def test_what_waits_how_long_it_takes_and_why(house):
    over(house)
    says(
        house,
        eta_s=700.0,
        bytes_per_s=250_000.0,
        limit_bps=2_000_000.0,
        limit_why="exam",
        backlog=(Backlog(exam=EXAM, attempt="a", objects=40, bytes=175_000_000, since=time.time() - 60),),
        uploads=(Upload(key="north/box/x/media/1.mp4", size=8_000_000, sent=2_000_000),),
    )
    text = page(house)
    assert "Evidence still waits, about 12 min: do not unplug." in text
    assert "40 objects, 175 MB, to go: about 12 min." in text
    assert "Biology 101 40 175 MB" in text
    assert "2.0 MB of 8.0 MB, 25 %" in text
    assert "Sent 2.0 Mbit/s over the last minute. At most 2.0 Mbit/s while an exam runs." in text


def test_a_line_that_is_away_is_told_calmly(house):
    over(house)
    away = Failure(kind="away", where="upstream", message="the store does not answer", hint="Wait.", since=time.time())
    backlog = (Backlog(exam=EXAM, attempt=None, objects=1, bytes=10, since=time.time()),)
    says(house, reachable=False, failures=(away,), backlog=backlog, resumes_at=time.time() + 30)
    text = page(house)
    assert "The line is away; recordings are safe on this box and go on by themselves." in text
    assert "Nothing, if the network is down: it goes on by itself." in text
    answer = house.user("staff").get("/upstream").text
    assert 'class="up-say up-calm"' in answer
    assert 'role="alert"' not in answer[answer.index("data-now") :], "offline is no alarm"


@pytest.mark.parametrize("kind", ["refused", "full", "conflict", "damaged", "box"])
def test_each_failure_says_what_to_do_and_what_the_box_says(house, kind):
    failure = Failure(kind=kind, where="north/x", message="<b>it</b> says no", hint="Ask.", since=time.time())
    says(house, failures=(failure,))
    answer = house.user("staff").get("/upstream").text
    assert "Something does not go upstream until somebody acts: do not unplug yet." in answer
    assert "&lt;b&gt;it&lt;/b&gt; says no. Ask." in answer
    assert house.services.words(f"upstream.step.{kind}").split(":")[0] in words(answer)


def test_many_failures_are_counted_and_what_a_person_must_do_stands_first(house):
    one = Failure(kind="away", where="w", message="m", hint="", since=time.time())
    many = (one, *(dataclasses.replace(one, kind="conflict", where=f"object-{n:02d}") for n in range(20)))
    says(house, failures=many)
    text = page(house)
    assert "and 13 more" in text
    assert text.index("The store has something else in our place") < text.index("and 13 more")


def test_what_sync_said_a_while_ago_does_not_count(house):
    over(house)
    stored(house)
    says(house, at=time.time() - 60)
    assert "The part that sends is not running. Do not unplug." in page(house)
    assert api(house).json["upstream"] is None
    (house.services.paths.run / upstream.FILE).write_text("{")
    assert api(house).json["state"] == "silent"


def test_words_that_came_later_are_not_called_upstream(house):
    over(house)
    stored(house)
    says(house)
    health.write(house.services.paths.health, "sync", healthy=True, sentence="x", attempts_waiting=1)
    assert "what was added since follows within minutes. Safe to unplug" in page(house)


def test_M90_what_somebody_changed_at_the_store_is_named_and_so_is_that_it_is_right_again(house):
    over(house)
    stored(house)
    says(house)
    altered = UpstreamAltered(
        exam=EXAM, attempt=house.attempts[0], missing=["north/a/1.mp4"], other=["north/a/2.mp4"], objects=2,
        finding="f", hint="Bring them back.",
    )  # fmt: skip
    house.say(altered, None, actor="sync")
    text = page(house)
    assert "The store has lost or changed what it had: do not unplug" in text
    assert api(house).json["safe_to_unplug"] is False
    assert "The store has not got 2 objects of this exam any more" in text
    assert "Gone there: north/a/1.mp4 Changed there: north/a/2.mp4 Bring them back." in text
    assert "Still needed: the store has not got everything any more." in text
    assert "north/a/1.mp4" in words(house.user("institution").get(f"/retention/{EXAM}").text)
    house.say(UpstreamRestored(exam=EXAM, attempt=house.attempts[0], sent=2), None, actor="sync")
    text = page(house)
    assert "Everything is upstream. Safe to unplug the box." in text
    assert "Was not right at the store, and is again: 2 objects were sent again." in text
    assert "Still needed here until" in text


def test_M90_a_lock_longer_than_the_exams_own_dates_is_a_warning_where_it_is_planned_and_seen(house):
    settings = dataclasses.replace(house.services.settings.upstream, lock_mode="governance", lock_days=400)
    house.app.extensions["appliance"] = dataclasses.replace(
        house.services, settings=dataclasses.replace(house.services.settings, upstream=settings)
    )
    says(house)
    for who, path in (("staff", "/upstream"), ("planner", f"/exams/{EXAM}"), ("institution", f"/retention/{EXAM}")):
        text = words(house.user(who).get(path).text)
        assert "The store keeps what it gets for 400 days" in text, path
        assert "Recordings: 30 days" in text


def test_M90_while_the_store_is_away_nothing_is_deleted_and_the_pages_say_so(house):
    says(house)
    health.write(house.services.paths.health, "sync", healthy=True, sentence="x", deletion_waits="the line is down")
    assert "Nothing is deleted by its date just now The line is down." in page(house)
    assert "The line is down." in words(house.user("institution").get(f"/retention/{EXAM}").text)


def test_the_moment_is_not_sent_again_while_it_does_not_change(house):
    says(house)
    client = house.user("staff")
    first = client.get("/upstream/now")
    assert first.status_code == 200
    assert "<html" not in first.text
    says(house)
    assert client.get("/upstream/now", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    etag = api(house).headers["ETag"]
    says(house)
    assert api(house, **{"If-None-Match": etag}).status_code == 304
    says(house, uploads=(Upload(key="k", size=10, sent=5),))
    assert client.get("/upstream/now", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert api(house, **{"If-None-Match": etag}).status_code == 200


def test_the_page_is_linked_where_people_start(house):
    for who, path in (("staff", "/box"), ("admin", "/box"), ("planner", f"/exams/{EXAM}"), ("lead", "/wall")):
        assert 'href="/upstream' in house.user(who).get(path).text, path
    assert house.role(Role.PROCTOR).get("/upstream").status_code == 403


def test_no_name_of_a_candidate_is_on_it(house):
    over(house)
    stored(house)
    says(house)
    assert "Lovelace" not in house.user("staff").get("/upstream").text + api(house).text
    assert not house.ask(lambda c: holding.deletions(c, exam=EXAM))
    assert BOX not in api(house).json["exams"][0]


def test_the_key_that_signs_is_shown_and_can_be_saved(house):
    staff = house.user("staff")
    assert "no key yet" in staff.get("/upstream").text
    assert staff.get("/upstream/box.pub").status_code == 404
    public = BoxKey.from_folder(house.services.paths.keys).public
    assert public.fingerprint in staff.get("/upstream").text
    assert staff.get("/upstream/box.pub").data == public.pem
