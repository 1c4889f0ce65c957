"""Plans, settings and rosters in a real ledger: what can be changed when, and what is refused in words."""

import dataclasses
import time

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy
from appliance.exam.permissions import Role
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan, Level, Mode, Order, Release, Section
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.roster import RosterError, RosterRow, parse
from appliance.exam.stage import Stage
from appliance.ledger import planning, state
from appliance.ledger.actions import attempts, exams, plans, users
from tests.ledger.world import KEY, bring_to_exam, build

TWO = (Section(title="One", link="https://exam.test/1"), Section(title="Two", link="https://exam.test/2"))


@pytest.fixture
def world(writer):
    return build(writer)


@pytest.fixture
def ask(writer):
    def call(action, *args, **kwargs):
        return writer.transact(lambda t: action(t, *args, **kwargs))

    call.state = lambda query, *args, **kwargs: writer.transact(lambda t: query(t.connection, *args, **kwargs))
    return call


def another(ask, exam="chem", *, after=0.0, ratio=8, **plan):
    """An exam that begins so many seconds after now."""
    policy = ExamPolicy(exam=exam, title="Chem", starts_at=time.time() + after, minutes=60, ratio=ratio)
    ask(exams.create_exam, policy, by="x")
    ask(plans.set_plan, exam, ExamPlan(**plan), by="x")


def rows(count, proctor="pia", first=100, **more):
    return [RosterRow(str(n), f"c{n}", f"N {n}", proctor, **more) for n in range(first, first + count)]


def change(ask, exam="bio", *, plan=None, **settings):
    policy = plans.policy_of(ask.state(state.exam, exam))
    ask(plans.change, dataclasses.replace(policy, **settings), plan or ask.state(planning.plan, exam), by="plan")


# --- plan and settings ---


def test_a_plan_stands_in_the_ledger_with_who_and_is_no_news_twice(ask, world, reader):
    plan = ExamPlan(room="B2", sections=TWO, one_by_one=True)
    for _ in range(2):
        ask(plans.set_plan, "bio", plan, by="plan")
    assert ask.state(planning.plan, "bio") == plan
    (said,) = reader.events(types=frozenset({"exam.planned"}))
    assert (said.payload.by, said.actor, ExamPlan.of(said.payload.plan)) == ("plan", "plan", plan)


def test_I3_record_and_review_admits_by_itself_whatever_was_chosen(ask, world):
    ask(plans.set_plan, "bio", ExamPlan(mode=Mode.RECORD_REVIEW), by="x")
    assert ask.state(state.exam, "bio").admission == Admission.AUTOMATIC.value
    change(ask, admission=Admission.PROCTOR)
    assert ask.state(state.exam, "bio").admission == Admission.AUTOMATIC.value


def test_an_id_needs_a_camera(ask, world):
    ask(exams.set_detection, "bio", DetectionPolicy(identity=True), by="x")
    with pytest.raises(BadInput, match="an ID is asked for"):
        ask(plans.set_plan, "bio", ExamPlan(level=Level.NONE), by="x")


def test_M100_a_seed_is_drawn_once_and_stays(ask, world):
    ask(plans.set_plan, "bio", ExamPlan(sections=TWO, order=Order.SHUFFLED), by="x")
    seed = ask.state(planning.plan, "bio").seed
    assert len(seed) == 16
    ask(plans.set_plan, "bio", ExamPlan(sections=TWO, order=Order.SHUFFLED, room="B2"), by="x")
    assert ask.state(planning.plan, "bio").seed == seed


@pytest.mark.parametrize(
    "plan", [ExamPlan(mode=Mode.RECORD_REVIEW), ExamPlan(kind=ExamKind.PAPER), ExamPlan(level=Level.CAMERA)]
)
def test_what_candidates_were_told_is_not_changed_once_one_is_here(ask, world, plan):
    ask(plans.set_plan, "bio", plan, by="x")
    ask(plans.set_plan, "bio", ExamPlan(), by="x")
    ask(attempts.arrive, world.codes["1"], key=KEY, browser="x")
    with pytest.raises(NotAllowed, match="since the first candidate came in"):
        ask(plans.set_plan, "bio", plan, by="x")
    ask(plans.set_plan, "bio", ExamPlan(sections=TWO, contact="555"), by="x")
    assert ask.state(planning.plan, "bio").contact == "555"


