"""A web application on a real ledger, an exam with three candidates, and one person of each role."""

import contextlib
import dataclasses
import shutil
import time
from dataclasses import dataclass, field
from typing import ClassVar

import argon2
import jinja2
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from appliance.box import health
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.config import Settings
from appliance.exam.events import BOX, ExamPlanned, FlagRaised
from appliance.exam.feed import Feed, Kind
from appliance.exam.permissions import USERS, Role
from appliance.exam.plan import ExamPlan
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger import state, tables
from appliance.ledger.actions import attempts, exams, users
from appliance.ledger.record import Draft
from appliance.ledger.writer import opened
from appliance.web import main, sockets
from appliance.web.app import create_app
from appliance.web.auth import COOKIE
from appliance.web.strings import Catalogue

EXAM = "biology-101"
PASSWORD = "four good words here"


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    """Argon2 as cheap as it gets: how dear it is on the box is a test of the ledger's."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_hasher", cheap)
        patch.setattr(users, "_NOBODY", cheap.hash("nobody"))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_routes():
    """Werkzeug writes and compiles two functions for each route, anew for each application: here once for all of them.
    They are bound to their rule afterwards, and our converters keep nothing."""
    compiled, compile_one = {}, Rule._compile_builder

    def remembered(rule, append_unknown=True):
        key = (rule.rule, rule.endpoint, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_one(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", remembered)
        yield


@pytest.fixture(scope="session")
def password_hash(quick_passwords):
    return users.hash_password(PASSWORD)


@dataclass(frozen=True)
class Furnished:
    """A ledger that is copied for each test: it is made once."""

    paths: Paths
    attempts: list[str]
    codes: list[str]


@pytest.fixture(scope="session")
def furnished(tmp_path_factory, password_hash):
    """A data folder with the exam and the people, and nothing running."""
    paths = Paths.of(tmp_path_factory.mktemp("furnished") / "data").make()
    key = secret_from(paths.code_key)
    people = [role.value for role in USERS] + ["proctor2"]

    def furnish(transaction):
        for name in people:
            role = Role(name.rstrip("2"))
            users.create_user(
                transaction, user=name, name=f"The {name}", role=role, password_hash=password_hash, by="test"
            )
        policy = ExamPolicy(exam=EXAM, title="Biology 101", starts_at=time.time() - 60, link="https://exam.test/x")
        exams.create_exam(transaction, policy, by="planner")
        rows = [
            RosterRow("1", "c-1", "Ada Lovelace", "proctor"),
            RosterRow("2", "c-2", "Ken Thompson", "proctor2"),
            RosterRow("3", "c-3", "Grace Hopper", None),
        ]
        attempts = exams.import_roster(transaction, EXAM, rows, by="planner")
        codes = [code for _, code in exams.issue_codes(transaction, EXAM, key=key, by="planner")]
        return attempts, codes

    with opened(paths.database) as writer:
        attempts, codes = writer.transact(furnish)
    shutil.rmtree(paths.run)
    return Furnished(paths, attempts, codes)


@contextlib.contextmanager
def served(furnished: Furnished, paths: Paths):
    """The services of the web process on a copy of the furnished ledger."""
    for name in ("ledger", "keys"):
        shutil.copytree(furnished.paths.data / name, paths.data / name, dirs_exist_ok=True)
    with main.serving(paths, Settings()) as made:
        yield dataclasses.replace(made, words=Catalogue.load(strict=True))


@pytest.fixture
def services(furnished, paths):
    with served(furnished, paths) as made:
        yield made


@dataclass
class House:
    """The application, its exam, and clients that are signed in."""

    app: object
    services: object
    sockets: object
    follower: object
    attempts: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, token: str | None = None) -> FlaskClient:
        client = self.app.test_client()
        if token is not None:
            client.set_cookie(COOKIE, token)
        return client

    def user(self, name: str) -> FlaskClient:
        """A client of this user (named as the role, or proctor2)."""
        return self.client(self.token(user=name))

    def candidate(self, number: int = 0) -> FlaskClient:
        return self.client(self.token(attempt=self.attempts[number]))

    def role(self, role: Role | None) -> FlaskClient:
        if role is None:
            return self.client()
        if role is Role.PHONE:
            return self.client(self.token(attempt=self.attempts[0], device="phone"))
        return self.candidate(0) if role is Role.CANDIDATE else self.user(role.value)

    def token(self, **who: str) -> str:
        return self.services.writer.transact(lambda t: users.open_login(t, **who))

    def do(self, action, *args, **kwargs):
        return self.services.writer.transact(lambda t: action(t, *args, **kwargs))

    def ask(self, query):
        with self.services.reader.connect() as connection:
            return query(connection)

    def attempt(self, number: int = 0) -> state.AttemptRow:
        return self.ask(lambda c: state.attempt(c, self.attempts[number]))

    def events(self, type: str, **where):
        return self.services.reader.events(types=frozenset({type}), **where)

    def reach(self, stage: str, number: int = 0) -> None:
        """Lead a candidate to a stage, by the same actions that people use."""
        attempt = self.attempts[number]
        signed = {"signature": "A", "statement_version": "1", "statement_sha256": "00"}
        steps = {
            "arrived": lambda: self.do(
                attempts.arrive, self.codes[number], key=self.services.code_key, browser="pytest"
            ),
            "consent": lambda: self.do(attempts.confirm, attempt),
            "equipment": lambda: self.do(attempts.sign, attempt, **signed),
            "waiting": lambda: self.do(attempts.equip, attempt, camera="c", microphone="m", surface="monitor"),
            "admitted": lambda: self.do(attempts.admit, attempt, by="lead"),
            "in_exam": lambda: self.do(attempts.start, attempt),
            "submitted": lambda: self.do(attempts.finish, attempt),
        }
        names = list(steps)
        there = self.attempt(number).stage.value
        for name in names[names.index(there) + 1 if there in names else 0 : names.index(stage) + 1]:
            steps[name]()

    def say(self, payload, number: int | None = 0, actor: str = "test"):
        """An event of a candidate, or (None) of the box's chain."""
        chain = BOX if number is None else self.attempts[number]
        return self.services.writer.append(Draft(payload=payload, chain=chain, exam=EXAM, actor=actor))

    def plan(self, **settings) -> None:
        """The exam is held like this from now on."""
        self.say(ExamPlanned(exam=EXAM, plan=ExamPlan(**settings).checked().to_json(), by="planner"), None)

    def feeds_arrive(self, *kinds: str, number: int = 0, silent: float = 0.2) -> None:
        """Let capture say so."""
        feeds = {str(Feed(self.attempts[number], Kind(kind))): {"fps": 15.0, "silent_s": silent} for kind in kinds}
        health.write(self.services.paths.health, "capture-1", healthy=True, sentence="records", feeds=feeds)

    def flag(self, number: int = 0, **changes) -> str:
        """A flag raised by detection."""
        said = {
            "flag": f"flag{number}",
            "code": "phone_visible",
            "category": "integrity",
            "severity": "high",
            "kind": "webcam",
            "source": "inference",
            "onset_at": time.time() - 5,
            "position": 12.0,
            "stage": "in_exam",
            "rules": "test",
            "models": {},
            "threshold": 0.5,
            "score": 0.8,
            "true": 3,
            "assessable": 4,
            "ticks": 4,
            "light": 90.0,
            "snapshots": [],
            **changes,
        }
        self.services.writer.append(
            Draft(payload=FlagRaised(**said), chain=self.attempts[number], exam=EXAM, actor="inference")
        )
        return said["flag"]


