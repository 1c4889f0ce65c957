"""The one command: answers, sentences, exit codes."""

import contextlib
import csv
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time

import pytest

from appliance import __version__, cli, commands, demo
from appliance.box import health, upstream
from appliance.box.console import paths_of
from appliance.box.lock import held
from appliance.box.upstream import Upstream
from appliance.box.workers import services
from appliance.config import Settings
from appliance.errors import NotAllowed
from appliance.exam.events import BOX, ExamStored, UpstreamFailed
from appliance.exam.stage import Stage
from appliance.ledger import detection, planning, state, writer
from appliance.ledger import reader as readers
from appliance.ledger.actions import attempts, exams, holds, users
from appliance.ledger.reader import Reader
from appliance.ledger.record import Draft
from appliance.ledger.socket import LedgerServer

ROSTER = "seat,candidate,name\n1,s-1,Ana Lima\n2,s-2,Bo Chen\n"


@pytest.fixture
def run(paths, capsys, monkeypatch):
    def command(*arguments):
        code = cli.main(["--data", str(paths.data), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def exam(paths, run, tmp_path):
    """An exam `bio` of two seats."""
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    code, _, err = run("exam", "create", "--id", "bio", "--title", "Biology", "--roster", str(tmp_path / "roster.csv"))
    assert code == 0, err
    return "bio"


@pytest.fixture
def served(paths):
    """The ledger as a running web process offers it."""
    with writer.opened(paths.database) as ledger, readers.opened(paths.database) as reader:
        server = LedgerServer(paths.ledger_socket, writer=ledger, reader=reader)
        server.start()
        yield ledger
        server.stop()


def test_help_is_quick_and_needs_no_large_library():
    code = "import sys; from appliance import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('openvino', 'aiortc', 'av', 'flask', 'sqlalchemy', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    listed = re.findall(r"^    (\w+)", done.stdout, re.MULTILINE)
    assert {"run", "web", "capture", "inference", "sync", "simulate", "models"} <= set(listed)
    assert {"flags", "end", "status", "verify", "exam", "user", "bench"} <= set(listed)


def test_the_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"appliance {__version__}\n"


def test_the_data_folder_may_stand_before_after_or_in_the_environment(tmp_path, monkeypatch):
    parse = cli._parser().parse_args
    before = paths_of(parse(["--data", str(tmp_path / "a"), "status"]))
    after = paths_of(parse(["status", "--data", str(tmp_path / "a")]))
    both = paths_of(parse(["--data", "x", "exam", "list", "--data", str(tmp_path / "a")]))
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "a"))
    environment = paths_of(parse(["status"]))
    assert before == after == both == environment
    monkeypatch.delenv("APPLIANCE_DATA")
    monkeypatch.chdir(tmp_path)
    assert paths_of(parse(["status"])).data == tmp_path / "data"


def test_an_error_is_a_sentence_and_a_hint_and_no_stack(run, monkeypatch):
    code, out, err = run("flags", "--exam", "none")
    assert (code, out) == (2, "")
    assert err.startswith("appliance: there is no ledger in")
    assert "appliance run" in err
    assert "Traceback" not in err
    monkeypatch.setenv("APPLIANCE_DEBUG", "1")
    assert "Traceback" in run("flags", "--exam", "none")[2]


def test_a_data_folder_that_cannot_be_written_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert cli.main(["--data", str(tmp_path / "file"), "run"]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "said"), [("ro", "Read-only"), ("size=64k", "No space left")])
def test_a_read_only_or_full_data_folder_is_said(tmp_path, capsys, monkeypatch, options, said):
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]).returncode:
        pytest.skip("another disk needs root and mount")
    try:
        with contextlib.suppress(OSError):
            (disk / "fill").write_bytes(b"x" * 100_000)
        assert cli.main(["--data", str(disk), "run"]) == 2
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
    err = capsys.readouterr().err
    assert "cannot be written" in err
    assert said in err
    assert "--data" in err


def test_a_wrong_setting_is_said(run, paths):
    paths.config.write_text("[web]\nprot = 1\n", encoding="utf-8")
    code, _, err = run("run", "--port", "0")
    assert code == 2
    assert "Did you mean port?" in err


# --- administration ---


