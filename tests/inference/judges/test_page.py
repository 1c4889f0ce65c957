"""What each rule makes of what the candidate's page reports."""

import pytest

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.exam.page import Fact
from appliance.inference.judges import page
from appliance.inference.judges.context import Context
from appliance.inference.judges.page import INSIDE, Beat, Memory, Report
from appliance.inference.track import Track
from appliance.inference.watch import Begun, Over, weight

EVERY = in_force(DetectionPolicy(on=frozenset({"fullscreen_left"})))
SCREEN = Context(rules=EVERY, kind=Kind.SCREEN, position=Position.SCREEN)
WEBCAM = Context(rules=EVERY)


def judged(context, *reports, until):
    """Reports, and a beat each second between them."""
    track = Track(page.judge, Memory(), context)
    outputs, at = [], reports[0].at
    for report in reports:
        while at + 1 < report.at:
            at += 1
            outputs += track.see(Beat(at=at))
        at = report.at
        outputs += track.see(report)
    while at < until:
        at += 1
        outputs += track.see(Beat(at=at))
    return outputs + track.watch.finish(until)


def raised(context, *reports, until=60.0):
    return [output for output in judged(context, *reports, until=until) if isinstance(output, Begun)]


def said(at, fact, value=""):
    return Report(at=at, fact=fact, value=value)


def verdicts(memory, context=SCREEN):
    return {code: tick.verdict for code, tick in page.judge(memory, Beat(at=1.0), context)[1].items()}


def test_of_a_page_that_says_nothing_nothing_can_be_judged():
    assert set(verdicts(Memory()).values()) == {Verdict.UNASSESSABLE}


@pytest.mark.parametrize(
    ("context", "begin", "end", "code", "lasts"),
    [
        (SCREEN, Fact.SHARE_ENDED, Fact.SHARE_BACK, "share_lost", 3),
        (SCREEN, Fact.FULLSCREEN_LEFT, Fact.FULLSCREEN_BACK, "fullscreen_left", 2),
        (WEBCAM, Fact.MIC_MUTED, Fact.MIC_BACK, "mic_muted", 5),
        (WEBCAM, Fact.CAMERA_LOST, Fact.CAMERA_BACK, "camera_permission_lost", 1),
    ],
)
def test_a_state_is_a_flag_when_it_has_lasted_and_is_over_when_it_ends(context, begin, end, code, lasts):
    assert raised(context, said(0, end), said(10, begin), said(10.2 + lasts - 0.5, end)) == []
    one, over = judged(context, said(0, end), said(10, begin), said(30, end), until=60)
    assert (one.code, one.episode.onset_at) == (code, 10)
    assert isinstance(over, Over)
    assert over.ended_at == 30


def test_a_state_that_goes_on_for_an_exam_is_one_flag():
    assert len(raised(SCREEN, said(0, Fact.DISPLAYS, "extended"), until=5400)) == 1


def test_a_reload_leaves_time_to_share_the_screen_again():
    reloaded = said(0, Fact.SHARE_ENDED, page.RELOADED)
    assert raised(SCREEN, reloaded, said(14, Fact.SHARE_BACK)) == []
    (flag,) = raised(SCREEN, reloaded)
    assert (flag.code, flag.episode.onset_at) == ("share_lost", page.PATIENCE)


# --- the exam in front ---


@pytest.mark.parametrize(("seconds", "severity"), [(1.5, "low"), (4.5, "low"), (5.0, "medium"), (40.0, "medium")])
def test_how_heavy_an_absence_is_depends_on_how_long_it_is(seconds, severity):
    (flag,) = raised(SCREEN, said(10, Fact.HIDDEN, INSIDE), said(10 + seconds, Fact.SHOWN, INSIDE))
    assert (flag.code, flag.episode.onset_at) == ("focus_lost", 10)
    assert weight(flag.code, flag.episode) == ("integrity", severity)


def test_a_glance_of_less_than_a_second_is_none():
    assert raised(SCREEN, said(10, Fact.HIDDEN, INSIDE), said(10.8, Fact.SHOWN, INSIDE)) == []


