"""The box page: one sentence, what is wrong and what helps, buttons that mend, power off at the end of the day."""

import dataclasses
import html
import json
import re
import socket
import time

import pytest

from appliance.box import errand, health
from appliance.box.errand import Outcome, Verb
from appliance.box.upstream import Failure, Upstream
from appliance.checks import gathering, record
from appliance.checks.facts import Clock, Facts, Machine
from appliance.exam.events import BOX
from appliance.web.health import fixes, recording
from tests.checks.conftest import well

pytestmark = pytest.mark.slow  # together too long for `make check`

PRESSED = {"code": "process_down", "about": "capture-1"}


@pytest.fixture
def say(house, monkeypatch):
    """The facts of a box that is well, but for what a test says."""

    def now(**changes) -> Facts:
        facts = well(now=time.time(), **changes)
        shift = facts.now - well().now
        certificates = {name: until + shift for name, until in facts.certificates.items()}
        facts = dataclasses.replace(facts, certificates=certificates, built_at=0.0)
        monkeypatch.setattr(gathering, "gather", lambda paths, settings, now, facts=facts: facts)
        house.services.looking.forget()
        return facts

    now(upstream=None)
    return now


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")


def down(say):
    facts = say(upstream=None)
    said = {**facts.processes, "capture-1": {"healthy": False, "sentence": "the disk is full", "at": facts.now}}
    say(upstream=None, processes=said)


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_all_is_well_in_one_sentence_and_the_facts_below(house, say):
    page = words(house.user("planner").get("/box").text)
    assert "✓ All is well." in page
    for fact in ("Data disk", "Clock", "Time zone", "Addresses", "Newest backup", "Version", "Name"):
        assert fact in page
    assert socket.gethostname() in page


def test_offline_is_fine_and_says_since_when(house, say):
    since = time.time() - 3600
    away = Failure(kind="away", where="upstream", message="no route", hint="", since=since)
    said = Upstream(at=time.time(), store="s3", local=False, reachable=False, failures=(away,))
    say(upstream=said, clock=Clock(synchronised=False, error=None))
    page = words(house.user("staff").get("/box").text)
    assert re.search(r"✓ All is well\. Offline since [\d:\- ]+: that is fine\. Its clock keeps its own time:", page)


def test_an_issue_says_what_where_since_when_and_what_to_do(house, say):
    down(say)
    recording.look(house.services, now=time.time())
    page = house.user("staff").get("/box").text
    said = words(page)
    assert "▲ Something needs you now." in said
    assert "Recording 1 does not run: the disk is full." in said
    assert re.search(r"now · since \d\d:\d\d", said)
    assert 'data-fix="process_down" data-about="capture-1" data-asks="Restart this process?' in page
    assert "data-fix" not in house.user("lead").get("/box").text  # who may only see has no button


def test_a_word_of_a_process_is_escaped_and_no_stack_reaches_the_page(house, say):
    facts = say(upstream=None)
    said = {"healthy": False, "sentence": "<script>x</script>", "at": facts.now, "last_words": "Traceback: x"}
    say(upstream=None, processes={**facts.processes, "sync": said})
    page = house.user("staff").get("/box").text
    assert "<script>x" not in page
    assert "Traceback" not in page


