"""A proctor calls a candidate: one call at a time, over with the attempt."""

import pytest

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.call import Ending
from appliance.ledger import state
from appliance.ledger.actions import attempts, calls, exams
from tests.ledger.world import bring_to_exam, build


@pytest.fixture
def attempt(writer):
    return bring_to_exam(writer, build(writer), "1")


@pytest.fixture
def ask(writer):
    return lambda action, *args, **kwargs: writer.transact(lambda t: action(t, *args, **kwargs))


@pytest.fixture
def known(writer, attempt):
    return lambda **which: writer.transact(lambda t: state.calls(t.connection, attempt=attempt, **which))


def call(ask, attempt, who="pia"):
    return ask(calls.start, attempt, by=who, by_name=who.title())


def test_a_call_has_a_begin_an_end_and_who(ask, attempt, known):
    id = call(ask, attempt)
    (row,) = known(going_on=True)
    assert (row.call, row.by, row.by_name, row.ended_at) == (id, "pia", "Pia", None)
    ask(calls.end, attempt, call=id, by="pia", reason=Ending.HUNG_UP)
    assert known(going_on=True) == []
    (row,) = known()
    assert row.ended_at >= row.started_at


def test_one_call_at_a_time_and_the_refusal_says_who_talks(ask, attempt, known):
    call(ask, attempt, "pia")
    with pytest.raises(NotAllowed, match="Pia is speaking with this candidate"):
        call(ask, attempt, "lea")
    assert len(known()) == 1


def test_who_calls_already_goes_on_with_the_same_call(ask, attempt, known):
    assert call(ask, attempt) == call(ask, attempt)
    assert len(known()) == 1


def test_hanging_up_twice_changes_nothing(ask, attempt, known, writer):
    id = call(ask, attempt)
    ask(calls.end, attempt, call=id, by="pia", reason=Ending.HUNG_UP)
    head = writer.head
    ask(calls.end, attempt, call=id, by="box", reason=Ending.LINE_LOST)
    assert writer.head == head
    assert call(ask, attempt, "lea") != id


def test_what_is_no_call_and_no_reason_is_refused(ask, attempt):
    with pytest.raises(NotFound, match="no such call"):
        ask(calls.end, attempt, call="0" * 16, by="pia", reason=Ending.HUNG_UP)
    with pytest.raises(BadInput, match="not a reason"):
        ask(calls.end, attempt, call=call(ask, attempt), by="pia", reason="bored")


def test_nobody_is_called_who_is_not_recorded(ask, writer):
    world = build(writer)
    with pytest.raises(NotAllowed, match="cannot be called now"):
        call(ask, world.attempts["2"])


@pytest.mark.parametrize("ending", ["finish", "end", "exam"])
def test_a_call_ends_with_the_attempt(ask, attempt, known, ending):
    call(ask, attempt)
    if ending == "finish":
        ask(attempts.finish, attempt)
    elif ending == "end":
        ask(attempts.end, attempt, by="lea", reason="over", override=True)
    else:
        ask(exams.end_exam, "bio", reason="over", by="lea")
    assert known(going_on=True) == []
    with pytest.raises(NotAllowed):
        call(ask, attempt)
