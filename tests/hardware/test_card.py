"""The card on paper asks what `appliance panel test` asks."""

import re
import tomllib

from appliance.panel.end_of_line import STEPS
from appliance.panel.status import Status

from .reading import HARDWARE, ROOT

CARD = (HARDWARE / "TEST.md").read_text(encoding="utf-8")


def test_the_card_has_the_steps_of_the_test_in_its_order_and_numbered():
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", CARD, re.MULTILINE)
    assert rows == [(str(number), step.name) for number, step in enumerate(STEPS, 1)]


def test_the_card_has_room_for_who_tested_which_box_and_when():
    assert all(f"{field}: ____" in CARD for field in ("date", "initials", "signature", "software version"))
    assert "serial number" in CARD


def test_the_card_says_of_each_pattern_what_the_card_for_the_wall_says():
    words = tomllib.loads((ROOT / "appliance/web/strings/en.panel_test.toml").read_text(encoding="utf-8"))["light_card"]
    for status in Status:
        assert f"| `pattern_{status}` | *{words[f'{status}_name']}*: {words[f'{status}_see']} |" in CARD