class Compiled(jinja2.BytecodeCache):
    """Templates are compiled once for all tests."""

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket):
        self.kept[bucket.key] = bucket.bytecode_to_string()


def build(furnished: Furnished, services, **config) -> House:
    """A house with these settings of Flask."""
    app = create_app(services, **{"TESTING": True, "WTF_CSRF_ENABLED": False, **config})
    app.jinja_env.bytecode_cache = Compiled()
    io, follower = sockets.create(app, services)
    return House(app, services, io, follower, list(furnished.attempts), list(furnished.codes))


@pytest.fixture
def make_house(furnished, services):
    return lambda **config: build(furnished, services, **config)


@pytest.fixture
def house(make_house):
    """The usual one: CSRF off, so that a test says what it is about. `test_security` has it on."""
    return make_house()


@pytest.fixture(scope="module")
def lasting(furnished, tmp_path_factory):
    """One house for all tests of a file that only knock: what is refused changes nothing. Its candidate 1 is in the
    exam."""
    paths = Paths.of(tmp_path_factory.mktemp("lasting") / "data").make()
    with served(furnished, paths) as services:
        made = build(furnished, services)
        made.reach("in_exam")
        yield made
    shutil.rmtree(paths.run)


def count(house: House, table: sa.Table) -> int:
    return house.ask(lambda c: c.execute(sa.select(sa.func.count()).select_from(table)).scalar())


__all__ = ["EXAM", "PASSWORD", "House", "count", "tables"]