def test_sections_and_times_are_not_changed_once_one_has_started(ask, writer, world):
    bring_to_exam(writer, world, "1")
    for settings in ({"plan": ExamPlan(sections=TWO)}, {"minutes": 91}, {"starts_at": 5.0}):
        with pytest.raises(NotAllowed, match="since the first candidate started"):
            change(ask, **settings)
    change(ask, plan=ExamPlan(attention_minutes=5), warnings_before_end=3)
    assert ask.state(state.exam, "bio").warnings_before_end == 3
    ask(exams.end_exam, "bio", reason="over", by="x")
    with pytest.raises(NotAllowed, match="has ended"):
        change(ask, warnings_before_end=2)


def test_M1_an_exam_for_one_at_any_time(ask, world):
    another(ask, after=11 * 3600, release=Release.TIME)
    (attempt,) = ask(exams.import_roster, "chem", rows(1, None), by="x")
    assert ask.state(state.attempt, attempt).stage is Stage.INVITED
    change(ask, "chem", starts_at=time.time() + 86_400 * 30)
    assert ask.state(state.exam, "chem").starts_at > time.time() + 86_400 * 29


@pytest.mark.parametrize("release", list(Release))
def test_I9_M34_M40_nobody_opens_the_exam_before_its_time_by_the_boxs_clock(ask, world, release):
    attempt = world.attempts["1"]
    ask(plans.set_plan, "bio", ExamPlan(release=release, onboarding_minutes=15), by="x")
    signed = {"signature": "A", "statement_version": "1", "statement_sha256": "0"}
    ask(attempts.arrive, world.codes["1"], key=KEY, browser="x")
    ask(attempts.confirm, attempt)
    ask(attempts.sign, attempt, **signed)
    ask(attempts.equip, attempt, camera="c", microphone="m", surface="monitor")
    ask(attempts.admit, attempt, by="pia")
    if release is Release.TIME:
        with pytest.raises(NotAllowed, match="has not begun yet"):
            ask(attempts.start, attempt)
        change(ask, starts_at=time.time() - 15 * 60 - 1)
    ask(attempts.start, attempt)
    assert ask.state(state.attempt, attempt).stage is Stage.IN_EXAM


def test_I20_the_ratio_is_the_planners_and_never_above_15(ask, world):
    for ratio in (4, 8, 15):
        change(ask, ratio=ratio)
        assert ask.state(state.exam, "bio").ratio == ratio
    with pytest.raises(BadInput, match="16 candidates for one proctor"):
        change(ask, ratio=16)
    ask(exams.import_roster, "bio", rows(5), by="x")  # and seat 1: six
    with pytest.raises(NotAllowed, match="pia would watch more than 4 candidates"):
        change(ask, ratio=4)
    assert ask.state(state.exam, "bio").ratio == 15


# --- rooms and proctors ---


def test_M20_a_room_is_not_planned_twice(ask, world):
    ask(plans.set_plan, "bio", ExamPlan(room="B2"), by="x")
    another(ask, after=60)
    with pytest.raises(NotAllowed, match="the room b2 is taken by bio until"):
        ask(plans.set_plan, "chem", ExamPlan(room="b2"), by="x")
    assert ask.state(planning.plan, "chem").room == ""
    another(ask, "later", after=149 * 60 + 30, room="B2")  # 30 + 90 + 30 minutes after the start of bio
    with pytest.raises(NotAllowed, match="taken by later"):
        ask(plans.set_plan, "bio", ExamPlan(room="B2", buffer_minutes=31), by="x")
    ask(exams.end_exam, "later", reason="not held", by="x")
    ask(plans.set_plan, "bio", ExamPlan(room="B2", buffer_minutes=31), by="x")


def test_M93_rooms_of_the_roster_count_as_rooms_of_the_exam(ask, world):
    another(ask, room="B2")
    with pytest.raises(RosterError) as error:
        ask(exams.import_roster, "bio", [*rows(1, None, room="B3"), *rows(1, None, 200, room="B2")], by="x")
    assert [line for line, _ in error.value.findings] == [3]
    assert "the room B2 is taken by chem until" in error.value.findings[0][1]
    ask(exams.import_roster, "bio", [*rows(1, None, room="B3"), *rows(1, None, 200, room="B4")], by="x")
    assert {a.room for a in ask.state(state.attempts, "bio")} == {"", "B3", "B4"}
    with pytest.raises(NotAllowed, match="B4 is taken by bio"):
        ask(plans.set_plan, "chem", ExamPlan(room="B4"), by="x")