def test_an_exam_with_its_codes(run, paths, tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    arguments = ["--id", "bio", "--title", "Biology", "--minutes", "30", "--admission", "automatic"]
    files = ["--roster", str(tmp_path / "roster.csv"), "--codes-out", str(tmp_path / "codes.csv")]
    assert run("exam", "create", *arguments, *files)[0] == 0
    with open(tmp_path / "codes.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["seat"], row["candidate"], row["name"]) for row in rows] == [
        ("1", "s-1", "Ana Lima"),
        ("2", "s-2", "Bo Chen"),
    ]
    assert all(len(row["code"]) == 9 for row in rows)
    assert stat.S_IMODE((tmp_path / "codes.csv").stat().st_mode) == 0o600
    code, out, _ = run("exam", "list")
    assert code == 0
    assert "bio" in out
    assert "2 candidates  open  Biology" in out


def test_a_broken_roster_names_its_lines_and_leaves_no_exam(run, tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER + "2,s-3,\n2,s-4,Cy\n", encoding="utf-8")
    code, _, err = run("exam", "create", "--id", "bio", "--title", "B", "--roster", str(tmp_path / "roster.csv"))
    assert code == 2
    assert "  line 4: the name is empty\n  line 5: the seat '2' is already on line 3\n" in err
    code, _, err = run("exam", "create", "--id", "bio", "--title", "B", "--roster", str(tmp_path / "nothing.csv"))
    assert (code, "cannot be read" in err) == (2, True)


PLAN = """
room = "B2"
room_scan = true
briefing = "Stay in view."
[detection]
identity = true
[[sections]]
title = "Part 1"
"""


def test_a_plan_comes_with_the_exam_or_is_refused_by_its_setting(run, paths, tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    made = ["exam", "create", "--title", "Biology", "--plan", str(tmp_path / "plan.toml")]
    assert run(*made, "--id", "bio")[0] == 0
    with readers.opened(paths.database) as ledger, ledger.connect() as connection:
        held, detected = planning.plan(connection, "bio"), detection.policy(connection, "bio")
    assert (held.room, held.room_scan, held.sections[0].title, detected.identity) == ("B2", True, "Part 1", True)
    for wrong, sentence in (
        ("rom = 1", "no setting 'rom'"),
        ("kind = 'oral'", "kind: 'oral' is not known"),
        ("=", "is not TOML"),
    ):
        (tmp_path / "plan.toml").write_text(wrong, encoding="utf-8")
        code, _, err = run(*made, "--id", "other")
        assert (code, sentence in err) == (2, True), err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--id", "Bio!", "--title", "B"], "cannot name an exam"),
        (["--id", "bio", "--title", "B", "--minutes", "0"], "0 minutes"),
        (["--id", "bio", "--title", "B", "--starts", "soon"], "'soon' is not a time"),
        (["--id", "bio", "--title", "B", "--ratio", "99"], "99 candidates for one proctor"),
    ],
)
def test_a_wrong_exam_is_named(run, arguments, sentence):
    code, _, err = run("exam", "create", *arguments)
    assert code == 2
    assert sentence in err


def test_a_user_signs_in_with_the_password_from_stdin(run, paths, monkeypatch):
    monkeypatch.setattr("sys.stdin", _Lines("correct horse battery\n"))
    assert run("user", "create", "ada", "--role", "admin", "--full-name", "Ada L.")[0] == 0
    with readers.opened(paths.database) as ledger, ledger.connect() as connection:
        assert users.verify_password(connection, "ada", "correct horse battery").name == "Ada L."
        with pytest.raises(NotAllowed):
            users.verify_password(connection, "ada", "wrong")
    assert run("user", "list")[1] == "ada  admin  Ada L.\n"
    monkeypatch.setattr("sys.stdin", _Lines("short\n"))
    code, _, err = run("user", "create", "bob", "--role", "admin")
    assert (code, "at least 10 characters" in err) == (2, True)


class _Lines:
    def __init__(self, text):
        self._text = text

    def isatty(self):
        return False

    def readline(self):
        return self._text


def test_administration_is_refused_while_the_box_runs(run, paths):
    for lock in ("box", "writer"):
        with held(paths, lock):
            code, _, err = run("exam", "create", "--id", "bio", "--title", "B")
        assert code == 2
        assert "already running" in err
        assert "/exams" in err


# --- flags, end, status ---


def test_flags_as_json(run, paths, exam):
    with writer.opened(paths.database) as ledger, readers.opened(paths.database) as reader:
        with reader.connect() as connection:
            attempt = state.attempts(connection, exam)[1].attempt
        from appliance.exam.events import AttemptArrived
        from appliance.ledger.actions.flags import raise_flag

        ledger.append(Draft(payload=AttemptArrived(browser="b"), chain=attempt, exam=exam, actor="candidate"))
        ledger.transact(lambda t: raise_flag(t, attempt, by="pat", note="a note"))
    code, out, _ = run("flags", "--exam", exam, "--json")
    assert code == 0
    [flag] = json.loads(out)
    assert (flag["code"], flag["seat"], flag["state"]) == ("manual_flag", "2", "open")
    assert flag["onset"].endswith("Z")
    assert "seat 2  manual_flag  open\n1 flags\n" in run("flags", "--exam", exam)[1]