def test_the_third_short_absence_in_five_minutes_is_heavier():
    reports = [
        said(at + more, fact, INSIDE) for at in (10, 60, 110) for more, fact in ((0, Fact.HIDDEN), (2, Fact.SHOWN))
    ]
    flags = raised(SCREEN, *reports, until=130)
    assert [weight(flag.code, flag.episode)[1] for flag in flags] == ["low", "low", "medium"]
    assert flags[-1].episode.why["times"] == 3


def test_an_absence_is_raised_while_it_lasts():
    track = Track(page.judge, Memory(), SCREEN)
    outputs = track.see(said(0, Fact.HIDDEN, INSIDE))
    for at in range(1, 6):
        outputs += track.see(Beat(at=at))
    assert [(output.code, output.episode.onset_at) for output in outputs] == [("focus_lost", 0)]


def test_where_the_exam_runs_in_another_tab_a_hidden_page_says_nothing():
    track = Track(page.judge, Memory(), SCREEN)
    outputs = track.see(said(0, Fact.HIDDEN))
    for at in range(1, 60):
        outputs += track.see(Beat(at=at))
    assert outputs == []
    assert track.watch.counts["focus_lost"] == [0, 60]


# --- moments and what stands ---


@pytest.mark.parametrize(("characters", "flags"), [("20", []), ("21", ["clipboard"]), ("much", [])])
def test_a_long_paste_is_a_flag(characters, flags):
    found = raised(SCREEN, said(5, Fact.PASTED, characters))
    assert [flag.code for flag in found] == flags
    assert all(flag.episode.why == {"characters": int(characters)} for flag in found)


def test_what_was_copied_is_none():
    assert raised(SCREEN, said(5, Fact.COPIED, "4000")) == []


def test_the_print_screen_key_is_a_flag():
    assert [flag.code for flag in raised(SCREEN, said(5, Fact.PRINT_SCREEN))] == ["print_screen"]


@pytest.mark.parametrize(("said_so", "flags"), [("1", []), ("2", ["second_display"]), ("extended", ["second_display"])])
def test_more_than_one_display(said_so, flags):
    assert [flag.code for flag in raised(SCREEN, said(5, Fact.DISPLAYS, said_so))] == flags


def test_a_browser_that_does_not_say_how_many_displays_cannot_be_judged():
    memory, _ = page.judge(Memory(), said(0, Fact.DISPLAYS, ""), SCREEN)
    assert verdicts(memory)["second_display"] is Verdict.UNASSESSABLE


@pytest.mark.parametrize(("surface", "flags"), [("monitor", []), ("window", ["share_wrong_surface"]), ("", [])])
def test_anything_but_a_whole_screen_is_the_wrong_surface(surface, flags):
    assert [flag.code for flag in raised(SCREEN, said(5, Fact.SURFACE, surface))] == flags


def test_another_camera_is_a_switch_and_the_first_one_is_none():
    first, again, other = ("camera: HD", "camera: HD", "camera: OBS Virtual")
    assert raised(WEBCAM, said(0, Fact.DEVICE, first), said(20, Fact.DEVICE, again)) == []
    (flag,) = raised(WEBCAM, said(0, Fact.DEVICE, first), said(20, Fact.DEVICE, other))
    assert flag.code == "device_switched"
    assert flag.episode.why == {"device": "camera", "from": "HD", "to": "OBS Virtual"}
    assert raised(WEBCAM, said(0, Fact.DEVICE, first), said(20, Fact.DEVICE, "microphone: HD")) == []


def test_remote_control_is_judged_only_where_somebody_reports_it():
    memory, _ = page.judge(Memory(), said(0, Fact.SHOWN), SCREEN)
    assert verdicts(memory)["remote_or_vm"] is Verdict.UNASSESSABLE
    assert [flag.code for flag in raised(SCREEN, said(5, Fact.REMOTE, "AnyDesk"))] == ["remote_or_vm"]
