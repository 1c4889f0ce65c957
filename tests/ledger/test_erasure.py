"""A candidate's words and names go, from the events, the tables and the very bytes on the disk; the chain holds."""

import dataclasses
import json
import time
import uuid

import pytest

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import events
from appliance.exam.erasure import STAYS, about
from appliance.exam.events import BOX
from appliance.exam.events.catalogue import CATALOGUE
from appliance.ledger import chain, dates, holding, sitting, state
from appliance.ledger.actions import attempts, erasure, holds
from appliance.ledger.reader import links
from appliance.ledger.record import Draft
from tests.ledger import world as ledger_world

pytestmark = pytest.mark.slow

MARK = "Xanthippe"
WORDS = frozenset({
    "text", "note", "reason", "name", "candidate", "signature", "browser", "camera", "microphone", "surface", "value",
    "outcome", "sender_name", "next_step", "results", "why", "seen", "switches", "answer", "values", "objects",
})  # fmt: skip
"""Fields in which somebody's words may stand, or what was measured of a body."""

CODES = frozenset({"call.ended", "export.failed", "evidence.failed", "hold.placed", "hold.lifted", "room.watched",
                   "media.deleted", "personal.erased"})  # fmt: skip
"""Their reason (or why) is one of a few codes, or the institution's own; a room's camera is the lab's."""

BY_ACTIONS = frozenset({"attempt.created", "attempt.arrived", "attempt.signed", "attempt.equipped", "attempt.ended"})
BOX_CHAIN = frozenset(
    {name for name, said in CATALOGUE.items()
     if said.__module__.rpartition(".")[2] in ("box", "exam", "panel", "upstream")}
) | {"exam.planned", "content.stored", "section.released", "exam.delegated", "exam.announced", "staff.said",
     "notice.given", "analysis.reduced", "room.noticed", "seats.arranged", "seats.cards_renewed", "machine.bound",
     "machine.unbound", "seat.checked", "rehearsal.over"}  # fmt: skip


@pytest.fixture
def world(writer):
    return ledger_world.build(writer, seats=2)


@pytest.fixture
def attempt(writer, world):
    """Named as nobody else is, through the exam."""
    chain = world.attempts["1"]
    ledger_world.bring_to_exam(writer, world, "1")
    writer.transact(lambda t: t.connection.exec_driver_sql(
        "UPDATE attempt SET name = ?, candidate = 'c-4711' WHERE attempt = ?", (f"{MARK} Smith", chain)
    ))  # fmt: skip
    return chain


def filled(payload):
    """One of this type with the mark wherever words may stand."""
    values = {}
    for field in dataclasses.fields(payload):
        word = MARK if field.name in WORDS else uuid.uuid4().hex[:8]
        kind = field.type.__name__ if field.type in (str, int, float, bool) else str(field.type)
        values[field.name] = (
            True if kind.startswith("bool")
            else 3 if kind.startswith("int")
            else 3.0 if kind.startswith("float")
            else [word] if kind.startswith("list[str")
            else [] if kind.startswith("list")
            else {word: 3.0} if kind.startswith("dict[str, float")
            else {word: word} if kind.startswith("dict")
            else word
        )  # fmt: skip
    return payload(**values)


def everything_said(writer, chain):
    """Every type of event that an attempt's chain may hold and that is erased, with somebody's words in it."""
    said = {}
    for name, payload in CATALOGUE.items():
        if name not in STAYS | BOX_CHAIN | BY_ACTIONS and name not in ("attempt.moved", "attempt.refused"):
            said[name] = filled(payload)
    said["flag.raised"] = dataclasses.replace(said["flag.raised"], snapshots=[])
    flag = said["flag.raised"].flag
    said["message.sent"] = dataclasses.replace(said["message.sent"], sender="candidate")
    said["flag.noted"] = dataclasses.replace(said["flag.noted"], note="n1", flag=flag)
    said["flag.decided"] = dataclasses.replace(said["flag.decided"], reason="innocent_action", flag=flag)
    said["inquiry.answered"] = dataclasses.replace(said["inquiry.answered"], inquiry=said["inquiry.made"].inquiry)
    first = said["recommendation.made"].recommendation
    for name in ("recommendation.answered", "recommendation.withdrawn"):
        said[name] = dataclasses.replace(said[name], recommendation=first)
    drawn = filled(events.SampleDrawn)
    said["sample.judged"] = dataclasses.replace(said["sample.judged"], sample=drawn.sample)
    first = [said.pop(name) for name in ("flag.raised", "inquiry.made", "recommendation.made")]
    for one in [drawn, *first, *said.values()]:
        writer.append(Draft(payload=one, chain=chain, exam="bio", actor="test"))
    writer.transact(lambda t: attempts.end(t, chain, by="lea", reason=f"{MARK} left", override=True))


