"""What can be done while the exam goes on: time, breaks, sections, announcements, questions, notes."""

import pytest
import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.events import AttemptAccommodated, ExamPlanned, SectionReleased
from appliance.exam.plan import ExamPlan, Mode, Order, Section
from appliance.exam.stage import Stage
from appliance.ledger import day_tables, planning, state, tables
from appliance.ledger import sitting as rows
from appliance.ledger.actions import announcements, attempts, exams, inquiries, notes, sections, sitting
from appliance.ledger.record import Draft
from tests.ledger.world import bring_to_exam, build

TWO = (Section(title="Reading", link="https://exam.test/1", break_minutes=10), Section(title="Writing"))


class Sitting:
    """A candidate in the exam; time passes by moving back what has happened."""

    def __init__(self, writer) -> None:
        self.writer = writer
        self.world = build(writer)
        self.attempt = bring_to_exam(writer, self.world, "1")

    def do(self, action, *args, **kwargs):
        return self.writer.transact(lambda t: action(t, *args, **kwargs))

    def ask(self, query, *args, **kwargs):
        return self.writer.transact(lambda t: query(t.connection, *args, **kwargs))

    def plan(self, **values) -> None:
        self.say(ExamPlanned(exam="bio", plan=ExamPlan(**values).to_json(), by="pia"), chain="box")

    def say(self, payload, chain=None) -> None:
        self.writer.append(Draft(payload=payload, chain=chain or self.attempt, exam="bio", actor="test"))

    def pass_time(self, seconds: float) -> None:
        past = {
            tables.attempt: ("ends_at", "stage_at"),
            tables.exam: ("starts_at",),
            day_tables.pause: ("begun_at", "until"),
            day_tables.opened: ("opened_at",),
        }

        def work(t):
            for table, names in past.items():
                t.connection.execute(sa.update(table).values({name: table.c[name] - seconds for name in names}))

        self.writer.transact(work)

    @property
    def row(self) -> state.AttemptRow:
        return self.ask(state.attempt, self.attempt)

    def types(self) -> list[str]:
        query = sa.select(tables.event.c.type).where(tables.event.c.chain == self.attempt).order_by(tables.event.c.seq)
        return self.writer.transact(lambda t: list(t.connection.execute(query).scalars()))


@pytest.fixture
def sat(writer):
    return Sitting(writer)


# --- breaks, pauses ---


def test_M98_time_stands_still_in_a_break_up_to_what_was_allowed_and_the_rest_is_noted(sat):
    ends_at = sat.row.ends_at
    sat.do(sitting.begin_break, sat.attempt, minutes=5, by="pia")
    assert sat.row.stage is Stage.ON_BREAK
    sat.pass_time(7 * 60)
    sat.do(sitting.end_break, sat.attempt, by="pia")
    assert sat.row.stage is Stage.IN_EXAM
    assert sat.row.ends_at == pytest.approx(ends_at - 7 * 60 + 5 * 60, abs=2)
    (held,) = sat.ask(rows.pauses, attempt=sat.attempt)
    assert held.overrun == pytest.approx(120, abs=2)
    assert held.ended_at is not None


def test_a_break_that_is_over_sooner_gives_back_what_it_took(sat):
    ends_at = sat.row.ends_at
    sat.do(sitting.begin_break, sat.attempt, minutes=5, by="pia")
    sat.pass_time(60)
    sat.do(sitting.end_break, sat.attempt, by="candidate")
    assert sat.row.ends_at == pytest.approx(ends_at, abs=2)
    assert sat.ask(rows.pauses, attempt=sat.attempt)[0].overrun == 0


def test_a_pause_gives_back_all_of_it_and_time_granted_meanwhile_stays(sat):
    ends_at = sat.row.ends_at
    sat.do(sitting.pause, sat.attempt, reason="fire drill", by="pia")
    sat.do(sitting.grant_time, sat.attempt, minutes=10, by="ina")
    sat.pass_time(1800)
    sat.do(sitting.resume, sat.attempt, by="pia")
    assert sat.row.ends_at == pytest.approx(ends_at + 600, abs=2)
    assert (sat.row.stage, sat.row.extra_minutes) == (Stage.IN_EXAM, 10)


def test_what_does_not_fit_the_stage_or_the_mode_is_refused_in_words(sat):
    for act in (sitting.end_break, sitting.resume):
        with pytest.raises(NotAllowed, match="stage in exam"):
            sat.do(act, sat.attempt, by="pia")
    sat.do(sitting.pause, sat.attempt, reason="x", by="pia")
    for act, more in ((sitting.begin_break, {"minutes": 5}), (sitting.pause, {"reason": "x"})):
        with pytest.raises(NotAllowed, match="stage paused"):
            sat.do(act, sat.attempt, by="pia", **more)
    sat.do(sitting.resume, sat.attempt, by="pia")
    for minutes in (0, 121):
        with pytest.raises(BadInput, match="from 1 to 120"):
            sat.do(sitting.begin_break, sat.attempt, minutes=minutes, by="pia")
    sat.plan(mode=Mode.RECORD_REVIEW)
    with pytest.raises(NotAllowed, match="nobody watches"):
        sat.do(sitting.begin_break, sat.attempt, minutes=5, by="pia")