def test_the_part_that_changes_is_asked_for_again_and_is_not_sent_twice(house, say):
    client = house.user("staff")
    first = client.get("/box/now")
    assert "<html" not in first.text
    assert client.get("/box/now", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    say(machine=Machine(throttled=1))
    again = client.get("/box/now", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, "too little voltage" in again.text) == (200, True)


def test_a_real_look_at_a_box_of_which_no_process_runs(house):
    health.write(house.services.paths.health, "capture-1", healthy=False, sentence="the disk is full")
    page = house.user("staff").get("/box").text
    assert "the disk is full" in page
    assert "not running" in page


def test_many_open_pages_cost_one_look(house, monkeypatch):
    looks = []
    real = gathering.gather
    monkeypatch.setattr(gathering, "gather", lambda *args: looks.append(1) or real(*args))
    client = house.user("staff")
    for _ in range(20):
        client.get("/box/now")
    assert len(looks) == 1


def test_restarting_a_process_is_an_errand_whose_outcome_the_page_asks_for(house, say, installed):
    down(say)
    client = house.user("staff")
    said = client.post("/api/box/fix", json=PRESSED).json
    (asked,) = errand.waiting(house.services.paths)
    assert (asked.verb, asked.by, asked.arguments) == (Verb.RESTART, "staff", {"unit": "appliance-capture@1"})
    assert client.get(f"/api/box/errands/{said['errand']}").json == {"done": None}
    begun = Outcome(id=asked.id, verb=asked.verb, done=False, sentence="It was begun.", facts={"under_way": True})
    errand.settle(house.services.paths, begun)
    assert client.get(f"/api/box/errands/{said['errand']}").json == {"done": None}
    came = Outcome(id=asked.id, verb=asked.verb, done=True, sentence="capture@1 was started again.")
    errand.settle(house.services.paths, came)
    assert client.get(f"/api/box/errands/{said['errand']}").json["sentence"] == "capture@1 was started again."
    assert client.get("/api/box/errands/none").status_code == 404
    (told,) = house.events("issue.fix_asked")
    assert (told.chain, told.payload.fix, told.payload.by) == (BOX, "restart_process", "staff")


@pytest.mark.parametrize(
    ("process", "unit"),
    [("capture-12", "appliance-capture@12"), ("door", "appliance-front"), ("web", "appliance-web")],
)
def test_processes_and_their_units(process, unit):
    assert fixes.unit_of(process) == unit


def test_a_box_that_was_not_installed_says_what_to_do_by_hand(house, say):
    down(say)
    answer = house.user("staff").post("/api/box/fix", json=PRESSED)
    assert answer.status_code == 503
    assert "not installed from the package" in answer.json["error"]
    assert house.events("issue.fix_asked") == []


def test_the_clock_is_set_to_the_persons_time_only_where_nobody_else_is_named(house, say, installed):
    staff, wall = house.user("staff"), time.time() + 5
    say(clock=Clock(synchronised=False, error=None, servers=("ntp.test",)))
    staff.post("/api/box/fix", json={"code": "clock_unsynchronised", "wall": wall})
    say(clock=Clock(error=9.0))
    staff.post("/api/box/fix", json={"code": "clock_unsynchronised", "wall": wall})
    assert [one.arguments for one in errand.waiting(house.services.paths)] == [{}, {"wall": wall}]


def test_a_backup_is_made_at_once(house, say):
    say(backup=dataclasses.replace(well().backup, due=9e6))
    said = house.user("admin").post("/api/box/fix", json={"code": "backup_old", "about": ""}).json
    (file,) = house.services.paths.backups.glob("*.age")
    assert file.name in said["sentence"]


def test_a_certificate_is_renewed_at_once(house, say):
    say(certificates={"box": well().now + 86_400})
    said = house.user("staff").post("/api/box/fix", json={"code": "certificate_expiring", "about": "box"})
    assert said.status_code == 200, said.text
    assert "The certificate is new" in said.json["sentence"]


@pytest.mark.parametrize("wish", [{"code": "process_down", "about": "web"}, {"code": "none", "about": ""}])
def test_what_is_over_cannot_be_mended(house, say, installed, wish):
    down(say)
    assert house.user("staff").post("/api/box/fix", json=wish).status_code == 409
    assert errand.waiting(house.services.paths) == []


def test_an_issue_without_a_fix_has_none(house, say, installed):
    say(machine=Machine(throttled=1))
    answer = house.user("staff").post("/api/box/fix", json={"code": "under_voltage"})
    assert (answer.status_code, answer.json["error"]) == (409, "The box cannot mend this by itself.")


def test_power_off_at_the_end_of_the_day(house, say, installed):
    said = house.user("staff").post("/api/box/power", json={"what": "power_off"})
    assert "Wait until its light is out" in said.json["sentence"]
    (asked,) = errand.waiting(house.services.paths)
    assert (asked.verb, asked.by) == (Verb.POWEROFF, "staff")
    assert house.events("box.stopping")[0].payload.candidates == 0


def test_power_off_while_candidates_are_here_wants_the_boxs_name(house, say, installed):
    house.reach("in_exam")
    staff = house.user("staff")
    answer = staff.post("/api/box/power", json={"what": "restart"})
    assert (answer.status_code, answer.json["error"]) == (409, "An exam is being held: 1 candidates are here.")
    assert staff.post("/api/box/power", json={"what": "restart", "name": "x"}).status_code == 409
    assert errand.waiting(house.services.paths) == []
    assert staff.post("/api/box/power", json={"what": "restart", "name": socket.gethostname()}).status_code == 200
    (asked,) = errand.waiting(house.services.paths)
    assert asked.verb is Verb.REBOOT
    assert house.events("box.stopping")[0].payload.candidates == 1


def test_power_elsewhere_and_nonsense(house, say):
    staff = house.user("staff")
    assert staff.post("/api/box/power", json={"what": "power_off"}).status_code == 503
    assert staff.post("/api/box/power", json={"what": "explode"}).status_code == 404
    assert "data-power" not in staff.get("/box").text
    assert house.user("lead").post("/api/box/power", json={"what": "power_off"}).status_code == 403


def test_what_stands_is_in_the_ledger_and_in_the_panels_file_where_no_timer_looks(house, say):
    down(say)
    for _ in range(2):
        recording.look(house.services, now=time.time())
        house.services.looking.forget()
    (raised,) = house.events("issue.raised")
    assert (raised.chain, raised.actor, raised.payload.code) == (BOX, "health", "process_down")
    say(upstream=None)
    recording.look(house.services, now=time.time())
    assert [event.payload.code for event in house.events("issue.cleared")] == ["process_down"]
    said = json.loads((house.services.paths.run / record.FILE).read_text())
    assert said["issues"] == []


def test_on_an_installed_box_the_timer_is_the_one_who_looks(house, installed, monkeypatch):
    monkeypatch.setattr(record, "EVERY_SECONDS", 0.01)
    with recording.watched(house.services):
        time.sleep(0.1)
    assert record.read(house.services.paths.run) is None
