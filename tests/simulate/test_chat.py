"""A candidate reads at once, and answers and confirms some seconds later: once."""

from appliance.simulate.chat import ANSWER, Chat

AFTER = 4.0


def said(message, at, *, kind="chat", sender="staff", read=None, acknowledged=None):
    return {
        "message": message,
        "kind": kind,
        "sender": sender,
        "sent_at": at,
        "read_at": read,
        "acknowledged_at": acknowledged,
    }


def test_nothing_was_said():
    assert Chat().due([], 0.0, after=AFTER) == []


def test_the_newest_is_read_at_once_and_all_before_with_it():
    messages = [said("a", 1.0), said("b", 2.0, kind="warning"), said("c", 3.0, sender="candidate")]
    assert Chat().due(messages, 0.0, after=AFTER) == [("/api/me/read", {"message": "b"})]


def test_a_question_is_answered_some_seconds_later():
    chat, messages = Chat(), [said("a", 1.0, read=1.5)]
    assert chat.due(messages, 10.0, after=AFTER) == []
    assert chat.due(messages, 13.9, after=AFTER) == []
    assert chat.due(messages, 14.0, after=AFTER) == [("/api/me/messages", {"text": ANSWER})]


def test_two_questions_have_one_answer_and_nobody_answers_oneself():
    chat, messages = Chat(), [said("a", 1.0, read=1.5), said("b", 2.0, read=2.5)]
    chat.due(messages, 10.0, after=AFTER)
    assert chat.due(messages, 20.0, after=AFTER) == [("/api/me/messages", {"text": ANSWER})]
    messages.append(said("c", 3.0, sender="candidate"))
    chat.due(messages, 21.0, after=AFTER)
    assert chat.due(messages, 30.0, after=AFTER) == []


def test_a_question_after_the_answer_is_answered_again():
    chat = Chat()
    messages = [said("a", 1.0, read=1.5), said("b", 2.0, sender="candidate"), said("c", 3.0, read=3.5)]
    chat.due(messages, 10.0, after=AFTER)
    assert chat.due(messages, 14.0, after=AFTER) == [("/api/me/messages", {"text": ANSWER})]


def test_what_was_answered_before_a_restart_is_not_answered_again():
    chat, messages = Chat(), [said("a", 1.0, read=1.5), said("b", 2.0, sender="candidate")]
    chat.due(messages, 0.0, after=AFTER)
    assert chat.due(messages, 60.0, after=AFTER) == []


def test_every_warning_is_confirmed_some_seconds_later_and_not_answered():
    chat = Chat()
    messages = [said("a", 1.0, kind="warning", read=1.5), said("b", 2.0, kind="warning", read=2.5, acknowledged=3.0)]
    assert chat.due(messages, 10.0, after=AFTER) == []
    assert chat.due(messages, 14.0, after=AFTER) == [("/api/me/messages/a/acknowledge", {})]
