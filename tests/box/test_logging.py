"""What a process says on stderr: one JSON object a line, which journald files under its priority."""

import json
import logging
import os
import subprocess
import sys

import pytest

from appliance import __version__
from appliance.box.process import JsonLines, priority

SPEAK = """
import logging, os, sys, threading, warnings
stream = os.fstat(2)
if sys.argv[1] == "journal":
    os.environ["JOURNAL_STREAM"] = f"{stream.st_dev}:{stream.st_ino}"
elif sys.argv[1] == "elsewhere":
    os.environ["JOURNAL_STREAM"] = "8:1"
from appliance.box.process import start_logging
start_logging("sync")
logging.getLogger("one").warning("the store is\\naway: %s", "é")
warnings.warn("old")
thread = threading.Thread(target=lambda: 1 / 0, name="helper")
thread.start()
thread.join()
raise RuntimeError("broken")
"""


def lines(where: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SPEAK, where], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 1
    return done.stderr.splitlines()


def test_everything_is_one_json_object_a_line_even_what_nobody_caught():
    said = [json.loads(line) for line in lines("file")]
    assert [one["level"] for one in said] == ["warning", "warning", "critical", "critical"]
    assert said[0]["message"] == "the store is\naway: é"
    assert {(one["process"], one["version"]) for one in said} == {("sync", __version__)}
    assert "thread helper" in said[2]["message"]
    assert "ZeroDivisionError" in said[2]["exception"]
    assert "RuntimeError: broken" in said[3]["exception"]


@pytest.mark.parametrize("where", ["journal", "elsewhere"])
def test_the_journal_gets_a_priority_in_front_and_nobody_else_does(where):
    prefixes = [line.partition("{")[0] for line in lines(where)]
    assert prefixes == (["<4>", "<4>", "<2>", "<2>"] if where == "journal" else ["", "", "", ""])


def test_each_level_has_the_priority_that_syslog_knows_it_by():
    levels = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
    assert [priority(level) for level in levels] == [7, 6, 4, 3, 2]
    record = logging.LogRecord("n", logging.ERROR, "f", 1, "said %s", ("it",), None)
    assert JsonLines("web", prefixed=True).format(record).startswith('<3>{"at"')