def erase(writer, reader, chain, **said):
    with reader.connect() as connection:
        position = dates.heads(connection, [chain])[chain]
    said = events.PersonalErased(**{"position": position, "why": "date", "due_at": 0.0, **said})
    return writer.append(Draft(payload=said, chain=chain, exam="bio", actor="sync"))


def on_the_disk(box):
    return b"".join(file.read_bytes() for file in sorted(box.ledger.iterdir()))


def test_M90_after_an_erasure_no_word_about_the_person_is_in_the_ledgers_files_and_the_chain_verifies(
    box, writer, reader, world, attempt
):
    everything_said(writer, attempt)
    for payload in (
        events.StaffSaid(exam="bio", message="m", text=f"watch {MARK.upper()}", by="lea", by_name="Lea"),
        events.StaffSaid(exam="bio", message="n", text="lunch at noon", by="lea", by_name="Lea"),
        events.ExamAnnounced(
            announcement="a", exam="bio", text=f"{MARK}, your phone!", spoken=False, by="lea", by_name="Lea",
            attempts=[attempt],
        ),
    ):  # fmt: skip
        writer.append(Draft(payload=payload, chain=BOX, exam="bio", actor="lea"))
    with reader.connect() as connection:
        before = chain.check(links(connection, attempt), chain=attempt)
        assert dates.words_left(connection, attempt)
    assert MARK.encode() in on_the_disk(box)
    with reader.connect() as looking:  # somebody reads just then: the log cannot be emptied before the look is over
        looking.exec_driver_sql("SELECT count(*) FROM event").scalar()
        erase(writer, reader, attempt)
        assert MARK.encode() in on_the_disk(box)
    with reader.connect() as connection:
        stands = links(connection, attempt)
        position, _ = chain.check(stands, chain=attempt)
        assert position == before[0] + 1, "no event is gone"
        assert stands[before[0] - 1].hash == before[1], "and none has another hash"
        assert not dates.words_left(connection, attempt)
        kept = {json.loads(link.body)["type"] for link in stands if link.payload is not None}
        assert kept <= STAYS
        row = state.attempt(connection, attempt)
        assert (row.name, row.candidate) == ("(erased)", "")
        assert row.seat, "seats stay"
        [flag] = state.flags(connection, attempt=attempt)
        assert (flag.note, flag.facts["note"], flag.facts["why"], flag.decided_at is None) == ("", "", {}, False)
        [question] = sitting.inquiries(connection, attempt=attempt)
        assert (question.text, question.answer) == ("", "")
        [done] = holding.erasures(connection, attempt=attempt)
        assert done.erased_at is not None
        [proof] = holding.deletions(connection, attempt=attempt)
        assert proof.what == "personal"
        assert [m[0] for m in connection.exec_driver_sql("SELECT text FROM staff_message ORDER BY message")] == [
            "", "lunch at noon",
        ]  # fmt: skip
    until = time.monotonic() + 5
    while MARK.encode().lower() in on_the_disk(box).lower() and time.monotonic() < until:
        time.sleep(0.05)  # the write-ahead log is emptied right after
    assert MARK.encode().lower() not in on_the_disk(box).lower()


def test_what_stays_after_an_erasure_has_no_field_for_words():
    assert CATALOGUE.keys() >= STAYS
    for name in STAYS - CODES:
        assert not WORDS & {field.name for field in dataclasses.fields(CATALOGUE[name])}, name


