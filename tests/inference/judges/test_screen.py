"""What each rule makes of what a shared screen shows and says."""

import pytest

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.judges import screen
from appliance.inference.judges.context import Context
from appliance.inference.judges.screen import Memory
from appliance.inference.ocr import Line, Reading
from appliance.inference.screen import Popup, Screen
from appliance.inference.track import Track
from appliance.inference.watch import Begun, weight

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
NOT = DetectionPolicy(not_apps=("whatsapp",), not_sites=("chatgpt.com",))
ONLY = DetectionPolicy(apps=("chromium", "calculator"), sites=("exam.test",))


def context(policy=NOT):
    return Context(rules=in_force(policy), kind=Kind.SCREEN, position=Position.SCREEN)


def line(text, *, top=0.03, score=0.99, left=0.1):
    return Line(text, score, left, top, left + 0.2, top + 0.02)


def read(*lines, whole=True):
    return Reading(lines=tuple(lines), whole=whole)


def look(at=0.0, *, reading=None, changed=0.01, moved=0.01, reads=True):
    return Screen(at=at, position=at, changed=changed, moved=moved, reads=reads, reading=reading)


def judged(seen, policy=NOT, memory=None):
    return screen.judge(memory or Memory(), seen, context(policy))[1]


def raised(looks, policy=NOT):
    track = Track(screen.judge, Memory(), context(policy))
    outputs = [output for seen in looks for output in track.see(seen)]
    return [output for output in outputs if isinstance(output, Begun)]


EXAM = (line("Biology 101 - Exam"), line("exam.test/biology/7", top=0.06), line("09:42", top=0.97))


def test_a_screen_that_shows_the_exam_is_fine_by_either_list():
    for policy in (NOT, ONLY):
        ticks = judged(look(reading=read(*EXAM)), policy)
        assert {code: tick.verdict for code, tick in ticks.items()} == {
            "unapproved_app": FALSE,
            "unapproved_url": FALSE,
            "popup_seen": FALSE,
            "no_progress": FALSE,
            "erratic_paging": FALSE,
        }


def test_M41_M73_M75_a_forbidden_address_is_a_flag_two_seconds_after_it_was_read_and_says_what_was_seen():
    seen = read(line("chatgpt.com/c/68f1", top=0.06))
    (flag,) = raised([look(at, reading=seen) for at in range(3)])
    assert (flag.code, flag.episode.onset_at, flag.episode.last_at) == ("unapproved_url", 0, 2)
    assert flag.episode.why == {"word": "chatgpt.com", "line": "chatgpt.com/c/68f1"}
    assert weight(flag.code, flag.episode) == ("integrity", "medium")


def test_never_more_than_one_line_is_kept():
    seen = judged(look(reading=read(line("WhatsApp " + "x" * 500))))["unapproved_app"]
    assert len(seen.why["line"]) == screen.LONGEST_LINE


def test_a_title_in_the_middle_of_the_screen_weighs_less():
    seen = read(line("WhatsApp", top=0.5))
    (flag,) = raised([look(at, reading=seen) for at in range(4)])
    assert weight(flag.code, flag.episode) == ("uncertain", "low")


def test_where_only_some_addresses_are_allowed_every_other_is_a_flag():
    seen = judged(look(reading=read(line("en.wikipedia.org/wiki/ATP", top=0.06))), ONLY)["unapproved_url"]
    assert seen.verdict is TRUE
    assert seen.why["word"] == "en.wikipedia.org"


def test_what_is_new_and_was_not_read_yet_is_not_judged():
    ticks = judged(look(reading=None))
    assert "unapproved_app" not in ticks
    assert "unapproved_url" not in ticks


def test_a_line_that_cannot_be_read_surely_proves_nothing():
    seen = judged(look(reading=read(line("chatgpt.com", score=0.4))))["unapproved_url"]
    assert seen.verdict is UNASSESSABLE


def test_a_reading_that_was_cut_short_proves_no_absence():
    assert judged(look(reading=read(*EXAM, whole=False)))["unapproved_url"].verdict is UNASSESSABLE


@pytest.mark.parametrize(("policy", "reads"), [(DetectionPolicy(), True), (NOT, False)])
def test_without_a_list_or_a_reader_nothing_can_be_said(policy, reads):
    ticks = judged(look(reading=read(line("chatgpt.com")), reads=reads), policy)
    assert ticks["unapproved_url"].verdict is UNASSESSABLE


def test_a_black_screen_proves_nothing_at_all():
    ticks = judged(Screen(at=0.0, position=None, reads=True))
    assert set(ticks) >= {"unapproved_app", "unapproved_url", "popup_seen", "no_progress", "erratic_paging"}
    assert {tick.verdict for tick in ticks.values()} == {UNASSESSABLE}


# --- what moves ---


@pytest.mark.parametrize(
    ("share", "lasted", "flags"),
    [(0.10, 4, ["popup_seen"]), (0.015, 4, []), (0.45, 4, []), (0.10, 29, ["popup_seen"]), (0.10, 31, [])],
)
def test_what_comes_and_goes_is_a_pop_up_by_its_size_and_its_time(share, lasted, flags):
    found = raised([look(0), look(9), Popup(at=10 + lasted, position=None, since=10, share=share), look(10 + lasted)])
    assert [flag.code for flag in found] == flags


def test_M81_ten_minutes_without_any_change_are_no_progress_and_one_word_is_progress():
    still = [look(at, changed=0.0, moved=0.0) for at in range(620)]
    assert [flag.code for flag in raised(still)] == ["no_progress"]
    working = [look(at, changed=0.004 if at % 60 == 0 else 0.0, moved=0.0) for at in range(620)]
    assert [flag.code for flag in raised(working)] == ["no_progress"], "a word a minute is not yet work"
    typing = [look(at, changed=0.004 if at % 3 == 0 else 0.0, moved=0.0) for at in range(1300)]
    assert raised(typing) == []


def test_M80_more_than_twenty_pages_in_a_minute_are_erratic():
    assert [flag.code for flag in raised([look(at * 2, moved=0.3) for at in range(25)])] == ["erratic_paging"]
    assert raised([look(at * 4, moved=0.3) for at in range(25)]) == []