def test_M98_an_own_break_is_the_sections_or_an_accommodation_and_else_refused(sat):
    with pytest.raises(NotAllowed, match="no break for you now"):
        sat.do(sitting.begin_break, sat.attempt, minutes=5, by="candidate")
    sat.plan(sections=TWO)
    sat.do(sections.open_section, sat.attempt, 1)
    sat.pass_time(60)
    sat.do(sitting.begin_break, sat.attempt, minutes=99, by="candidate")
    assert sat.ask(rows.pauses, attempt=sat.attempt)[0].minutes == 10
    sat.pass_time(60)
    sat.do(sitting.end_break, sat.attempt, by="candidate")
    with pytest.raises(NotAllowed, match="no break for you now"):  # it was taken
        sat.do(sitting.begin_break, sat.attempt, minutes=5, by="candidate")
    sat.say(AttemptAccommodated(switches=["breaks"]))
    sat.do(sitting.begin_break, sat.attempt, minutes=7, by="candidate")
    assert sat.ask(rows.pauses, attempt=sat.attempt)[-1].minutes == 7


# --- time ---


def test_extra_time_counts_before_the_start_and_while_the_exam_runs(sat):
    ends_at = sat.row.ends_at
    sat.do(sitting.grant_time, sat.attempt, minutes=15, by="ina")
    assert (sat.row.ends_at, sat.row.extra_minutes) == (ends_at + 900, 15)
    other = sat.world.attempts["2"]
    sat.do(sitting.grant_time, other, minutes=20, by="ina")
    assert sat.ask(state.attempt, other).ends_at is None
    bring_to_exam(sat.writer, sat.world, "2")
    assert sat.ask(state.attempt, other).ends_at == pytest.approx(ends_at + 1200, abs=5)
    for minutes in (0, -5, 24 * 60):
        with pytest.raises(BadInput, match="extra time"):
            sat.do(sitting.grant_time, other, minutes=minutes, by="ina")
    sat.do(attempts.finish, other)
    with pytest.raises(NotAllowed, match="submitted"):
        sat.do(sitting.grant_time, other, minutes=5, by="ina")


def test_M56_ten_minutes_are_called_once_and_again_only_after_more_time(sat):
    assert not sat.do(sitting.warn_time, sat.attempt)
    sat.pass_time(80 * 60 + 1)
    sat.do(sitting.pause, sat.attempt, reason="x", by="pia")
    assert not sat.do(sitting.warn_time, sat.attempt), "a pause does not"
    sat.do(sitting.resume, sat.attempt, by="pia")
    assert sat.do(sitting.warn_time, sat.attempt)
    assert not sat.do(sitting.warn_time, sat.attempt)
    assert sat.ask(rows.sitting, sat.attempt).warned_minutes == 10
    sat.do(sitting.grant_time, sat.attempt, minutes=5, by="ina")
    assert sat.ask(rows.sitting, sat.attempt).warned_minutes is None
    sat.pass_time(5 * 60)
    assert sat.do(sitting.warn_time, sat.attempt)
    assert sat.types().count("attempt.time_warned") == 2


def test_paper_is_printed_before_the_time_runs(writer):
    sat = Sitting(writer)
    sat.plan(print_minutes=10)
    other = sat.world.attempts["2"]
    bring_to_exam(writer, sat.world, "2")
    row = sat.ask(state.attempt, other)
    assert (row.stage, row.ends_at) == (Stage.PRINTING, None)
    assert sat.do(sections.open_section, other, 1).open
    sat.do(attempts.start, other)
    assert sat.ask(state.attempt, other).stage is Stage.IN_EXAM


# --- sections ---


def test_M99_the_next_section_opens_only_when_released_and_in_ones_own_order(sat):
    three = tuple(Section(title=f"Part {n}") for n in (1, 2, 3))
    sat.plan(sections=three, one_by_one=True, order=Order.SHUFFLED, seed="b")
    order = sat.ask(planning.plan, "bio").order_for(sat.attempt)
    for number in (1, 2, 3):
        with pytest.raises(NotAllowed, match="not released yet"):
            sat.do(sections.open_section, sat.attempt, number)
    for number in (1, 2, 3):
        sat.say(SectionReleased(exam="bio", section=number, by="lea"), chain="box")
    with pytest.raises(NotAllowed, match="another part comes before"):
        sat.do(sections.open_section, sat.attempt, order[1])
    for number in (*order, order[0]):
        sat.do(sections.open_section, sat.attempt, number)
    assert sat.types().count("section.opened") == 3
    with pytest.raises(NotFound):
        sat.do(sections.open_section, sat.attempt, 4)
    sat.do(sitting.pause, sat.attempt, reason="x", by="pia")
    with pytest.raises(NotAllowed, match="stage paused"):
        sat.do(sections.open_section, sat.attempt, order[0])


