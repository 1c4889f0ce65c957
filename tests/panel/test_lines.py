"""Four lines of at most 21 letters, in both languages, whatever the box is called and whatever is wrong with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.panel import lines, status
from appliance.panel.lines import of
from appliance.panel.status import BoxState, Exam, Status, Wrong
from appliance.web.strings import FOLDER, Catalogue

WORDS = {language: Catalogue.load(language=language, strict=True) for language in ("en", "de")}
EN = WORDS["en"]
FINGERPRINT = ":".join(f"{n:02X}" for n in range(0xA0, 0xC0))
SILENT = Wrong(code="seat_silent", sentence="Nothing arrives from seat 14: camera, screen.", fault=False)
DEAD = Wrong(code="process_down", sentence="Recording 1 does not run: it said nothing for 6 s.", fault=True)


def box(**known):
    return BoxState(**{"at": 0.0, "name": "exam-box", "address": "https://exam-box.local", **known})


def shown(state, words=EN):
    return of(state, status.of(state), words)


def test_a_ready_box_says_how_it_is_reached_and_when_it_is_needed():
    assert shown(box(exam=Exam(next_in=1490))) == ("Ready", "exam-box.local", "Exam in 25 min", "")
    assert shown(box(disk_free=412_000_000_000))[2] == "412 GB free"


def test_name_and_address_are_both_said_where_they_differ():
    assert shown(box(address="10.0.4.2", name="Lab 3")) == ("Ready", "Lab 3", "10.0.4.2", "")


def test_while_it_records_it_says_of_how_many_and_for_how_long():
    exam = Exam(running=True, present=24, recorded=22, to_record=24, minutes_left=31)
    assert shown(box(exam=exam)) == ("Recording", "22 of 24 recorded", "31 min left", "exam-box")


def test_what_is_wrong_is_said_in_the_words_of_the_page_as_far_as_there_is_room():
    exam = Exam(running=True, present=24, recorded=22, to_record=24, minutes_left=31)
    assert shown(box(exam=exam, wrong=(SILENT, SILENT))) == (
        "Recording, wanted (2)",
        "22 of 24 recorded",
        "Nothing arrives from",
        "seat 14: camera, s...",
    )
    assert shown(box(wrong=(SILENT,))) == ("You are wanted", "Nothing arrives from", "seat 14: camera,", "screen.")


def test_a_fault_comes_before_a_warning():
    assert shown(box(wrong=(SILENT, DEAD)))[:2] == ("Fault", "Recording 1 does not")


def test_a_fault_during_an_exam_leaves_room_for_how_many_are_recorded():
    exam = Exam(running=True, present=2, recorded=1, to_record=2)
    assert shown(box(exam=exam, wrong=(DEAD,)))[3] == "1 of 2 recorded"


def test_a_fault_that_no_issue_tells_of_has_words_too():
    assert shown(box(age=9)) == ("Fault", "The panel cannot see", "how the box is.", "exam-box.local")
    assert shown(box(up=False))[1] == "Not everything has"


def test_what_waits_is_said_in_bytes_and_in_files_where_nobody_knows_the_bytes():
    assert shown(box(reachable=True, waiting_bytes=3_200_000_000))[2] == "3.2 GB to send"
    assert shown(box(reachable=True, waiting_bytes=1))[2] == "1 MB to send"
    assert shown(box(reachable=False, waiting_objects=7))[2] == "7 files kept here"
    assert shown(box(reachable=False))[:1] + shown(box(reachable=False))[2:3] == (
        "Offline, and fine",
        "Everything was sent",
    )


def test_until_setup_is_finished_the_code_is_shown():
    unfinished = Wrong(code="setup_unfinished", sentence="This box is not set up yet.", fault=False)
    assert shown(box(setup_code="FHJK-MNPR", wrong=(unfinished,))) == (
        "Setup code",
        "FHJK-MNPR",
        "exam-box.local",
        "",
    )
    assert shown(box(setup_code="FHJK-MNPR", wrong=(DEAD,)))[3] == "Setup: FHJK-MNPR"


def test_identify_shows_name_address_and_the_beginning_of_the_fingerprint():
    assert lines.identifying(box(fingerprint=FINGERPRINT), EN) == (
        "exam-box",
        "exam-box.local",
        "A0:A1:A2:A3",
        "A4:A5:A6:A7",
    )


def test_a_long_address_is_broken_where_a_person_would():
    far = box(address="https://pruefungsbox-3.lab.uni-example.de/")
    assert lines.pairing(far, EN, code="FHJK-MNPR", left=271.9) == (
        "Pair: 4:31 left",
        "Code: FHJK-MNPR",
        "pruefungsbox-3.lab.",
        "uni-example.de/pair",
    )


def test_while_the_button_is_held_it_says_what_letting_go_would_do():
    state = box(exam=Exam(present=24))
    assert lines.holding(state, EN, held=1.2, pair_from=3, off_at=5) == (
        "Let go: here I am",
        "In 2 s: pair",
        "In 4 s: switch off",
        "Candidates here: 24",
    )
    assert lines.holding(state, EN, held=3.0, pair_from=3, off_at=5)[:2] == ("Let go: pair", "In 2 s: switch off")


def test_a_refusal_says_how_many_and_what_does_it_all_the_same():
    assert lines.refused(EN, candidates=24, left=27.2) == (
        "Not switched off",
        "Candidates here: 24",
        "Again within 28 s:",
        "off all the same",
    )
    assert lines.refused(EN, candidates=None, left=27.2)[1] == "Exam: nobody knows"


def test_letters_that_a_small_font_lacks_are_written_with_those_it_has():
    assert lines.plain("„Prüfung“ \u2013 Straße\n7\u00a0…") == '"Prüfung" - Straße 7 ...'
    assert lines.plain("Győr, Łódź, 試験") == "Gyor, ?ódz, ??"


ALL = [key for key in Catalogue.load(strict=True)._words if key.startswith("display.")]
WRAPPED = {"unplug", "reset_no", "resetting", "stale", "not_up", "no_ledger", "no_settings", "not_written"}
LONGEST = {
    "recorded": 120, "count": 120, "minutes": 119, "hours": 47, "days": 99, "size": "999 GB", "code": "FHJK-MNPR",
    "left": "4:59", "seconds": 30, "presses": 3,
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_every_sentence_of_the_display_fits_with_the_longest_values_it_may_get(language):
    for key in ALL:
        said = WORDS[language](key, **LONGEST)
        if key.endswith("_text") or key.partition(".")[2] in WRAPPED:
            assert len(lines.wrapped(said, 9)) <= 3, key
        elif not key.endswith("_files"):
            assert len(said) <= lines.WIDTH, (key, said)
        assert lines.plain(said).isprintable()


def test_both_languages_say_the_same_things():
    keys = [sorted(key for key in WORDS[one]._words if key.startswith("display.")) for one in WORDS]
    assert keys[0] == keys[1]
    assert all((FOLDER / f"{language}.panel.toml").is_file() for language in WORDS)


COUNTS = st.integers(0, 999)
SAID = st.text(max_size=60)
STATES = st.builds(
    BoxState,
    at=st.just(0.0),
    age=st.sampled_from([0.0, 60.0]),
    name=SAID,
    address=SAID,
    fingerprint=st.sampled_from(["", FINGERPRINT]),
    setup_code=st.sampled_from(["", "FHJK-MNPR"]),
    up=st.booleans(),
    first_boot=st.booleans(),
    uptime=st.sampled_from([5.0, 1e6]),
    wrong=st.lists(st.builds(Wrong, code=st.just("x"), sentence=SAID, fault=st.booleans()), max_size=2).map(tuple),
    exam=st.builds(
        Exam,
        present=COUNTS,
        recorded=COUNTS,
        to_record=COUNTS,
        minutes_left=st.none() | COUNTS,
        next_in=st.none() | st.floats(0, 1e7),
    ),
    waiting_bytes=st.integers(0, 10**14),
    waiting_objects=COUNTS,
    reachable=st.sampled_from([None, True, False]),
    disk_free=st.integers(0, 10**14),
    stopping=st.booleans(),
)


def fits(said):
    assert len(said) == lines.COUNT
    assert said[0]
    for line in said:
        assert len(line) <= lines.WIDTH
        assert line == line.strip()
        line.encode("latin-1")
        assert line.isprintable()


@settings(max_examples=35)
@given(STATES, st.sampled_from(Status), st.sampled_from(sorted(WORDS)))
def test_whatever_the_state_and_the_status_four_lines_fit_and_the_first_says_something(state, status, language):
    fits(of(state, status, WORDS[language]))


@settings(max_examples=25)
@given(STATES, st.sampled_from(sorted(WORDS)), st.floats(0, 300), SAID)
def test_so_do_those_of_what_a_hand_does(state, language, seconds, said):
    words = WORDS[language]
    fits(lines.identifying(state, words))
    fits(lines.pairing(state, words, code="FHJK-MNPR", left=seconds))
    fits(lines.holding(state, words, held=seconds / 60, pair_from=3, off_at=5))
    fits(lines.holding_for_reset(words, left=seconds / 30))
    fits(lines.refused(words, candidates=state.exam.present, left=seconds / 10))
    fits(lines.asking_for_reset(state, words, presses=3, left=seconds / 20))
    fits(lines.noted(words("display.failed"), said))
