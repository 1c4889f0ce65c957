"""Planners are told when an exam is upstream: once, on a page and by mail; by a real mail server, or again later."""

import asyncio
import base64
import contextlib
import email
import email.policy
import ipaddress
import logging
import ssl
import threading
import time

import pytest

from appliance.box.authority import Authority
from appliance.config import MailSettings, UpstreamSettings
from appliance.errors import ConfigError
from appliance.exam.events import BOX, ExamStored
from appliance.ledger import planning
from appliance.sync.chores import Chores
from appliance.sync.notice import RECENT_SECONDS, Notices
from appliance.sync.retention import Retention
from appliance.sync.trust import Trust

SECRET = "correct horse battery"


class Post:
    """A mail server (RFC 5321, AUTH PLAIN, STARTTLS) in a thread. `letters`: what it took; `refuse`: a reply to give
    instead of taking one."""

    def __init__(self, context=None):
        self.context, self.letters, self.refuse = context, [], ""
        self.heard = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._main(),))

    async def _main(self):
        self._stop = asyncio.Event()
        self._tasks = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._stop.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await self._talk(reader, writer)
        writer.close()
        self._tasks.discard(task)

    async def _talk(self, reader, writer):
        say = lambda line: writer.write(line.encode() + b"\r\n")  # noqa: E731
        say("220 post")
        while line := (await reader.readline()).decode().strip():
            verb = line.upper().partition(" ")[0]
            self.heard.append(verb)
            if verb == "EHLO":
                say("250-post")
                say("250-STARTTLS" if self.context and not writer.get_extra_info("ssl_object") else "250-AUTH PLAIN")
                say("250 OK")
            elif verb == "STARTTLS":
                say("220 go on")
                await writer.start_tls(self.context)
            elif verb == "AUTH":
                right = base64.b64encode(f"\0box\0{SECRET}".encode()).decode()
                say("235 yes" if line.split()[2] == right else f"535 {line} is wrong")
            elif verb == "DATA":
                say("354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += await reader.readline()
                self.letters.append(email.message_from_bytes(data[:-3], policy=email.policy.default))
                say("250 taken")
            elif verb == "RCPT" and self.refuse:
                say(self.refuse)
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 OK")

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def post():
    with Post() as running:
        yield running


@pytest.fixture
def stored(rig):
    """The exam is upstream."""
    told = ExamStored(exam="bio", manifest_sha256="ab" * 32, attempts=2, number=1)
    rig.evidence.append(told, BOX, actor="sync")
    return rig


def mail(port, **changes):
    said = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "box@lab.test", "to": "plan@lab.test"}
    return MailSettings(**{**said, **changes})


def notices(rig, settings):
    upstream = UpstreamSettings(site="north", box="box-1")
    return Notices(reader=rig.reader, ledger=rig.ledger, mail=settings, upstream=upstream, monotonic=lambda: rig.clock)


def given(rig):
    with rig.reader.connect() as connection:
        return {row.how: (row.to, row.trouble) for row in planning.notices(connection)}


def said(rig):
    return [(e.payload.how, e.payload.trouble) for e in rig.reader.events(types=frozenset({"notice.given"}))]


def test_M15_the_planner_is_told_once_that_recordings_are_ready(stored, post):
    running = notices(stored, mail(post.port))
    for _ in range(3):
        running.turn(now=time.time())
    notices(stored, mail(post.port)).turn(now=time.time())  # after a restart
    assert given(stored) == {"page": ("test", ""), "mail": ("plan@lab.test", "")}
    assert len(said(stored)) == 2
    (letter,) = post.letters
    assert (letter["From"], letter["To"]) == ("box@lab.test", "plan@lab.test")
    assert letter["Subject"] == "Recordings are ready: Biology 101"
    assert "north/box-1/bio" in letter.get_content()
    assert "Candidate" not in letter.get_content()


