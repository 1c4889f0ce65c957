import pytest

from appliance.exam.permissions import ALL_SEATS, ALLOWED, Action, Role, leads, may, may_see


def test_every_action_names_its_roles():
    assert set(ALLOWED) == set(Action)


@pytest.mark.parametrize("action", [a for a in Action if a is not Action.PUBLIC])
def test_nobody_signed_in_may_do_nothing(action):
    assert not may(None, action)


def test_a_candidate_takes_the_exam_and_nothing_else():
    mine = {a for a in Action if may(Role.CANDIDATE, a)}
    assert mine == {Action.PUBLIC, Action.OWN_SESSION, Action.TAKE_EXAM}


def test_central_it_and_lab_staff_see_no_media():
    for role in (Role.ADMIN, Role.STAFF, Role.AUDITOR, Role.PLANNER):
        assert not may(role, Action.WATCH)
        assert not may(role, Action.REVIEW)


def test_only_a_lead_ends_without_warnings():
    assert {role for role in Role if may(role, Action.OVERRIDE_END)} == {Role.LEAD}


def test_I18_a_proctor_sees_the_assigned_ones():
    assert may_see(Role.PROCTOR, person="pia", assigned_to="pia")
    assert not may_see(Role.PROCTOR, person="pia", assigned_to="paul")
    assert not may_see(Role.PROCTOR, person="pia", assigned_to=None)
    assert may_see(Role.LEAD, person="lea", assigned_to="paul")


def test_a_candidate_sees_the_own_attempt():
    assert may_see(Role.CANDIDATE, person="a1", assigned_to="pia", holder="a1")
    assert not may_see(Role.CANDIDATE, person="a1", assigned_to="a1", holder="a2")
    assert not may_see(Role.PLANNER, person="pia", assigned_to="pia", holder="pia")


def test_a_phone_shows_itself_and_does_nothing_else():
    mine = {a for a in Action if may(Role.PHONE, a)}
    assert mine == {Action.PUBLIC, Action.OWN_SESSION, Action.SHOW_PHONE}
    assert {role for role in Role if may(role, Action.SHOW_PHONE)} == {Role.PHONE}


def test_a_phone_is_of_the_own_attempt():
    assert may_see(Role.PHONE, person="a1", assigned_to="pia", holder="a1")
    assert not may_see(Role.PHONE, person="a1", assigned_to="pia", holder="a2")


def test_I22_a_phone_is_let_in_by_who_watches():
    assert {role for role in Role if may(role, Action.CONFIRM_PHONE)} == {Role.PROCTOR, Role.LEAD}


def test_M95_the_institution_sees_every_room_and_changes_nothing_while_an_exam_goes_on():
    mine = {action for action in Action if may(Role.INSTITUTION, action)}
    assert mine - {Action.PUBLIC, Action.OWN_SESSION, Action.OWN_ACCOUNT} == {
        Action.WATCH,
        Action.REVIEW,
        Action.ANSWER_INQUIRY,
        Action.GRANT_TIME,
        Action.STAFF_CHAT,
        Action.READ_REPORT,
        Action.READ_FLAGS,
        Action.READ_ACCOMMODATIONS,
        Action.ACCOMMODATE,
        Action.DISCUSS,
        Action.RECORD_OUTCOME,
        Action.EXPORT,
        Action.HOLD,
        Action.ERASE,
        Action.READ_RETENTION,
    }
    assert may_see(Role.INSTITUTION, person="ines", assigned_to="pia")


def test_I33_only_the_institution_and_the_planner_grant_time():
    assert {role for role in Role if may(role, Action.GRANT_TIME)} == {Role.INSTITUTION, Role.PLANNER}


def test_M96_a_delegate_sees_all_of_that_exam_and_only_a_proctor_can_be_one():
    assert may_see(Role.PROCTOR, person="pia", assigned_to="paul", delegates={"pia"})
    assert not may_see(Role.PROCTOR, person="pia", assigned_to="paul", delegates={"otto"})
    for role in set(Role) - {Role.PROCTOR, Role.LEAD}:
        assert not leads(role, person="pia", delegates={"pia"})
        seen = may_see(role, person="pia", assigned_to="paul", delegates={"pia"})
        assert seen == (role in ALL_SEATS), role


def test_M103_the_outcome_is_the_institutions():
    assert {role for role in Role if may(role, Action.RECORD_OUTCOME)} == {Role.INSTITUTION}


def test_I5_a_proctor_decides_flags_and_recommends_nothing():
    assert may(Role.PROCTOR, Action.DECIDE_FLAG)
    assert {role for role in Role if may(role, Action.RECOMMEND)} == {Role.LEAD, Role.REVIEWER}
