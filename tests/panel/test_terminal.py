"""The panel on a terminal, and where there is none."""

import os
import re
from pathlib import Path

import pytest

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone
from appliance.panel.drivers import terminal
from appliance.panel.drivers.terminal import Terminal
from appliance.panel.pattern import AMBER, DARK, GREEN, PATTERNS, RED, Pattern, Step
from appliance.panel.status import Status
from appliance.web.strings import Catalogue

LINES = ("Ready", "box-7", "192.168.10.12", "3 exams today")


def face(status=Status.READY, **more):
    return Face(**{"status": status.value, "light": PATTERNS[status], "since": 100.0, "lines": LINES, **more})


@pytest.fixture
def screen(monkeypatch, stream):
    """A terminal of its own, but that it passes on at once what it is told."""
    into, told = stream
    monkeypatch.setattr(terminal, "_opened", lambda path: os.dup(into))
    monkeypatch.setattr(terminal.os, "isatty", lambda out: True)
    return Path("/dev/tty9"), told


@pytest.fixture
def stream():
    """No terminal: -> a descriptor, and what it was told."""
    out, into = os.pipe()
    os.set_blocking(out, False)

    def told():
        try:
            return os.read(out, 65_536).decode()
        except BlockingIOError:
            return ""

    yield into, told
    os.close(out)
    os.close(into)


def test_a_real_terminal_is_taken_for_one():
    inner, outer = os.openpty()
    console = Terminal(path=Path(os.ttyname(outer)))
    console.open()
    console.show(face(), 100.0)
    said = b""
    while b"\x1b[J" not in said:
        said += os.read(inner, 65_536)
    assert "● " not in said.decode()
    assert "\x1b[32m●\x1b[0m  ready" in said.decode()
    console.close()
    os.close(outer)
    os.close(inner)


def test_a_terminal_of_its_own_is_drawn_whole(screen):
    path, told = screen
    console = Terminal(path=path)
    console.open()
    told()
    assert console.show(face(bar=0.5), 100.0) == pytest.approx(0.2)
    said = told()
    assert said.startswith("\x1b[H")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)
    assert "●  ready" in plain
    assert "G.............." in plain
    for line in LINES:
        assert f"│ {line:<21} │" in plain
    assert "▰" * 10 + "▱" * 11 in plain
    assert max(len(row) for row in plain.split("\r\n")) <= 80
    console.close()
    assert told().endswith("\x1b[?25h")


def test_the_lamp_goes_on_and_off_and_has_a_colour(screen):
    path, told = screen
    console = Terminal(path=path)
    console.open()
    console.show(face(), 100.0)
    assert "\x1b[32m●\x1b[0m" in told()
    console.show(face(), 100.3)
    assert "○" in told()
    assert console.show(face(), 100.4) == pytest.approx(2.6)
    assert told() == ""
    console.close()


def test_without_colour_there_is_none(screen):
    path, told = screen
    console = Terminal(path=path, colour=False)
    console.open()
    console.show(face(), 100.0)
    assert not re.search(r"\x1b\[\d+m", told())
    console.close()


def test_where_others_write_each_change_is_a_line(stream):
    into, told = stream
    console = Terminal(descriptor=into)
    console.open()
    assert console.show(face(), 100.0) == float("inf")
    console.show(face(), 105.0)
    console.show(face(Status.RECORDING, lines=("Exam", "", "", "")), 106.0)
    assert told().splitlines() == [
        "● ready: G..............  Ready | box-7 | 192.168.10.12 | 3 exams today",
        "● recording: RRRRR  Exam",
    ]
    console.close()
    os.write(into, b"still open")


@pytest.mark.parametrize("status", Status)
def test_no_escape_sequence_goes_where_no_terminal_is(stream, status):
    into, told = stream
    console = Terminal(descriptor=into)
    console.open()
    console.show(face(status), 100.0)
    assert "\x1b" not in told()


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_pattern_is_said_in_words_too(stream, language):
    into, told = stream
    words = Catalogue.load(language=language, strict=True)
    console = Terminal(descriptor=into, words=words)
    console.open()
    for status in Status:
        console.show(face(status), 100.0)
        assert f" {words(f'light_card.{status}_name')} ({words(f'light_card.{status}_see')}): " in told()


def test_whatever_is_said_80_columns_hold_it():
    said = terminal.screen(face(qr="y" * 200), "x" * 200, 0.0, colour=False)
    assert max(len(re.sub(r"\x1b\[[A-Z]", "", row)) for row in said.split("\r\n")) <= 80


def test_what_is_no_status_of_the_box_is_called_as_it_is(stream):
    into, told = stream
    console = Terminal(descriptor=into, words=lambda key: pytest.fail(key))
    console.open()
    console.show(Face(status="all_on", light=PATTERNS[Status.RECORDING], since=0.0), 100.0)
    assert told() == "● all on: RRRRR\n"


def test_no_two_statuses_have_the_same_rhythm():
    said = [terminal.rhythm(PATTERNS[status]) for status in Status]
    assert len(set(said)) == len(said)
    assert terminal.rhythm(PATTERNS[Status.STARTING]) == "B~" * 10
    assert terminal.rhythm(PATTERNS[Status.ATTENTION]) == "A.A......."


def test_a_name_writes_nothing_but_text(stream):
    into, told = stream
    console = Terminal(descriptor=into)
    console.open()
    console.show(face(lines=("a\x1b[2Jb\r\n", "", "", "")), 100.0)
    assert told() == "● ready: G..............  a?[2Jb??\n"


def test_a_terminal_that_takes_nothing_gets_the_newest_later(screen, monkeypatch):
    path, told = screen
    console = Terminal(path=path)
    console.open()
    told()
    real = os.write
    monkeypatch.setattr(terminal.os, "write", lambda out, data: real(out, data[:7]))
    assert console.show(face(), 100.0) == 1.0

    def held(out, data):
        raise BlockingIOError

    monkeypatch.setattr(terminal.os, "write", held)
    assert console.show(face(), 101.0) == 1.0
    monkeypatch.setattr(terminal.os, "write", real)
    told()
    console.show(face(lines=("Newest", "", "", "")), 102.0)
    assert "Newest" in told()
    console.close()


def test_a_terminal_that_is_gone_says_so(monkeypatch, screen):
    path, _ = screen
    console = Terminal(path=path)
    console.open()

    def gone(out, data):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(terminal.os, "write", gone)
        with pytest.raises(PartGone) as raised:
            console.show(face(), 100.0)
        assert raised.value.trouble is Trouble.UNPLUGGED
        console.close()


def test_what_is_no_terminal_is_not_written_to(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for path in (file, tmp_path / "none"):
        with pytest.raises(PartGone) as raised:
            Terminal(path=path).open()
        assert raised.value.trouble is Trouble.NOT_FOUND
    assert file.read_text() == "mine"


def test_a_terminal_that_nobody_may_write_to_says_so(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(terminal.os, "open", refused)
    with pytest.raises(PartGone) as raised:
        Terminal(path=tmp_path / "tty").open()
    assert raised.value.trouble is Trouble.NOT_ALLOWED


def test_every_colour_has_a_letter():
    shining = Pattern((Step(0.2, RED), Step(0.2, AMBER.times(0.3)), Step(0.2, GREEN), Step(0.2, DARK)))
    assert terminal.rhythm(shining) == "RAG."
