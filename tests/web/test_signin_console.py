"""Help for who cannot come in, from the box's console: while the box runs and while it does not."""

import contextlib
import io
import json
import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from appliance import cli
from appliance.box.paths import Paths
from appliance.errors import BadInput, Unavailable
from appliance.exam import totp
from appliance.ledger import asked
from appliance.ledger.actions import accounts, factors, guesses, users
from appliance.ledger.reader import Reader
from tests.others import as_root_for_another

from .test_signin import code, sign_in

pytestmark = pytest.mark.slow


@pytest.fixture
def run(services, monkeypatch):
    """`appliance user ...` on the services' data folder; -> (exit code, what it said)."""

    def call(*arguments, typed="", data=services.paths.data):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            done = cli.main(["user", *arguments, "--data", str(data)])
        return done, out.getvalue()

    return call


def test_on_a_running_box_a_person_is_let_in_again(make_house, run):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    for _ in range(5):
        sign_in(house.client(), password="wrong")
    assert re.search(r"^lead  lead  The lead  waits \d+ s after wrong guesses$", run("list")[1], re.MULTILINE)
    assert run("unlock", "lead") == (0, "user lead: may try again at once\n")
    assert sign_in(house.client()).status_code == 200
    secret = totp.new_secret()
    house.do(factors.set_up, user="lead", secret=secret, code=code(secret, -1))
    assert run("factor", "remove", "lead")[0] == 0
    assert sign_in(house.client()).json == {"user": "lead", "role": "lead"}
    house.do(accounts.disable, user="lead", by="admin")
    assert "lead  lead  The lead  switched off\n" in run("list")[1]
    assert run("enable", "lead")[0] == 0
    done, said = run("password", "lead", "--once")
    once = re.search(r"signs in once with: ([\w-]+)", said)[1]
    assert done == 0
    assert sign_in(house.client()).status_code == 409
    assert sign_in(house.client(), password=once).status_code == 200
    assert run("password", "lead", typed="six other words now\n")[0] == 0
    assert sign_in(house.client(), password="six other words now").status_code == 200
    assert [e.payload.once for e in house.events("user.password_set")] == [True, False]
    assert {e.actor for e in house.events("user.password_set")} == {"cli"}


def test_what_is_wrong_is_said_and_nothing_is_changed(services, run):
    assert run("unlock", "nobody") == (
        2, "appliance: there is no user nobody\n  The page of people lists everybody.\n",
    )  # fmt: skip
    done, said = run("password", "lead", typed="Password2026!\n")
    assert (done, "guessed first" in said) == (2, True)
    assert "no second factor" in run("factor", "remove", "lead")[1]
    assert run("unlock", "lead", data="/nowhere/at/all")[0] == 2
    with pytest.raises(BadInput, match="may not have"):
        asked.ask(services.paths.ledger_socket, "user.create", user="eve")
    with pytest.raises(BadInput, match="no password hash"):
        asked.ask(services.paths.ledger_socket, "user.password", user="lead", password_hash="plain")
    with pytest.raises(Unavailable):
        asked.ask(services.paths.run / "none.sock", "user.unlock", user="lead")


@as_root_for_another
def test_root_helps_while_the_box_does_not_run_and_leaves_no_file_that_the_box_cannot_open(furnished, run):
    folder = Path(tempfile.mkdtemp(prefix="console-"))
    paths = Paths.of(folder / "data").make()
    try:
        for name in ("ledger", "keys"):
            shutil.copytree(furnished.paths.data / name, paths.data / name, dirs_exist_ok=True)
        shutil.rmtree(paths.run)
        folder.chmod(0o755)
        for each in (paths.data, *paths.data.rglob("*")):
            os.chown(each, 4711, 4711)
        assert run("password", "lead", typed="six other words now\n", data=paths.data)[0] == 0
        assert {each.stat().st_uid for each in paths.data.rglob("*")} == {4711}
        assert os.geteuid() == 0
        with contextlib.closing(Reader(paths.database)) as reader, reader.connect() as connection:
            assert users.verify_password(connection, "lead", "six other words now").user == "lead"
            assert guesses.locked(connection, now=0.0) == {}
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(paths.run, ignore_errors=True)


def test_the_box_itself_asks_no_chores_of_itself(services):
    """Only who says to be the console: the other processes of the box have their events."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(services.paths.ledger_socket))
        peer.sendall(b'{"hello": "capture-1"}\n{"do": {"chore": "user.unlock", "said": {"user": "lead"}}}\n')
        answer = json.loads(peer.makefile("rb").readline())
    assert "may not have" in answer["reason"]
