"""The benchmark of reports makes an exam by real events and writes every report of it."""

import json

import pytest

from appliance.bench.review import report

pytestmark = pytest.mark.slow


def test_an_exam_of_three_hours_with_about_a_thousand_events_each_is_written_whole(tmp_path):
    figures = report.measure(tmp_path, candidates=2)
    assert figures["report_s"] > 0
    folder = tmp_path / "data/reports/bench"
    assert len(list(folder.rglob("report.pdf"))) == 3
    whole = json.loads((folder / "report.json").read_bytes())
    assert [len(one["flags"]) for one in whole["attempts"]] == [report.FLAGS] * 2
    assert [len(one["gaps"]) for one in whole["attempts"]] == [report.GAPS] * 2
    for one in whole["attempts"]:
        assert one["ledger"]["position"] == pytest.approx(report.EVENTS, abs=20)
        assert {shot["state"] for flag in one["flags"] for shot in flag["snapshots"]} == {"kept"}
        assert not [point for point in one["open_points"] if "missing" in point]