def test_M20_extra_time_counts_for_the_room(ask, world):
    ask(plans.set_plan, "bio", ExamPlan(room="B2"), by="x")
    another(ask, after=150 * 60, room="B2")
    text = "seat,candidate,name,accommodations,extra_minutes\n9,c9,Nia,extra_time,30\n"
    with pytest.raises(RosterError, match="the room B2 is taken by chem"):
        ask(exams.import_roster, "bio", parse(text), by="x")
    with pytest.raises(NotAllowed, match="the room B2 is taken by chem"):
        ask(exams.accommodate, world.attempts["1"], {Switch.EXTRA_TIME}, extra_minutes=30, by="x")


def test_M92_a_proctor_never_watches_16_also_over_two_exams(ask, world):
    change(ask, ratio=15)
    another(ask, ratio=15, after=60)
    ask(exams.import_roster, "bio", rows(9), by="x")  # ten with seat 1
    with pytest.raises(RosterError) as error:
        ask(exams.import_roster, "chem", rows(6, first=1), by="x")
    assert [line for line, _ in error.value.findings] == [7]
    assert "pia would watch more than 15 candidates at the same time, in bio and chem" in str(error.value)
    made = ask(exams.import_roster, "chem", [*rows(5, first=1), *rows(1, None, first=6)], by="x")
    with pytest.raises(NotAllowed, match="more than 15 candidates"):
        ask(exams.assign, made[5], "pia", by="x")
    ask(plans.withdraw, made[0], reason="ill", by="x")
    ask(exams.assign, made[5], "pia", by="x")
    change(ask, "chem", starts_at=5.0)  # away from the other exam one more fits
    ask(exams.assign, world.attempts["2"], "pia", by="x")
    with pytest.raises(NotAllowed, match="more than 15"):
        change(ask, "chem", starts_at=time.time())


# --- the roster while the exam runs ---


def test_a_roster_grows_while_the_exam_runs_and_who_sits_there_is_not_touched(ask, writer, world):
    bring_to_exam(writer, world, "1")
    before = ask.state(state.attempt, world.attempts["1"])
    (late,) = ask(exams.import_roster, "bio", rows(1), by="x")
    ((_, code),) = ask(exams.issue_codes, "bio", key=KEY, by="x", attempt=late)
    row, _ = ask(attempts.arrive, code, key=KEY, browser="x")
    assert (row.attempt, row.stage) == (late, Stage.ARRIVED)
    assert ask.state(state.attempt, world.attempts["1"]) == before


def test_M10_another_seat_keeps_the_record(ask, writer, world, reader):
    attempt = bring_to_exam(writer, world, "1")
    with pytest.raises(NotAllowed, match="seat 2 is taken by Candidate 2"):
        ask(plans.reseat, attempt, seat="2", reason="broken", by="lea")
    with pytest.raises(BadInput, match="may only have"):
        ask(plans.reseat, attempt, seat="../3", reason="broken", by="lea")
    with pytest.raises(BadInput, match="a reason"):
        ask(plans.reseat, attempt, seat="3", reason=" ", by="lea")
    ask(plans.reseat, attempt, seat="3", reason="the camera broke", by="lea")
    row = ask.state(state.attempt, attempt)
    assert (row.seat, row.stage, row.attempt) == ("3", Stage.IN_EXAM, attempt)
    assert reader.events(types=frozenset({"attempt.reseated"}))[0].chain == attempt
    ask(plans.reseat, world.attempts["2"], seat="1", reason="nearer the door", by="lea")  # it is free now
    ask(attempts.finish, attempt)
    with pytest.raises(NotAllowed, match="reseat is not possible"):
        ask(plans.reseat, attempt, seat="9", reason="late", by="lea")


