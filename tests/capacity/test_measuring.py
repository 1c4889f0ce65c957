"""What `appliance capacity` measures with: the disk for real, the models where they are, a whole run."""

import json
import time

import pytest

from appliance import cli
from appliance.bench.inference import portrait
from appliance.box.capacity import read
from appliance.box.paths import Paths, models_folder
from appliance.capacity import disk, looking
from appliance.config import InferenceSettings
from appliance.errors import StorageFull
from appliance.exam.events import CapacityMeasured
from appliance.ledger import reader
from appliance.ledger.reader import Reader
from appliance.ledger.socket import LedgerServer
from appliance.ledger.writer import opened

pytestmark = pytest.mark.slow  # together too long for `make check`


def test_the_disk_is_written_and_flushed_and_left_as_it_was(tmp_path):
    found = disk.measure(tmp_path, streams=3, seconds=0.3)
    assert found.bytes_a_second > 0
    assert 0 < found.flush_seconds < 0.3
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_said(small_disk):
    with pytest.raises(StorageFull, match="cannot be measured"):
        disk.measure(small_disk, streams=30, seconds=5.0)
    assert list(small_disk.iterdir()) == []


def test_an_upstream_that_is_not_there_is_not_measured(tmp_path):
    assert disk.copy_rate(tmp_path, tmp_path / "away", size=1000) is None
    (tmp_path / "there").mkdir()
    assert disk.copy_rate(tmp_path, tmp_path / "there", size=100_000) > 0


def test_without_models_there_is_no_figure_for_looks(tmp_path):
    assert looking.measure(tmp_path, settings=InferenceSettings()) is None


def test_a_seat_costs_a_part_of_a_core():
    if not (models_folder() / "pack.json").exists():
        pytest.skip("the model pack is not installed")
    found = looking.measure(models_folder(), settings=InferenceSettings(), seconds=2.0)
    assert found.cpu > 0
    assert found.seconds > 0
    assert portrait.person(models_folder()).shape == (portrait.HEIGHT, portrait.WIDTH, 3)


@pytest.mark.long
@pytest.mark.slow
def test_the_command_measures_keeps_and_tells(tmp_path, capsys):
    paths = Paths.of(tmp_path / "data").make()
    with opened(paths.database) as writer:
        ledger = LedgerServer(paths.ledger_socket, writer=writer, reader=Reader(paths.database))
        ledger.start()
        began = time.monotonic()
        assert cli.main(["--data", str(paths.data), "capacity", "--json"]) == 0
        assert time.monotonic() - began < 90  # of which a quiet machine takes 25
        said = json.loads(capsys.readouterr().out)
        ledger.stop()
    with reader.opened(paths.database) as told:
        (event,) = told.events(after=0, types=frozenset({CapacityMeasured.TYPE}))
    assert said["seats"] == min(said["parts"].values()) == event.payload.seats
    assert event.payload.parts == said["parts"]
    assert said["limited_by"] in said["parts"]
    assert {"capture", "disk", "memory"} <= set(said["parts"])
    assert read(paths.capacity).cores >= 1