def test_M90_when_each_kind_of_data_goes(run, paths, exam):
    with writer.opened(paths.database) as ledger, readers.opened(paths.database) as reader:
        with reader.connect() as connection:
            one, other = (row.attempt for row in state.attempts(connection, exam))
        ledger.transact(lambda t: attempts.end(t, one, by="lea", reason="over", override=True))
        ledger.transact(lambda t: holds.place(t, exam=exam, attempt=other, reason="appeal 12", by="ina", by_name="Ina"))
    code, out, _ = run("retention", exam)
    assert code == 0
    assert re.search(r"1 +Ana Lima\n +recordings +goes at \d{4}-", out)
    assert re.search(r"2 +Bo Chen  not over yet\n +held since .* by Ina: appeal 12", out)


def test_an_unknown_exam_is_said(run, exam):
    for arguments in (["flags", "--exam", "physics"], ["end", "--exam", "physics"]):
        code, _, err = run(*arguments)
        assert code == 2
        assert "there is no exam 'physics'" in err


def test_ending_needs_a_box(run, exam, monkeypatch):
    monkeypatch.setattr(commands, "RESTART_SECONDS", 0.1)
    code, _, err = run("end", "--exam", exam)
    assert code == 2
    assert "no box runs on the data folder" in err


def test_end_ends_every_attempt(run, exam, served, paths):
    assert run("end", "--exam", exam) == (0, "exam bio: ended\n", "")
    with readers.opened(paths.database) as ledger, ledger.connect() as connection:
        assert state.exam(connection, exam).ended_at
        assert {row.stage for row in state.attempts(connection, exam)} == {Stage.ENDED}
    code, _, err = run("end", "--exam", exam)
    assert (code, "already ended" in err) == (2, True)


def test_end_waits_until_everything_is_upstream_and_says_what_hinders(run, exam, served, monkeypatch):
    failed = UpstreamFailed(where="upstream", reason="it is full", hint="Make room.")
    stored = ExamStored(exam=exam, manifest_sha256="0" * 64, attempts=2)

    def sync():
        served.append(Draft(payload=failed, chain=BOX, exam=None, actor="sync"))
        served.append(Draft(payload=stored, chain=BOX, exam=exam, actor="sync"))

    timer = threading.Timer(0.5, sync)
    timer.start()
    code, out, err = run("end", "--exam", exam, "--wait")
    timer.join()
    assert code == 0
    assert out.endswith("all of it is upstream\n")
    assert "it is full" in err
    assert run("end", "--exam", exam, "--wait")[0] == 0


def test_waiting_ends_with_a_sentence(run, exam, served):
    code, out, err = run("end", "--exam", exam, "--wait", "--seconds", "0.3")
    assert (code, out) == (2, "exam bio: ended\n")
    assert "seats 1, 2" in err


def test_status_of_a_box_that_does_not_run(run, paths):
    code, out, _ = run("status", "--json")
    said = json.loads(out)
    assert code == 1
    assert not said["healthy"]
    assert {name: p["sentence"] for name, p in said["processes"].items()} == dict.fromkeys(
        services(Settings()), "not running"
    )
    assert said["versions"]["aiortc"] == "1.16.0"
    assert "no ledger" in said["ledger"]["error"]
    assert run("status")[0] == 1


def test_status_of_a_box_that_runs(run, paths, exam):
    for name in (*services(Settings()), "supervisor"):
        health.write(paths.health, name, healthy=True, sentence="well", queue=3)
    code, out, _ = run("status", "--json")
    said = json.loads(out)
    assert (code, said["healthy"]) == (0, True)
    assert said["processes"]["sync"]["queue"] == 3
    assert said["ledger"]["exams"] == {"bio": "open"}
    assert (said["upstream"]["state"], said["upstream"]["safe_to_unplug"]) == ("silent", False)
    upstream.write(paths.run, Upstream(at=time.time(), store="/mnt/usb", local=True))
    code, out, _ = run("status")
    assert "upstream    Nothing has been recorded yet. Safe to unplug the box.\n" in out
    health.write(paths.health, "supervisor", healthy=False, sentence="starting again: sync")
    assert run("status")[0] == 1