def test_who_never_came_is_taken_off_and_whoever_came_is_not(ask, world):
    with pytest.raises(BadInput, match="a reason"):
        ask(plans.withdraw, world.attempts["2"], reason="", by="x")
    ask(plans.withdraw, world.attempts["2"], reason="ill", by="x")
    assert ask.state(state.attempt, world.attempts["2"]).stage is Stage.ENDED
    with pytest.raises(NotAllowed, match="over for you"):
        ask(attempts.arrive, world.codes["2"], key=KEY, browser="x")
    with pytest.raises(NotAllowed, match="over already"):
        ask(plans.withdraw, world.attempts["2"], reason="ill", by="x")
    ask(attempts.arrive, world.codes["1"], key=KEY, browser="x")
    with pytest.raises(NotAllowed, match="Candidate 1 has come in already"):
        ask(plans.withdraw, world.attempts["1"], reason="ill", by="x")


def test_extra_time_needs_its_minutes_and_time_for_a_lost_line_needs_no_accommodation(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    ends_at = ask.state(state.attempt, attempt).ends_at
    for switches, minutes in (({Switch.EXTRA_TIME}, None), ({Switch.EXTRA_TIME}, 0), (set(), 20), (set(), 481)):
        with pytest.raises(BadInput):
            ask(exams.accommodate, attempt, switches, extra_minutes=minutes, by="x")
    ask(exams.accommodate, attempt, {Switch.EXTRA_TIME}, extra_minutes=20, by="x")
    row = ask.state(state.attempt, attempt)
    assert (row.extra_minutes, row.ends_at) == (20, ends_at + 1200)
    ask(exams.accommodate, attempt, {Switch.BREAKS}, by="x")  # the minutes stay: somebody may have granted them
    assert ask.state(state.attempt, attempt).extra_minutes == 20


# --- content, sections, delegates ---


def store(ask, section, exam="bio"):
    ask(plans.store_content, exam, section, name="a.pdf", path="content/x.pdf", sha256="0", bytes=9, by="x")


def test_content_belongs_to_a_section_that_is_there(ask, world):
    store(ask, 1)
    with pytest.raises(BadInput, match="has no section 2"):
        store(ask, 2)
    ask(plans.set_plan, "bio", ExamPlan(sections=TWO), by="x")
    store(ask, 2)
    for section in (0, 3, -1):
        with pytest.raises(BadInput, match=f"has no section {section}"):
            store(ask, section)
    assert sorted(ask.state(planning.content, "bio")) == [1, 2]


def test_M99_sections_are_released_in_order_and_not_before_the_exam_opens(ask, world, reader):
    with pytest.raises(NotAllowed, match="all given out when it opens"):
        ask(plans.release_section, "bio", 1, by="pia")
    ask(plans.set_plan, "bio", ExamPlan(sections=TWO, one_by_one=True, release=Release.TIME), by="x")
    with pytest.raises(NotAllowed, match="the exam opens at"):
        ask(plans.release_section, "bio", 1, by="pia")
    ask(plans.set_plan, "bio", ExamPlan(sections=TWO, one_by_one=True), by="x")
    with pytest.raises(NotAllowed, match="section 1 comes first"):
        ask(plans.release_section, "bio", 2, by="pia")
    for section in (1, 1, 2):
        ask(plans.release_section, "bio", section, by="pia")
    assert [e.payload.section for e in reader.events(types=frozenset({"section.released"}))] == [1, 2]


def test_M96_only_a_proctor_of_this_box_acts_as_lead(ask, world):
    for user, role in (("rita", Role.REVIEWER), ("plan", Role.PLANNER)):
        ask(users.create_user, user=user, name=user, role=role, password_hash="x", by="test")
    for user in ("rita", "plan", "lea", "nobody", world.attempts["1"], "candidate", ""):
        with pytest.raises(BadInput, match="is no proctor of this box"):
            ask(plans.delegate, "bio", user, active=True, by="lea")
    ask(plans.delegate, "bio", "pia", active=True, by="lea")
    assert ask.state(planning.delegates, "bio") == {"pia"}
    ask(plans.delegate, "bio", "pia", active=False, by="lea")
    assert ask.state(planning.delegates, "bio") == set()


def test_a_refused_change_leaves_nothing_behind(ask, world, reader):
    ask(plans.set_plan, "bio", ExamPlan(room="B2"), by="x")
    another(ask, after=60)
    head = reader.head()
    for plan in (ExamPlan(room="B2"), ExamPlan(check_out=CheckOut.PROCTOR, mode=Mode.RECORD_REVIEW)):
        with pytest.raises((NotAllowed, BadInput)):
            change(ask, "chem", plan=plan, title="Other")
    assert reader.head() == head
    assert ask.state(state.exam, "chem").title == "Chem"
