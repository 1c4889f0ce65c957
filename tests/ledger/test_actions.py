import time

import pytest

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.permissions import Role
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.roster import RosterError, RosterRow
from appliance.exam.stage import Stage
from appliance.ledger import state
from appliance.ledger.actions import attempts, exams, flags, messages, users
from tests.ledger.world import KEY, bring_to_exam, build


@pytest.fixture
def world(writer):
    return build(writer)


@pytest.fixture
def ask(writer):
    """Run an action, or a state query, in the writer."""

    def call(action, *args, **kwargs):
        return writer.transact(lambda t: action(t, *args, **kwargs))

    call.state = lambda query, *args, **kwargs: writer.transact(lambda t: query(t.connection, *args, **kwargs))
    return call


def arrive(ask, world, seat="1"):
    return ask(attempts.arrive, world.codes[seat], key=KEY, browser="Firefox")


# --- coming in ---


def test_a_code_brings_its_candidate_to_the_question_whether_it_is_them(ask, world):
    row, token = arrive(ask, world)
    assert (row.attempt, row.stage) == (world.attempts["1"], Stage.ARRIVED)
    login = ask.state(users.who, token, now=time.time())
    assert (login.role, login.attempt, login.name) == (Role.CANDIDATE, row.attempt, "Candidate 1")


def test_a_code_works_in_one_browser(ask, world):
    arrive(ask, world)
    with pytest.raises(NotAllowed, match="in use on another computer"):
        arrive(ask, world)


def test_a_new_code_moves_the_candidate_to_another_computer(ask, world):
    row, old = arrive(ask, world)
    ((_, code),) = ask(exams.issue_codes, "bio", key=KEY, by="pia", attempt=row.attempt)
    assert ask.state(users.who, old, now=time.time()) is None
    again, token = ask(attempts.arrive, code, key=KEY, browser="Chrome")
    assert (again.attempt, again.stage) == (row.attempt, Stage.ARRIVED)
    assert ask.state(users.who, token, now=time.time()).attempt == row.attempt
    with pytest.raises(NotAllowed, match="not known"):
        arrive(ask, world)


def test_an_unknown_code_is_refused(ask, world):
    with pytest.raises(NotAllowed, match="not known"):
        ask(attempts.arrive, "3333-3333", key=KEY, browser="")


def test_a_code_of_an_ended_exam_is_refused(ask, world):
    ask(exams.end_exam, "bio", reason="over", by="lea")
    with pytest.raises(NotAllowed, match="over for you"):
        arrive(ask, world)


def test_codes_are_stored_hashed_under_the_boxs_key(writer, world):
    stored = writer.transact(lambda t: t.connection.exec_driver_sql("SELECT code FROM join_code").scalars().all())
    assert len(stored) == 2
    assert not {code.replace("-", "") for code in world.codes.values()} & set(stored)
    assert all(len(code) == 64 for code in stored)


# --- steps ---


