"""The card for the wall: pictures that are the patterns, in words that fit on one page."""

import re
import xml.etree.ElementTree as ET

import pytest

from appliance.box import light_card
from appliance.errors import BadInput
from appliance.panel import card
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import Status
from appliance.web.strings import Catalogue

WORDS = Catalogue.load(strict=True)
GERMAN = WORDS.under(Catalogue.load(language="de", strict=True))


def test_every_status_is_on_the_card_once_and_so_is_the_dark_light():
    names = [name for names in light_card.GROUPS.values() for name in names]
    assert sorted(names) == sorted([*Status, light_card.DARKNESS])


@pytest.mark.parametrize("status", list(Status))
def test_a_picture_shows_when_the_light_shines_and_when_it_is_dark(status):
    pattern = PATTERNS[status]
    shown = list(card.blocks(pattern))
    for hundredth in range(int(card.SECONDS * 100)):
        at = hundredth / 100 + 0.005
        shines = any(start <= at < end for start, end, _ in shown)
        assert shines == (max(card._most(pattern.at(at)), 0) > 0), at


def test_no_two_pictures_are_alike():
    pictures = card.pictures()
    assert len(set(pictures.values())) == len(pictures) == len(Status) + 1


@pytest.mark.parametrize("name", list(card.pictures()))
def test_a_picture_is_well_formed_and_every_colour_in_it_has_a_hatching(name):
    picture = card.pictures()[name]
    ET.fromstring(picture)
    assert set(re.findall(r"url\(#(\w+)\)", picture)) == set(re.findall(r'pattern id="(\w+)"', picture))


@pytest.mark.parametrize(("words", "language"), [(WORDS, "en"), (GERMAN, "de")])
def test_the_card_is_one_page_and_the_same_bytes_each_time(words, language):
    made = card.pdf(words, language=language)
    assert made == card.pdf(words, language=language)
    assert len(re.findall(rb"/Type /Page\b", made)) <= 1
    assert set(re.findall(rb"/Count (\d+)", made)) == {b"1"}


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_words_are_there_in_both_languages(language):
    words = Catalogue.load(language=language, strict=True)
    assert [title for title, _ in light_card.rows(words)] == [
        words(f"light_card.{group}") for group in light_card.GROUPS
    ]
    assert len(light_card.holds(words)) == len(light_card.HOLDS)


@pytest.mark.slow
def test_the_command_writes_it(tmp_path, capsys):
    from appliance import cli

    assert cli.main(["panel", "card", str(tmp_path / "card.pdf"), "--language", "de"]) == 0
    assert (tmp_path / "card.pdf").read_bytes() == card.pdf(GERMAN, language="de")
    assert "card.pdf" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        card.save(tmp_path / "none/card.pdf", WORDS, language="en")
