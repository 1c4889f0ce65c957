"""`monitoring/`: rules and a dashboard that ask only for what a box tells, and say what to do."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "monitoring"
RULES = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")


def told() -> set[str]:
    """Every metric of a box: a test of the pages holds docs/fleet.md against `/metrics`."""
    return set(re.findall(r"^\| `(appliance_\w+)", PAGE, re.MULTILINE))


def asked(text: str) -> set[str]:
    return set(re.findall(r"\bappliance_[a-z_]+", text))


def expressions() -> list[str]:
    """Of the dashboard, with its variables filled in."""
    board = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    found += [note["expr"] for note in board["annotations"]["list"]]
    return [text.replace("$box", "lab-1") for text in found]


def alerts() -> list[str]:
    return re.findall(r"- alert: (\w+)", RULES)


def test_the_rules_and_the_dashboard_ask_only_for_metrics_that_a_box_tells():
    assert len(told()) > 40
    assert asked(RULES) - told() == set()
    assert asked(" ".join(expressions())) - told() == set()
    assert asked((FOLDER / "alerts.test.yml").read_text(encoding="utf-8")) - told() == set()


def test_every_alert_says_what_to_do_where_it_is_explained_and_is_seen_to_fire():
    fired = (FOLDER / "alerts.test.yml").read_text(encoding="utf-8")
    for name, rule in zip(alerts(), RULES.split("- alert: ")[1:], strict=True):
        assert re.search(r"summary: >-\n +\S.{20,}", rule), name
        assert re.search(r"description: >-\n +\S.{60,}", rule), name
        assert re.search(r"severity: (warning|critical)\n", rule), name
        assert f"runbook_url: docs/fleet.md#{name.lower()}\n" in rule
        assert re.search(rf"^### {name}$", PAGE, re.MULTILINE), f"docs/fleet.md does not explain {name}"
        assert name in fired
    assert set(re.findall(r"^### (Appliance\w+)$", PAGE, re.MULTILINE)) == set(alerts())


def test_the_dashboards_panels_have_a_place_a_source_and_a_name_of_their_own():
    board = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in board["panels"]}) == len(places)
    assert all(x + width <= 24 for x, _, width, _ in places)
    for panel in board["panels"]:
        assert panel["title"]
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"  # nothing of one installation stands in it


@pytest.mark.long
def test_promtool_takes_the_rules_their_tests_the_scrape_example_and_every_query_of_the_dashboard(tmp_path):
    found = subprocess.run([ROOT / "scripts/promtool"], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(found.stderr.strip())
    queries = tmp_path / "queries.yml"
    rules = [{"record": f"q{n}", "expr": text} for n, text in enumerate(expressions())]
    queries.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    for command in (
        ["check", "rules", FOLDER / "alerts.yml"],
        ["test", "rules", FOLDER / "alerts.test.yml"],
        ["check", "config", "--syntax-only", FOLDER / "prometheus.yml"],
        ["check", "rules", queries],
    ):
        done = subprocess.run([found.stdout.strip(), *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