def test_verify_wants_a_folder(run, tmp_path):
    code, _, err = run("verify", str(tmp_path / "nothing"))
    assert (code, "there is no folder" in err) == (2, True)


# --- the demo ---


def test_the_demo_is_made_once_and_its_codes_anew(paths):
    first = demo.prepare(paths)
    again = demo.prepare(paths)
    assert (
        (first.exam, first.password, first.seats)
        == (again.exam, again.password, again.seats)
        == ("demo", first.password, 6)
    )
    assert first.password in first.sentences()[0]
    for name in ("demo.json", "demo-codes.csv"):
        assert stat.S_IMODE((paths.keys / name).stat().st_mode) == 0o600
    with readers.opened(paths.database) as ledger, ledger.connect() as connection:
        assert {user.role for user in state.users(connection)} == set(demo.LOGINS)
        assert [row.seat for row in state.attempts(connection, "demo")] == ["1", "2", "3", "4", "5", "6"]
        assert {row.proctor for row in state.attempts(connection, "demo")} == {"proctor"}
        assert users.verify_password(connection, "lead", first.password).role == "lead"


def test_a_demo_that_was_ended_is_followed_by_another(paths):
    demo.prepare(paths)
    with writer.opened(paths.database) as ledger:
        ledger.transact(lambda t: exams.end_exam(t, "demo", reason="over", by="test"))
    assert demo.prepare(paths).exam == "demo-2"
    assert demo.prepare(paths).exam == "demo-2"


def test_the_demo_is_refused_on_a_provisioned_box(run, exam, paths):
    code, _, err = run("run", "--demo", "--port", "0")
    assert code == 2
    assert "this box is not a demo: it has the exam bio" in err
    with readers.opened(paths.database) as ledger, ledger.connect() as connection:
        assert [row.exam for row in state.exams(connection)] == ["bio"]


def test_the_demo_is_refused_where_somebody_else_signs_in(paths):
    hashed = users.hash_password("correct horse battery")
    with writer.opened(paths.database) as ledger:
        ledger.transact(
            lambda t: users.create_user(
                t, user="lead", name="Lee", role=users.Role.LEAD, password_hash=hashed, by="test"
            )
        )
    with pytest.raises(NotAllowed, match="the user lead"):
        demo.prepare(paths)


def test_a_reader_needs_a_ledger(paths):
    assert not paths.database.exists()
    with pytest.raises(Exception, match="there is no ledger"):
        Reader(paths.database)


def test_an_unknown_benchmark_is_said(run):
    code, _, err = run("bench", "speed")
    assert code == 2
    assert "there is no benchmark 'speed'" in err
    assert "ledger" in err


def test_a_benchmark_says_its_figures_on_lines_and_as_json(run, tmp_path, monkeypatch):
    from appliance.bench import ledger

    monkeypatch.setattr(ledger, "run", lambda: {"ratio_vs_sqlite": {"one_thread": 0.5}})
    code, out, _ = run("bench", "ledger", "--json", str(tmp_path / "figures.json"))
    assert code == 0
    assert re.fullmatch(r"ledger.ratio_vs_sqlite.one_thread +0.5\n", out)
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["ledger"] == {"ratio_vs_sqlite": {"one_thread": 0.5}}
    assert written["ratio_vs_sqlite"] == {"one_thread": 0.5}, "named alone, at the top as well"
    assert written["machine"]["cores"]


def test_the_soak_runs_by_name_alone_and_for_as_long_as_it_is_told(run, monkeypatch):
    from appliance.bench import capture, dashboard, exam, inference, ledger, panel, review, soak, sync

    for short in (capture, dashboard, exam, inference, ledger, panel, review, sync):
        monkeypatch.setattr(short, "run", lambda: {"ratio": 1.0})
    lasted = []
    monkeypatch.setattr(soak, "run", lambda minutes=30.0: lasted.append(minutes) or {"failures": []})
    assert run("bench")[0] == 0
    assert lasted == []
    assert run("bench", "soak", "--minutes", "3")[0] == 0
    assert run("bench", "soak")[0] == 0
    assert lasted == [3.0, 30.0]


@pytest.mark.parametrize(("settings", "wanted"), [("workers = 2", 0), ("workers = 1", 1), ("workers = [", 0)])
def test_a_worker_is_left_out_only_where_the_settings_say_so(run, paths, settings, wanted):
    paths.data.mkdir(parents=True, exist_ok=True)
    paths.config.write_text(f"[capture]\n{settings}\n")
    assert run("capture", "--worker", "2", "--is-wanted") == (wanted, "", "")