def test_M90_the_last_candidate_of_an_exam_takes_the_staffs_talk_along(writer, reader, world):
    said = events.StaffSaid(exam="bio", message="m", text="the one in the red coat", by="lea", by_name="Lea")
    writer.append(Draft(payload=said, chain=BOX, exam="bio", actor="lea"))
    for number, one in enumerate(world.attempts.values()):
        writer.transact(lambda t, one=one: attempts.end(t, one, by="lea", reason="over", override=True))
        erase(writer, reader, one)
        with reader.connect() as connection:
            [text] = connection.exec_driver_sql("SELECT text FROM staff_message").scalars()
        assert text == ("" if number else "the one in the red coat")


def test_M90_nothing_is_erased_while_the_attempt_is_open_or_held(writer, reader, world, attempt):
    with pytest.raises(NotAllowed, match="open, or held"):
        erase(writer, reader, attempt)
    writer.transact(lambda t: attempts.finish(t, attempt))
    hold = writer.transact(lambda t: holds.place(t, exam="bio", reason="an appeal", by="ina", by_name="Ina"))
    with pytest.raises(NotAllowed, match="open, or held"):
        erase(writer, reader, attempt)
    writer.transact(lambda t: holds.lift(t, hold, exam="bio", reason="settled", by="ina"))
    erase(writer, reader, attempt)


def test_M90_a_hold_is_placed_and_lifted_with_a_reason(writer, reader, world, attempt):
    place = {"exam": "bio", "attempt": attempt, "by": "ina", "by_name": "Ina"}
    for reason in ("", "x" * 501, "\x00"):
        with pytest.raises(BadInput):
            writer.transact(lambda t, reason=reason: holds.place(t, **place, reason=reason))
    hold = writer.transact(lambda t: holds.place(t, **place, reason="appeal 12"))
    with reader.connect() as connection:
        assert holding.held(connection, exam="bio", attempt=attempt)
        assert not holding.held(connection, exam="bio", attempt=world.attempts["2"])
    with pytest.raises(NotFound):
        writer.transact(lambda t: holds.lift(t, "none", exam="bio", reason="x", by="ina"))
    writer.transact(lambda t: holds.lift(t, hold, exam="bio", reason="settled", by="ina"))
    with pytest.raises(NotAllowed, match="already"):
        writer.transact(lambda t: holds.lift(t, hold, exam="bio", reason="settled", by="ina"))
    with reader.connect() as connection:
        [row] = holding.holds(connection, "bio")
    assert (row.reason, row.lift_reason, row.lifted_by) == ("appeal 12", "settled", "ina")


def test_M90_an_erasure_is_asked_for_once_after_the_end_and_never_against_a_hold(writer, reader, world, attempt):
    def ask():
        writer.transact(lambda t: erasure.ask(t, attempt, reference="GDPR-7", by="ina", by_name="Ina"))

    with pytest.raises(NotAllowed, match="while the exam goes on"):
        ask()
    writer.transact(lambda t: attempts.finish(t, attempt))
    hold = writer.transact(lambda t: holds.place(t, exam="bio", reason="appeal 12", by="ina", by_name="Ina"))
    with pytest.raises(NotAllowed, match=r"the whole exam is held since .* by Ina: appeal 12"):
        ask()
    writer.transact(lambda t: holds.lift(t, hold, exam="bio", reason="settled", by="ina"))
    ask()
    with pytest.raises(NotAllowed, match="asked for already"):
        ask()
    erase(writer, reader, attempt, why="request")
    with pytest.raises(NotAllowed, match="nothing is left"):
        writer.transact(lambda t: holds.place(t, exam="bio", attempt=attempt, reason="x", by="ina", by_name="Ina"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Ada is late", True), ("ask LOVELACE!", True), ("c-4711 again", True), ("adamant", False), ("c-47112", False),
        ("lunch", False), ("", False),
    ],
)  # fmt: skip
def test_who_is_named_in_a_remark_is_found_by_any_word_of_the_name_or_the_number(text, named):
    assert about(text, name="Ada Lovelace", candidate="c-4711") is named
    assert not about("he is at 1", name="Li", candidate="1"), "too short to say anything"