# --- words ---


def test_M57_an_announcement_reaches_who_is_there_and_counts_who_has_read_it(sat):
    everybody = list(sat.world.attempts.values())
    text = "عشر دقائق 🙂\nstay seated"
    id = sat.do(
        announcements.announce, "bio", text=text, spoken=True, by="lea", by_name="Lea", attempts=[*everybody, "other"]
    )
    sat.do(announcements.read_announcement, sat.attempt, id)
    sat.do(announcements.read_announcement, sat.attempt, id)
    (said,) = sat.ask(planning.announcements, "bio")
    assert (said.text, said.spoken, said.told, said.read) == (text, 1, 1, 1)
    assert sat.types().count("announcement.read") == 1
    with pytest.raises(NotFound):
        sat.do(announcements.read_announcement, sat.world.attempts["2"], id)
    with pytest.raises(NotAllowed, match="no candidate"):
        sat.do(announcements.announce, "bio", text="x", spoken=False, by="p", by_name="P", attempts=everybody[1:])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("x" * 2001, "has 2001 characters; at most 2000"),
        ("a\x07b", "control"),
        ("a\ud800", "control"),
    ],
)
def test_every_text_is_bounded_and_without_control_characters(sat, text, says):
    who = {"by": "lea", "by_name": "Lea"}
    inquiry = sat.do(inquiries.inquire, sat.attempt, kind="content", text="?", by="candidate")
    for action, args, more in [
        (announcements.announce, ("bio",), {"spoken": False, "attempts": [sat.attempt], **who}),
        (announcements.staff_say, ("bio",), who),
        (inquiries.inquire, (sat.attempt,), {"kind": "content", "by": "candidate"}),
        (inquiries.answer, (inquiry,), who),
    ]:
        with pytest.raises(BadInput, match=says):
            sat.do(action, *args, text=text, **more)
    assert sat.do(announcements.staff_say, "bio", text="x" * 2000, **who)


def test_I34_a_question_goes_to_the_institution_and_is_answered_once(sat):
    inquiry = sat.do(inquiries.inquire, sat.attempt, kind="content", text="Question 3?", by="candidate")
    sat.do(inquiries.answer, inquiry, text="Read it literally.", by="ina", by_name="Ina")
    with pytest.raises(NotAllowed, match="Ina has answered"):
        sat.do(inquiries.answer, inquiry, text="No.", by="ina", by_name="Ina")
    with pytest.raises(NotFound):
        sat.do(inquiries.answer, "none", text="No.", by="ina", by_name="Ina")
    (row,) = sat.ask(rows.inquiries, attempt=sat.attempt)
    assert (row.text, row.answer, row.answered_by_name) == ("Question 3?", "Read it literally.", "Ina")
    with pytest.raises(BadInput, match="kind of question"):
        sat.do(inquiries.inquire, sat.attempt, kind="other", text="x", by="candidate")
    sat.do(exams.end_exam, "bio", reason="over", by="lea")
    with pytest.raises(NotAllowed, match="over"):
        sat.do(inquiries.inquire, sat.attempt, kind="content", text="x", by="candidate")
    assert sat.do(inquiries.inquire, sat.attempt, kind="reply", text="x", by="candidate")


# --- notes, attention ---


def test_attention_is_written_once_a_minute_a_viewer_and_a_kind(sat, monkeypatch):
    monkeypatch.setattr(notes, "TOGETHER_SECONDS", 1e12)  # no minute ends in the middle of this test
    for by, kind in [("pia", "look"), ("lea", "look"), ("pia", "look"), ("pia", "listen"), ("pia", "listen")]:
        sat.do(notes.attend, sat.attempt, kind=kind, by=by)
    assert sat.types().count("attention.given") == 3
    known = sat.ask(rows.sitting, sat.attempt)
    assert (known.looked_by, known.listened_by) == ("pia", "pia")
    sat.do(attempts.finish, sat.attempt)
    sat.do(notes.attend, sat.attempt, kind="look", by="ann")
    assert sat.types().count("attention.given") == 3
    with pytest.raises(BadInput):
        sat.do(notes.attend, sat.attempt, kind="sniff", by="pia")


def test_a_note_is_no_flag_and_says_when_it_happened(sat):
    sat.do(
        notes.note, sat.attempt, category="examinee.illness", text="unwell", back_seconds=60, by="pia", by_name="Pia"
    )
    (row,) = sat.ask(rows.irregularities, attempt=sat.attempt)
    assert row.noted_at - row.happened_at == pytest.approx(60, abs=2)
    assert sat.ask(state.flags, attempt=sat.attempt) == []
    with pytest.raises(BadInput, match="category"):
        sat.do(notes.note, sat.attempt, category="cheating", text="x", by="pia", by_name="Pia")
    with pytest.raises(BadInput, match="1001 characters; at most 1000"):
        sat.do(notes.note, sat.attempt, category="other", text="x" * 1001, by="pia", by_name="Pia")
