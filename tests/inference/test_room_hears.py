"""Events of the ledger and half seconds of microphones in, events out."""

from appliance.exam import events
from appliance.exam.feed import Feed, Kind
from appliance.inference.judges.sound import BASE_LINE
from appliance.inference.room import Seated
from appliance.inference.sound import Heard, silence
from tests.inference.test_room import CAM, START, Ledger, into_exam, ledger

__all__ = ["ledger"]

ROOM = -60.0


def half_seconds(first, seconds, *, voice=0.0, level=ROOM, **more):
    """What is heard from `first` on."""
    return [
        Heard(
            at=first + 0.5 * (n + 1),
            position=first - START + 0.5 * (n + 1),
            level=level,
            envelope=(level,) * 25,
            floor=ROOM,
            chances=(voice,) * 16,
            **more,
        )
        for n in range(round(seconds * 2))
    ]


def listen(book: Ledger, room, windows):
    for heard in windows:
        book.now = heard.at
        room.listen(CAM, heard)


def unheard(book):
    return [missed for missed in book.said(events.AnalysisMissed) if missed.sense == "hearing"]


def test_microphones_are_listened_to_while_somebody_is_watched_and_media_come(ledger):
    room = ledger.room()
    assert room.microphones(0.0) == {}
    into_exam(ledger, room)
    assert room.microphones(0.0) == {Feed("a1", Kind.WEBCAM): Seated("bio", "1")}
    gap = events.GapOpened(gap="g", kind="webcam", cause="no_media", starts_at=START + 5)
    ledger.happen(room, gap, START + 7)
    assert room.microphones(0.0) == {}


def test_speech_is_a_flag_with_its_numbers(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    listen(ledger, room, [*half_seconds(START, 3), *half_seconds(START + 3, 3, voice=0.9, level=-25.0)])
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.kind, raised.position) == ("speech", "webcam", 5.0)
    assert raised.why == {"voiced_s": 2.05, "level_db": -25.0}
    assert raised.numbers["voiced"] == 2.0


def test_what_a_neighbour_says_is_no_flag_here(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    listen(ledger, room, half_seconds(START, 6, voice=0.9, level=-35.0, elsewhere="7"))
    assert ledger.said(events.FlagRaised) == []


def test_who_is_called_may_speak(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.CallStarted(call="c", by="pia", by_name="Pia"), START + 1)
    listen(ledger, room, half_seconds(START + 1, 6, voice=0.9, level=-25.0))
    assert ledger.said(events.FlagRaised) == []


def test_the_floor_of_the_microphone_belongs_to_the_base_line(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    listen(ledger, room, half_seconds(START, BASE_LINE / 2 + 5))
    (taken,) = [base for base in ledger.said(events.BaselineTaken) if "noise_db" in base.values]
    assert taken.values == {"noise_db": ROOM}


def test_a_microphone_that_is_silent_is_said_not_passed_over(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    listen(ledger, room, half_seconds(START, 2))
    listen(ledger, room, [silence(START + 2 + 0.5 * n) for n in range(1, 12)])
    listen(ledger, room, half_seconds(START + 8, 1))
    (missed,) = unheard(ledger)
    assert (missed.starts_at, missed.ends_at, missed.cause) == (START + 2, START + 8.5, "no_sound")
    assert room.facts().missed["no_sound"] == 6.5


def test_after_a_restart_only_what_was_missed_is_said_to_be(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    listen(ledger, room, half_seconds(START, 10))
    ledger.now = START + 15
    room = ledger.room(looked_at=room.facts().looked_at)
    listen(ledger, room, half_seconds(START + 15, 5))
    (missed,) = unheard(ledger)
    assert (missed.starts_at, missed.ends_at, missed.cause) == (START + 10, START + 15.5, "inference_down")


def test_at_the_end_it_is_told_how_much_of_the_sound_could_be_judged(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    listen(ledger, room, [*half_seconds(START, 5), *(silence(START + 5 + 0.5 * n) for n in range(1, 11))])
    ledger.happen(room, events.AttemptFinished(), START + 10)
    (covered,) = [said for said in ledger.said(events.AnalysisCovered) if said.kind == "webcam"]
    assert covered.ticks["speech"] == covered.ticks["mic_silent"] == [10, 20]
