"""`appliance evaluate` on real clips: what is found is counted, what cannot be played is named, the rest goes on."""

import importlib
import json
import shutil
from pathlib import Path

import pytest

from appliance.box.paths import models_folder
from appliance.cli import main

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage"
CLIPS = ("A12_three_people_walk_up.mp4", "A24_camera_frozen_then_black.mp4")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (FOOTAGE / "labels.json").is_file(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]

FLAG = {
    "episodes",
    "hits",
    "recall",
    "precision",
    "false_alerts_per_hour",
    "onset_delay_s",
}


@pytest.fixture(scope="module", autouse=True)
def openvino():
    """Its first import begins a thread that stays."""
    return importlib.import_module("openvino")


def some(tmp_path, *, clips=CLIPS):
    """The labels of all clips that are asked for, and their files."""
    labels = json.loads((FOOTAGE / "labels.json").read_text())
    labels["clips"] = [clip for clip in labels["clips"] if Path(clip["file"]).name in clips]
    labels["audio"] = []
    (tmp_path / "clips").mkdir()
    for clip in clips:
        shutil.copyfile(FOOTAGE / "clips" / clip, tmp_path / "clips" / clip)
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    return tmp_path


def test_clips_are_replayed_and_the_figures_are_written(tmp_path, capsys):
    out = tmp_path / "figures.json"
    assert main(["evaluate", str(some(tmp_path)), "--json", str(out)]) == 0
    said = json.loads(out.read_text())
    assert said["hours"] == pytest.approx(34 / 3600, abs=1e-4)
    assert (said["false_alerts"], said["false_alerts_per_candidate_hour"]) == (0, 0.0)
    assert said["flags"]["multiple_people"].keys() >= FLAG
    assert (said["flags"]["multiple_people"]["episodes"], said["flags"]["multiple_people"]["recall"]) == (1, 1.0)
    assert (said["flags"]["camera_frozen"]["hits"], said["flags"]["camera_frozen"]["precision"]) == (1, 1.0)
    assert said["flags"]["camera_frozen"]["onset_delay_s"] >= 6.0
    assert said["flags"]["face_absent"]["recall"] is None
    assert said["tick"]["multiple_people"]["auc"] > 0.9
    assert set(said["tick"]["multiple_people"]) >= {"auc", "tpr_at_2pct_fpr"}
    assert set(said["segment"]) >= {"tdr_at_2pct_far", "auc"}
    assert 0.5 < said["coverage"] < said["flags"]["face_absent"]["coverage"] <= 1.0
    assert said["realtime_factor"] > 0
    assert {name: part["clips"] for name, part in said["origin"].items()} == {"natural": 1, "composed": 1}
    printed = capsys.readouterr().out
    assert "camera_frozen" in printed
    assert "candidate-hours" in printed


@pytest.mark.long
def test_what_cannot_be_played_is_named_and_the_rest_is_evaluated(tmp_path, capsys):
    where = some(tmp_path, clips=("A12_three_people_walk_up.mp4", "A24_camera_frozen_then_black.mp4"))
    cut = where / "clips" / CLIPS[1]
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    assert main(["evaluate", str(where), "--json", str(tmp_path / "figures.json")]) == 1
    said = json.loads((tmp_path / "figures.json").read_text())
    assert said["clips"] == 1
    assert [finding.partition(":")[0] for finding in said["findings"]] == [CLIPS[1]]
    assert CLIPS[1] in capsys.readouterr().out


@pytest.mark.long
def test_a_subject_of_the_oep_set_is_replayed_and_its_strange_lines_are_named(tmp_path):
    where = tmp_path / "subject3"
    where.mkdir()
    shutil.copyfile(FOOTAGE / "clips" / CLIPS[0], where / "face1.mp4")
    (where / "gt.txt").write_text("0002\t0014\t2\n0001\t0002\t6\nno line at all\n")
    assert main(["evaluate", str(tmp_path), "--json", str(tmp_path / "figures.json")]) == 1
    said = json.loads((tmp_path / "figures.json").read_text())
    assert said["flags"]["multiple_people"]["hits"] == 1
    assert [finding.partition(":")[0] for finding in said["findings"]] == ["subject3", "subject3"]
    assert said["buckets"]["light"]["values"]["unknown"]["hours"] > 0


@pytest.mark.parametrize("arguments", [["--preset", "reckless"], []])
def test_what_cannot_be_evaluated_at_all_is_refused(tmp_path, capsys, arguments):
    assert main(["evaluate", str(tmp_path), *arguments]) == 2
    assert "appliance: " in capsys.readouterr().err