def test_nobody_is_told_before_and_nobody_by_mail_where_none_is_set_up(rig, post):
    running = notices(rig, MailSettings())
    running.turn(now=time.time())
    assert given(rig) == {}
    rig.evidence.append(ExamStored(exam="bio", manifest_sha256="ab", attempts=2, number=1), BOX, actor="sync")
    notices(rig, mail(post.port)).turn(now=time.time() + RECENT_SECONDS + 10)
    assert given(rig) == {}, "long ago"
    running.turn(now=time.time())
    assert given(rig) == {"page": ("test", "")}


def test_a_mail_that_cannot_be_sent_is_said_once_for_each_reason_and_tried_again(stored, post):
    running = notices(stored, mail(post.port))
    post.refuse = "450 later"
    for _ in range(3):
        running.turn(now=time.time())
    assert post.heard.count("RCPT") == 1, "not again at once"
    stored.clock += 60
    running.turn(now=time.time())
    assert post.heard.count("RCPT") == 2
    assert running.trouble == "the mail server 127.0.0.1 refused the mail (450)"
    assert said(stored)[1:] == [("mail", running.trouble)], "two tries, said once"
    post.refuse = ""
    stored.clock += 200
    running.turn(now=time.time())
    assert (given(stored)["mail"], len(post.letters), running.trouble) == (("plan@lab.test", ""), 1, "")


def test_by_starttls_with_a_password_that_stays_secret(stored, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "leaf.pem").write_bytes(authority.leaf(["localhost"], [ipaddress.ip_address("127.0.0.1")]).pem)
    context.load_cert_chain(tmp_path / "leaf.pem")
    (tmp_path / "password").write_text(f"{SECRET}\n")
    (tmp_path / "wrong").write_text("open sesame")
    safe = {"security": "starttls", "user": "box"}
    with Post(context) as post:
        running = notices(stored, mail(post.port, password_file=str(tmp_path / "password"), **safe))
        running.turn(now=time.time())
        assert running.trouble == "the certificate of the mail server 127.0.0.1 cannot be trusted"
        (tmp_path / "root.pem").write_bytes(authority.pem())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        for file, trouble in (
            ("nothing", "the file with the mail password cannot be read"),
            ("wrong", "the mail server 127.0.0.1 does not accept the user or the password"),
            ("password", ""),
        ):
            running = notices(stored, mail(post.port, password_file=str(tmp_path / file), **safe))
            running.turn(now=time.time())
            assert running.trouble == trouble
        assert len(post.letters) == 1
    everything = caplog.text + str(said(stored))
    assert SECRET not in everything
    assert "open sesame" not in everything


def chores_of(stored, running):
    retention = Retention(stored.paths, stored.reader, stored.ledger, store=stored.store, site="north", box="box-1")
    return Chores(retention, running, Trust(stored.paths.cache / "clock"))


def test_a_mail_server_that_is_away_is_said(stored):
    running = notices(stored, mail(1))
    running.turn(now=time.time())
    assert given(stored)["mail"] == ("plan@lab.test", "the mail server 127.0.0.1 does not answer")
    chores = chores_of(stored, running)
    assert chores.status()["chores_failing"] == "the mail server 127.0.0.1 does not answer"


def test_a_ledger_that_is_away_is_waited_for_and_the_mail_is_not_lost(stored, post):
    chores = chores_of(stored, running := notices(stored, mail(post.port)))
    stored.ledger.away = True
    stopping = threading.Event()
    thread = threading.Thread(target=chores.run, args=(stopping,))
    thread.start()
    until = time.monotonic() + 5
    while not chores.trouble and time.monotonic() < until:
        time.sleep(0.01)
    assert chores.trouble == "the box did not answer"
    stopping.set()
    thread.join()
    stored.ledger.away = False
    running.turn(now=time.time())
    assert given(stored) == {"page": ("test", ""), "mail": ("plan@lab.test", "")}


@pytest.mark.parametrize("changes", [{"to": ""}, {"sender": "box\nBcc: x@y"}, {"to": "a@b, c@d"}])
def test_a_server_without_addresses_is_refused_at_the_start(changes):
    with pytest.raises(ConfigError, match="is not an address"):
        mail(25, **changes).check()


def test_a_password_never_travels_unprotected():
    with pytest.raises(ConfigError, match="unprotected"):
        mail(25, user="box")
