"""Which lines of a screen name something that an exam forbids, or does not allow."""

import pytest

from appliance.exam.detection import DetectionPolicy
from appliance.inference import words
from appliance.inference.ocr import Line


def bar(text):
    return Line(text, 0.99, 0.1, 0.03, 0.4, 0.05)


def middle(text):
    return Line(text, 0.99, 0.3, 0.5, 0.6, 0.52)


def word(found):
    return None if found is None else found.word


NOT_APPS = DetectionPolicy(not_apps=("discord", "microsoft teams", "signal"))
NOT_SITES = DetectionPolicy(not_sites=("wikipedia.org", "exam.test/solutions"))
SITES = DetectionPolicy(sites=("exam.test", "https://www.library.test/biology"))
APPS = DetectionPolicy(apps=("word", "firefox"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (bar("#general | Study group - Discord"), "discord"),
        (bar("D1scord"), "discord"),  # letters that look the same
        (bar("Chat | Ben | MicrosoftTeams"), "microsoft teams"),
        (bar("Discordance in music - Exam"), None),
        (bar("Traffic signals - Exam"), None),
        (middle("Discord"), "discord"),
        (middle("Friends - Discord"), "discord"),
        (middle("Students discuss this on Discord servers"), None),
        (middle("A signal travels along the axon"), None),
    ],
)
def test_a_forbidden_application_is_found_in_titles_and_not_in_texts(line, found):
    assert word(words.application([line], NOT_APPS)) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (bar("en.wikipedia.org/wiki/ATP"), "wikipedia.org"),
        (bar("https://www.wikipedia.org"), "wikipedia.org"),
        (bar("Q wikipedia.org x"), "wikipedia.org"),
        (bar("notwikipedia.org"), None),
        (bar("exam.test/solutions/7"), "exam.test/solutions"),
        (bar("exam.test/biology"), None),
        (middle("see en.wikipedia.org for more"), None),
        (middle("en.wikipedia.org/wiki/ATP"), "wikipedia.org"),
    ],
)
def test_a_forbidden_address_is_found_with_all_below_it(line, found):
    assert word(words.address([line], NOT_SITES)) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (bar("exam.test/biology/7"), None),
        (bar("https://sub.exam.test"), None),
        (bar("library.test/biology/atlas"), None),
        (bar("library.test/chess"), "library.test"),
        (bar("chegg.com/x"), "chegg.com"),
        (bar("localhost:8080/notes"), "localhost:8080"),
        (bar("examtest.evil.com"), "examtest.evil.com"),
        (bar("Biology 101 - Exam"), None),
        (bar("answers.docx"), None),  # the name of a file
        (middle("chegg.com"), None),  # a source in a list of sources
    ],
)
def test_where_only_some_addresses_are_allowed_the_others_are_found_in_the_address_bar(line, found):
    assert word(words.address([line], SITES)) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (bar("essay.docx - Word"), None),
        (bar("marks.xlsx - Excel"), "excel"),
        (bar("WhatsApp"), "whatsapp"),
        (bar("Word problems, zoom in and out - Exam"), None),
        (bar("Mozilla Firefox"), None),
        (middle("Calculator"), "calculator"),
        (middle("Use a calculator where you need one"), None),
    ],
)
def test_where_only_some_applications_are_allowed_known_others_are_found_by_their_titles(line, found):
    assert word(words.application([line], APPS)) == found


def test_a_title_in_a_bar_counts_before_one_in_the_middle():
    found = words.application([middle("Discord"), bar("Signal")], NOT_APPS)
    assert (found.word, found.doubt) == ("signal", False)


def test_without_lists_nothing_is_found():
    lines = [bar("chatgpt.com"), bar("WhatsApp")]
    assert words.address(lines, DetectionPolicy()) is None
    assert words.application(lines, DetectionPolicy()) is None