def test_the_way_into_the_exam_and_out(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    row = ask.state(state.attempt, attempt)
    assert row.stage is Stage.IN_EXAM
    assert row.ends_at == pytest.approx(time.time() + 90 * 60, abs=30)
    ask(attempts.finish, attempt)
    assert ask.state(state.attempt, attempt).stage is Stage.SUBMITTED


def test_an_exam_may_admit_by_itself(writer):
    world = build(writer, admission=Admission.AUTOMATIC)
    attempt = world.attempts["1"]
    writer.transact(lambda t: attempts.arrive(t, world.codes["1"], key=KEY, browser=""))
    writer.transact(lambda t: attempts.confirm(t, attempt))
    writer.transact(lambda t: attempts.sign(t, attempt, signature="A", statement_version="1", statement_sha256="0"))
    writer.transact(lambda t: attempts.equip(t, attempt, camera="", microphone="", surface=""))
    assert writer.transact(lambda t: state.attempt(t.connection, attempt)).stage is Stage.ADMITTED


def test_a_step_out_of_turn_is_refused_and_changes_nothing(ask, world):
    for action, arguments in (
        (attempts.admit, {"by": "pia"}),
        (attempts.start, {}),
        (attempts.finish, {}),
        (attempts.equip, {"camera": "", "microphone": "", "surface": ""}),
    ):
        with pytest.raises(NotAllowed, match=r"not possible while the \w+ is in (the )?stage invited"):
            ask(action, world.attempts["1"], **arguments)
    assert ask.state(state.attempt, world.attempts["1"]).stage is Stage.INVITED


def test_a_signature_is_needed(ask, world):
    row, _ = arrive(ask, world)
    ask(attempts.confirm, row.attempt)
    with pytest.raises(BadInput, match="signature"):
        ask(attempts.sign, row.attempt, signature="  ", statement_version="1", statement_sha256="0")


def test_nobody_starts_before_the_exam_begins(writer):
    world = build(writer)
    later = ExamPolicy(exam="later", title="Later", starts_at=time.time() + 3600, admission=Admission.AUTOMATIC)
    writer.transact(lambda t: exams.create_exam(t, later, by="x"))
    (attempt,) = writer.transact(lambda t: exams.import_roster(t, "later", [RosterRow("1", "c", "n")], by="x"))
    ((_, code),) = writer.transact(lambda t: exams.issue_codes(t, "later", key=KEY, by="x"))
    world.attempts["9"], world.codes["9"] = attempt, code
    writer.transact(lambda t: attempts.arrive(t, code, key=KEY, browser=""))
    writer.transact(lambda t: attempts.confirm(t, attempt))
    writer.transact(lambda t: attempts.sign(t, attempt, signature="A", statement_version="1", statement_sha256="0"))
    writer.transact(lambda t: attempts.equip(t, attempt, camera="", microphone="", surface=""))
    with pytest.raises(NotAllowed, match="not begun"):
        writer.transact(lambda t: attempts.start(t, attempt))


# --- ending (I35, I36) ---


def test_I36_an_end_needs_the_acknowledged_warnings(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    with pytest.raises(NotAllowed, match="0 of 1 warnings acknowledged"):
        ask(attempts.end, attempt, by="pia", reason="phone", override=False)
    warning = ask(messages.send, attempt, kind="warning", sender="pia", sender_name="Pia", text="Put it away")
    with pytest.raises(NotAllowed, match="0 of 1"):
        ask(attempts.end, attempt, by="pia", reason="phone", override=False)
    ask(messages.acknowledge, attempt, message=warning)
    ask(attempts.end, attempt, by="pia", reason="phone", override=False)
    assert ask.state(state.attempt, attempt).stage is Stage.ENDED


def test_I36_an_override_is_a_second_persons(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    ask(exams.assign, attempt, "lea", by="pat")
    with pytest.raises(NotAllowed, match="a second person's"):
        ask(attempts.end, attempt, by="lea", reason="fire", override=True)
    ask(exams.assign, attempt, "pia", by="pat")
    ask(attempts.end, attempt, by="lea", reason="fire", override=True)
    assert ask.state(state.attempt, attempt).stage is Stage.ENDED


def test_I36_or_an_override_which_is_written_down(ask, writer, reader, world):
    attempt = bring_to_exam(writer, world, "1")
    ask(attempts.end, attempt, by="lea", reason="fire", override=True)
    ended = reader.events(types=frozenset({"attempt.ended"}))[0].payload
    assert (ended.overridden, ended.warnings, ended.reason) == (True, 0, "fire")


def test_the_end_of_an_exam_ends_who_is_still_in_it_and_only_those(ask, writer, reader, world):
    done = bring_to_exam(writer, world, "1")
    ask(attempts.finish, done)
    ask(exams.end_exam, "bio", reason="time is up", by="lea")
    stages = {row.seat: row.stage for row in ask.state(state.attempts, "bio")}
    assert stages == {"1": Stage.SUBMITTED, "2": Stage.ENDED}
    with pytest.raises(NotAllowed, match="has ended"):
        ask(exams.end_exam, "bio", reason="again", by="lea")


# --- chat ---


def test_messages_are_read_by_the_other_side(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    first = ask(messages.send, attempt, kind="chat", sender="candidate", sender_name="C", text=" May I? ")
    answer = ask(messages.send, attempt, kind="chat", sender="pia", sender_name="Pia", text="Yes")
    ask(messages.mark_read, attempt, message=first, reader="pia")
    read = {m.message: m.read_at is not None for m in ask.state(state.messages, attempt=attempt)}
    assert read == {first: True, answer: False}
    ask(messages.mark_read, attempt, message=answer, reader="candidate")
    head = writer.head
    ask(messages.mark_read, attempt, message=answer, reader="candidate")
    assert writer.head == head  # nothing new, nothing written
    assert ask.state(state.messages, attempt=attempt)[0].text == "May I?"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "  "}, "empty"),
        ({"text": "x" * 2001}, "2001 characters"),
        ({"kind": "shout"}, "kind"),
        ({"kind": "warning"}, "kind"),
    ],
)
def test_a_bad_message_is_refused_in_words(ask, writer, world, change, words):
    attempt = bring_to_exam(writer, world, "1")
    with pytest.raises(BadInput, match=words):
        ask(
            messages.send,
            attempt,
            **({"kind": "chat", "sender": "candidate", "sender_name": "C", "text": "x"} | change),
        )


def test_a_message_of_another_attempt_is_not_found(ask, writer, world):
    mine, theirs = bring_to_exam(writer, world, "1"), bring_to_exam(writer, world, "2")
    warning = ask(messages.send, theirs, kind="warning", sender="pia", sender_name="Pia", text="Stop")
    with pytest.raises(NotFound):
        ask(messages.acknowledge, mine, message=warning)


# --- flags ---


