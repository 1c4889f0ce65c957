"""A proctor's day, with the keyboard alone: eight candidates through the check-in, then what is flagged is decided.

The candidates are simulated; the box, the browser and the keys are real. A person's own time is not counted: the
scripted proctor presses as soon as the page shows what to press for. At most 6 actions a candidate, 3 keys and 5 s a
flag.
"""

import csv
import subprocess
import sys
import time
from collections import Counter

import pytest
from playwright.sync_api import expect

from appliance.ledger import reader as readers
from tests.browser.people import PATIENCE_MS, Proctor, chromium
from tests.whole_box import Box

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PASSWORD = "correct horse battery"
SEATS = 8
ACTIONS, KEYS, SECONDS = 6, 3, 5.0
PLAN = """
level = "camera"
room_scan = true
briefing = "Stay in view until your break."
attention_minutes = 10
[detection]
identity = true
"""
KEYS_FOR = {"identity": ("i", "1"), "scan": ("c",), "admit": ("a",)}
"""What a proctor presses for each thing that waits at the door."""

WHO = "Waits: who is it?"
"""So an item is headed as long as nobody has decided it, also where the candidate waits already."""


@pytest.fixture
def day(tmp_path):
    """A box with a proctor, eight seats that show an ID and their room; -> the box, and the file of codes."""
    box = Box(tmp_path / "data")
    made = box.command("user", "create", "pia", "--role", "proctor", "--full-name", "Pia Proctor", text=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    rows = "".join(f"{seat},c{seat},Candidate {seat},pia\n" for seat in range(1, SEATS + 1))
    (tmp_path / "roster.csv").write_text(f"seat,candidate,name,proctor\n{rows}", encoding="utf-8")
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    files = {name: str(tmp_path / f"{name}.{end}") for name, end in (("roster", "csv"), ("plan", "toml"))}
    codes = tmp_path / "codes.csv"
    arguments = ["--id", "bio", "--title", "Biology", "--roster", files["roster"], "--plan", files["plan"]]
    made = box.command("exam", "create", *arguments, "--codes-out", str(codes))
    assert made.returncode == 0, made.stderr
    box.start()
    try:
        yield box, codes
    finally:
        box.stop()


@pytest.fixture
def crowd(day, tmp_path):
    """Eight candidates without a browser."""
    box, codes = day
    command = [sys.executable, "-m", "appliance", "simulate", "--url", box.url, "--codes", str(codes)]
    with open(tmp_path / "crowd.out", "wb") as out:
        running = subprocess.Popen([*command, "--seats", str(SEATS)], stdout=out, stderr=subprocess.STDOUT)
    yield running
    running.terminate()
    running.wait(20)


class Keyboard:
    """A proctor's hands: keys only, counted by seat or by flag."""

    def __init__(self, page):
        self.page = page
        self.pressed = Counter()

    def press(self, what, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.pressed[what] += len(keys)

    @property
    def item(self):
        return self.page.locator(".next-list > li[aria-current=true]")

    def seen(self):
        """(kind, seat) of the item that the keys act on, or None."""
        found = self.page.evaluate(
            "() => { const it = document.querySelector('.next-list > li[aria-current=true]');"
            " return it && [it.dataset.kind, it.querySelector('.item-seat').textContent.replace(/\\D+/g, ''),"
            " it.querySelector('.item-title').textContent] }"
        )
        if found is None:
            return None
        kind, seat, title = found
        return ("identity" if kind == "admit" and title == WHO else kind, seat)


def stages(box):
    with readers.opened(box.paths.database) as ledger, ledger.connect() as connection:
        return Counter(connection.exec_driver_sql("SELECT stage FROM attempt").scalars())


def flag_times(box):
    """Flag -> [raised at, decided at or None] (wall seconds of the ledger)."""
    with readers.opened(box.paths.database) as ledger, ledger.connect() as connection:
        rows = connection.exec_driver_sql("SELECT flag, raised_at, decided_at FROM flag ORDER BY raised_at").all()
    return {flag: (raised, decided) for flag, raised, decided in rows}


def check_in(box, hands):
    """Whatever waits at the door is decided, as it comes; other items are passed over with J."""
    deadline = time.monotonic() + 150
    while stages(box)["in_exam"] < SEATS:
        assert time.monotonic() < deadline, f"{stages(box)}, at {hands.seen()}\n{box.logs()}"
        seen = hands.seen()
        if seen is None:
            time.sleep(0.1)
        elif seen[0] in KEYS_FOR:
            hands.press(seen[1], *KEYS_FOR[seen[0]])
            _until_gone(hands, seen)
        else:
            hands.press("passed over", "j")
            time.sleep(0.1)


def _until_gone(hands, seen):
    deadline = time.monotonic() + 10
    while hands.seen() == seen:
        assert time.monotonic() < deadline, f"{seen} stays: {hands.page.locator('.toast').all_inner_texts()}"
        time.sleep(0.03)


def decide_flags(box, hands, wanted):
    """The next `wanted` flags: J to the flag where another item is selected, C to confirm; -> seconds of each."""
    known, took = set(flag_times(box)), []
    deadline = time.monotonic() + 90
    while len(took) < wanted:
        assert time.monotonic() < deadline, f"{len(took)} flags decided\n{box.logs()}"
        open_now = [flag for flag, (_, decided) in flag_times(box).items() if decided is None and flag not in known]
        if not open_now:
            time.sleep(0.05)
            continue
        expect(hands.page.locator(".next-list > li[data-kind=flag]").first).to_be_visible(timeout=PATIENCE_MS)
        _press_to_flag(hands, open_now[0])
        hands.press(open_now[0], "c")
        raised, decided = _decided(box, open_now)
        took.append(decided - raised)
    return took


def _press_to_flag(hands, flag):
    """Flags stand first by rank: from the top it is a press or two."""
    for _ in range(KEYS - 1):
        if (seen := hands.seen()) and seen[0] == "flag":
            return
        hands.press(flag, "k")


def _decided(box, flags):
    deadline = time.monotonic() + 10
    while True:
        found = [times for flag, times in flag_times(box).items() if flag in flags and times[1] is not None]
        if found:
            return found[0]
        assert time.monotonic() < deadline, "the flag is not decided"
        time.sleep(0.03)


def test_eight_candidates_are_checked_in_and_flags_decided_by_keyboard(day, crowd, playwright):
    box, codes = day
    with open(codes, encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == SEATS
    with chromium(playwright) as browser:
        pia = Proctor(browser, box.url, "pia", PASSWORD)
        pia.watch("bio")
        hands = Keyboard(pia.page)
        check_in(box, hands)
        by_seat = {seat: count for seat, count in hands.pressed.items() if seat != "passed over"}
        assert len(by_seat) == SEATS
        assert max(by_seat.values()) <= ACTIONS, by_seat
        hands.pressed.clear()
        took = decide_flags(box, hands, wanted=3)
        assert max(took) <= SECONDS, took
        assert max(hands.pressed.values()) <= KEYS, hands.pressed
        assert not pia.page.faults