def test_I25_a_dismissed_flag_keeps_its_place_in_the_ledger(ask, writer, reader, world):
    attempt = bring_to_exam(writer, world, "1")
    flag = ask(flags.raise_flag, attempt, by="pia", note="looked at neighbour")
    ask(flags.decide, flag, decision="dismissed", reason="innocent_action", note="", by="pia")
    row = ask.state(state.flag, flag)
    assert (row.state, row.reason, row.decided_by) == ("dismissed", "innocent_action", "pia")
    ask(flags.decide, flag, decision="open", reason="", note="", by="pia")
    assert ask.state(state.flag, flag).state == "open"
    assert [e.type for e in reader.events(chain=attempt)][-3:] == ["flag.raised", "flag.decided", "flag.decided"]


def test_I26_an_own_flag_begins_ten_seconds_back(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    flag = ask(flags.raise_flag, attempt, by="pia", note="")
    row = ask.state(state.flag, flag)
    assert row.raised_at - row.onset_at == pytest.approx(10, abs=0.5)
    assert (row.code, row.source) == ("manual_flag", "pia")


def test_dismissing_needs_a_reason(ask, writer, world):
    attempt = bring_to_exam(writer, world, "1")
    flag = ask(flags.raise_flag, attempt, by="pia", note="")
    with pytest.raises(BadInput, match="needs a reason"):
        ask(flags.decide, flag, decision="dismissed", reason="", note="", by="pia")


# --- planning ---


def test_I19_a_proctor_watches_no_more_than_the_ratio(writer):
    build(writer)
    policy = ExamPolicy(exam="chem", title="Chem", starts_at=0, ratio=2)
    writer.transact(lambda t: exams.create_exam(t, policy, by="x"))
    rows = [RosterRow(str(n), f"c{n}", "N", "pia") for n in range(3)]
    with pytest.raises(RosterError, match="line 4: pia would watch more than 2 candidates"):
        writer.transact(lambda t: exams.import_roster(t, "chem", rows, by="x"))
    made = writer.transact(lambda t: exams.import_roster(t, "chem", [*rows[:2], RosterRow("9", "c9", "N")], by="x"))
    with pytest.raises(NotAllowed, match="pia would watch more than 2 candidates"):
        writer.transact(lambda t: exams.assign(t, made[2], "pia", by="x"))
    writer.transact(lambda t: exams.assign(t, made[2], "paul", by="x"))
    assert writer.transact(lambda t: state.attempt(t.connection, made[2])).proctor == "paul"


def test_a_roster_is_imported_whole_or_not_at_all(ask, world):
    rows = [RosterRow("3", "c3", "New"), RosterRow("1", "c4", "Taken"), RosterRow("5", "c2", "Twice", "nobody")]
    with pytest.raises(RosterError) as error:
        ask(exams.import_roster, "bio", rows, by="x")
    assert [line for line, _ in error.value.findings] == [3, 4, 4]
    assert len(ask.state(state.attempts, "bio")) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"exam": "Bio 101"},
        {"exam": ""},
        {"title": " "},
        {"minutes": 0},
        {"ratio": 16},
        {"link": "ftp://x"},
        {"retention_days": 0},
    ],
)
def test_a_policy_outside_the_limits_is_refused(ask, change):
    with pytest.raises(BadInput):
        ask(exams.create_exam, ExamPolicy(**({"exam": "x", "title": "X", "starts_at": 0.0} | change)), by="x")


def test_seats_sort_as_people_count(writer):
    build(writer, seats=11)
    seats = [row.seat for row in writer.transact(lambda t: state.attempts(t.connection, "bio"))]
    assert seats == [str(n) for n in range(1, 12)]


# --- users ---


def test_a_password_is_proved_and_never_stored(ask, writer):
    ask(
        users.create_user,
        user="ada",
        name="Ada",
        role=Role.PLANNER,
        password_hash=users.hash_password("correct horse"),
        by="x",
    )
    assert ask.state(users.verify_password, "ada", "correct horse").role == "planner"
    for name, password in (("ada", "wrong horse"), ("eve", "correct horse")):
        with pytest.raises(NotAllowed, match="do not fit together"):
            ask.state(users.verify_password, name, password)
    token = ask(users.sign_in, user="ada")
    assert ask.state(users.who, token, now=time.time()).role is Role.PLANNER
    assert ask.state(users.who, token, now=time.time() + users.LOGIN_SECONDS + 1) is None
    ask(users.sign_out, token=token)
    assert ask.state(users.who, token, now=time.time()) is None
    stored = writer.transact(lambda t: str(t.connection.exec_driver_sql("SELECT * FROM user").all()))
    assert "correct horse" not in stored


@pytest.mark.parametrize(
    ("user", "role"), [("Ada L", Role.PLANNER), ("candidate", Role.PROCTOR), ("ada", Role.CANDIDATE)]
)
def test_a_bad_user_is_refused(ask, user, role):
    with pytest.raises(BadInput):
        ask(users.create_user, user=user, name="A", role=role, password_hash="x", by="x")


def test_a_short_password_is_refused():
    with pytest.raises(BadInput, match="at least"):
        users.hash_password("short")
