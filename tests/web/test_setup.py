"""The setup page: the code, the six steps with good and bad input, the end."""

import base64
import io
import json
import re
import shutil
import time
import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa

from appliance.box import errand, health, picture, recovery
from appliance.box.authority import Authority
from appliance.box.paths import Paths
from appliance.errors import NotFound
from appliance.exam.permissions import ALLOWED, Action
from appliance.ledger import tables
from appliance.provision import apply, setup_code
from appliance.provision.seed import Admin, Seed
from appliance.web.security import limiter
from appliance.web.setup import checks, gate, progress, round_trip, trial
from appliance.web.setup.finding import Finding
from appliance.web.setup.steps import ORDER, Step
from appliance.web.setup.workshop import Workshop, workshop
from appliance.web.strings import Catalogue

from .conftest import build, served

pytestmark = pytest.mark.slow

LAB = {"lab_name": "Physics 2.14", "site": "physics", "box": "lab-214", "timezone": "Europe/Berlin", "contact": "4711"}
ADMIN = {"name": "Ada Lovelace", "user": "ada", "password": "four odd words here", "again": "four odd words here"}


@pytest.fixture(scope="module")
def lasting_box(furnished, tmp_path_factory):
    paths = Paths.of(tmp_path_factory.mktemp("bare") / "data").make()
    with served(furnished, paths) as services:
        made = build(furnished, services)
        made.client().get("/sign-in")  # opens what stays open: connections to the ledger
        with services.reader.connect() as one, services.reader.connect() as two:
            assert one is not two
        yield made
    shutil.rmtree(paths.run)


@pytest.fixture
def delivered(lasting_box):
    """A box as it is delivered, but that its people are there already."""
    paths = lasting_box.services.paths
    for folder in (paths.provision, paths.errands):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (paths.config, paths.run / "restart", paths.keys / "site.pem", paths.keys / "request.pem"):
        file.unlink(missing_ok=True)
    limiter.reset()
    lasting_box.app.extensions["setup"] = Workshop()
    setup_code.make(paths)
    return lasting_box


@pytest.fixture
def bare(delivered):
    """A box that nobody has set up: first boot made its code, and nobody can sign in."""
    recovery.recipient(delivered.services.paths.keys)
    delivered.services.writer.transact(lambda t: t.connection.execute(sa.delete(tables.user)))
    return delivered


@pytest.fixture
def helper(bare):
    """Somebody at the setup page who has typed the code."""
    client = bare.client()
    answer = client.post("/setup", data={"code": setup_code.shown(bare.services.paths)})
    assert answer.headers["Location"] == "/setup/lab"
    return client


def draft(house):
    return progress.draft(house.services.paths)


def walk(client):
    """Every step, as short as it gets."""
    client.post("/setup/lab", data=LAB)
    client.post("/setup/people", data={**ADMIN, "then": "on"})
    client.post("/setup/network", data={"way": "dhcp"})
    client.post("/setup/certificate", data={"mode": "own"})
    client.post("/setup/upstream", data={"kind": "later"})
    return client.post("/setup/seats", data={"seats": "20"})


# --- the code ---


def test_the_doors_of_a_fresh_box_lead_to_the_setup(bare):
    for path in ("/", "/sign-in"):
        assert bare.client().get(path).headers["Location"] == "/setup"


def test_a_box_that_somebody_can_sign_in_to_keeps_its_doors(bare):
    seed = Seed(admin=(Admin(user="stick", name="From a stick", password_hash="x"),))
    bare.do(apply.people, seed, by="stick")
    assert bare.client().get("/").status_code == 200
    assert bare.client().get("/sign-in").status_code == 200


def test_the_code_opens_the_setup_however_it_is_typed(bare):
    code = setup_code.code(bare.services.paths)
    answer = bare.client().post("/setup", data={"code": f" {code[:4].lower()} {code[4:]} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup/lab")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert code not in cookie


def test_over_https_the_cookie_is_never_sent_without_it(bare):
    answer = bare.client().post("/setup", data={"code": setup_code.code(bare.services.paths)}, base_url="https://box")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_wrong_code_is_said_and_the_right_one_is_in_no_log(bare, caplog):
    answer = bare.client().post("/setup", data={"code": "3333-3333"})
    assert answer.status_code == 400
    assert "not the setup code" in answer.text
    assert setup_code.code(bare.services.paths) not in caplog.text + answer.text
    assert bare.client().post("/setup", data={"code": "<b>"}).status_code == 400


def test_who_guesses_waits_longer_each_time_and_even_the_right_code_waits(bare):
    client = bare.client()
    for _ in range(2):
        assert client.post("/setup", data={"code": "3333-3333"}).status_code == 400
    answer = client.post("/setup", data={"code": "3333-3333"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (400, "10")
    answer = client.post("/setup", data={"code": setup_code.code(bare.services.paths)})
    assert answer.status_code == 429
    assert "Wait" in answer.text
    other = {"REMOTE_ADDR": "127.0.0.2"}  # nobody can lock the lab staff out
    answer = client.post("/setup", data={"code": setup_code.code(bare.services.paths)}, environ_base=other)
    assert answer.status_code == 303


def test_on_plain_http_from_elsewhere_no_secret_is_asked_for(bare):
    elsewhere = {"REMOTE_ADDR": "10.4.7.33"}
    answer = bare.client().get("/setup", environ_base=elsewhere)
    assert answer.status_code == 409
    assert 'href="/trust"' in answer.text
    assert 'name="code"' not in answer.text
    code = {"code": setup_code.code(bare.services.paths)}
    answer = bare.client().post("/setup", data=code, environ_base=elsewhere)
    assert answer.status_code == 409
    assert "Set-Cookie" not in answer.headers or "setup=" not in answer.headers["Set-Cookie"]


def test_the_cookie_opens_nothing_on_plain_http_from_elsewhere(helper):
    answer = helper.get("/setup/lab", environ_base={"REMOTE_ADDR": "10.4.7.33"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup")


def test_a_new_code_ends_what_the_old_one_opened(bare, helper):
    setup_code.used(bare.services.paths)
    setup_code.make(bare.services.paths)  # as after a factory reset
    assert helper.get("/setup/lab").headers["Location"] == "/setup"


SET_UP = [
    ("GET", "/setup/lab"), ("POST", "/setup/people"), ("POST", "/api/setup/check/store"), ("GET", "/setup/card"),
    ("POST", "/api/setup/camera"), ("GET", "/api/setup/camera/picture"), ("POST", "/setup/finish"),
    ("POST", "/setup/card"), ("POST", "/setup/certificate/request"), ("POST", "/api/setup/camera/begin"),
    ("POST", "/api/setup/capacity"),
]  # fmt: skip


def test_every_part_of_the_setup_needs_its_cookie_whoever_is_signed_in(bare):
    bare.do(apply.people, Seed(admin=(Admin(user="root", password_hash="x"),)), by="test")
    admin = bare.user("root")
    for method, path in SET_UP:
        said = {"headers": {"Accept": "application/json"}, "json": {}}
        assert bare.client().open(path, method=method, **said).status_code == 401
        assert admin.open(path, method=method, **said).status_code == 403
    assert not ALLOWED[Action.SET_UP]


def test_once_it_is_over_the_page_says_so_and_where_things_are_changed(delivered):
    house = delivered
    setup_code.used(house.services.paths)
    answer = house.client().get("/setup")
    assert answer.status_code == 404
    assert "nothing to set up" in answer.text
    assert house.client().post("/setup", data={"code": "3333-3333"}).status_code == 404


# --- the steps ---


def test_this_lab_becomes_the_seed(bare, helper):
    answer = helper.post("/setup/lab", data=LAB)
    assert answer.headers["Location"] == "/setup/people"
    lab = draft(bare).lab
    assert (lab.name, lab.site, lab.box, lab.timezone) == ("Physics 2.14", "physics", "lab-214", "Europe/Berlin")
    assert progress.read(bare.services.paths).contact == "4711"


@pytest.mark.parametrize(
    ("step", "typed", "field", "said"),
    [
        (Step.LAB, {**LAB, "lab_name": ""}, "lab_name", "fill this in"),
        (Step.LAB, {**LAB, "box": "Lab 2.14!"}, "box", "Small letters"),
        (Step.LAB, {**LAB, "timezone": "Mars/Base"}, "timezone", "no such time zone"),
        (Step.LAB, {**LAB, "contact": "x" * 301}, "contact", "too long"),
        (Step.NETWORK, {"way": "fixed", "address": "10.4.7.20"}, "address", "with its prefix"),
        (Step.NETWORK, {"way": "fixed", "address": ""}, "address", "fill this in"),
        (Step.NETWORK, {"way": "fixed", "address": "10.4.7.20/24", "gateway": "10.9.0.1"}, "gateway", "same network"),
        (Step.NETWORK, {"way": "fixed", "address": "10.4.7.20/24", "dns": "fish"}, "dns", "three addresses"),
        (Step.NETWORK, {"way": "dhcp", "time_servers": "not a/server"}, "time_servers", "time servers"),
        (Step.UPSTREAM, {"kind": "folder", "folder": "evidence"}, "folder", "beginning with /"),
        (Step.UPSTREAM, {"kind": "s3", "bucket": ""}, "bucket", "fill this in"),
        (Step.UPSTREAM, {"kind": "s3", "bucket": "b", "access_key": "k"}, "secret_key", "go together"),
        (Step.UPSTREAM, {"kind": "later", "evidence_days": "a year"}, "evidence_days", "whole number of days"),
        (Step.SEATS, {"seats": "many"}, "seats", "whole number"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(bare, helper, step, typed, field, said):
    before = draft(bare)
    answer = helper.post(f"/setup/{step}", data=typed)
    assert answer.status_code == 400
    beside = re.search(rf'id="about-{field}" class="wrong"[^>]*>([^<]*)', answer.text)
    assert beside, answer.text
    assert said in beside[1]
    kept = [value for value in typed.values() if value and len(value) < 60]
    assert all(value.replace("&", "&amp;") in answer.text for value in kept if value not in ("Mars/Base",))
    assert draft(bare) == before
    assert step.value not in progress.read(bare.services.paths).done


def test_the_first_person_is_the_admin_and_can_sign_in_at_once(bare, helper):
    answer = helper.post("/setup/people", data={**ADMIN, "role": "proctor", "then": "on"})
    assert answer.headers["Location"] == "/setup/network"
    rows = bare.ask(lambda c: c.execute(sa.select(tables.user.c.user, tables.user.c.role)).all())
    assert [tuple(row) for row in rows] == [("ada", "admin")]
    answer = bare.client().post("/sign-in", data={"user": "ada", "password": ADMIN["password"]})
    assert answer.status_code == 303
    assert bare.client().get("/sign-in").status_code == 200, "somebody can sign in now"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"again": "four other words"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 10"),
        ({"user": "Ada L!"}, "cannot name a user"),
        ({"name": ""}, "are needed"),
    ],
)
def test_a_person_that_cannot_be_entered_is_said_and_the_password_is_not_shown(helper, change, said):
    answer = helper.post("/setup/people", data={**ADMIN, **change})
    assert answer.status_code == 400
    assert said in answer.text
    assert ADMIN["password"] not in answer.text


def test_others_are_entered_beside_and_nobody_goes_on_without_an_admin(bare, helper):
    assert helper.post("/setup/people", data={"then": "on"}).status_code == 400
    helper.post("/setup/people", data=ADMIN)
    planner = {
        "name": "Pia",
        "user": "pia",
        "role": "planner",
        "password": "other odd words here",
        "again": "other odd words here",
    }
    assert helper.post("/setup/people", data=planner).headers["Location"] == "/setup/people"
    assert helper.post("/setup/people", data={**planner, "user": "pit", "role": "king"}).status_code == 400
    assert "Pia" in helper.get("/setup/people").text
    assert helper.post("/setup/people", data={"then": "on"}).headers["Location"] == "/setup/network"
    assert [one.role for one in draft(bare).admin] == ["admin", "planner"]


def test_a_secret_key_is_kept_without_being_shown_or_typed_again(bare, helper):
    store = {"kind": "s3", "bucket": "evidence", "endpoint": "https://s3.test", "access_key": "K", "secret_key": "hush"}
    helper.post("/setup/upstream", data=store)
    page = helper.get("/setup/upstream").text
    assert "hush" not in page
    assert "One is kept" in page
    helper.post("/setup/upstream", data={**store, "secret_key": "", "evidence_days": "90"})
    assert (draft(bare).upstream.secret_key, draft(bare).retention.evidence_days) == ("hush", 90)
    assert "hush" not in (bare.services.paths.provision / progress.FILE).read_text()
    assert (bare.services.paths.provision / apply.WANTED).stat().st_mode & 0o777 == 0o600


def test_a_step_that_is_not_there_is_said(helper):
    assert helper.get("/setup/nothing").status_code == 404


def test_what_is_done_stays_done_on_another_device_and_after_a_restart(bare, helper, furnished):
    helper.post("/setup/lab", data=LAB)
    helper.post("/setup/people", data={**ADMIN, "then": "on"})
    again = build(furnished, bare.services)
    other = again.client()
    answer = other.post("/setup", data={"code": setup_code.code(bare.services.paths)})
    assert answer.headers["Location"] == "/setup/network"
    assert 'value="Physics 2.14"' in other.get("/setup/lab").text


def test_a_seed_from_a_stick_is_shown_and_only_what_is_missing_is_typed(bare, helper):
    seed = apply.written.read('[lab]\nname = "Chemistry"\nsite = "chem"\nbox = "chem-1"\n')
    apply.box(bare.services.paths, seed)
    assert 'value="Chemistry"' in helper.get("/setup/lab").text


def test_a_damaged_note_of_what_is_done_only_means_to_look_again(bare):
    paths = bare.services.paths
    for text in ("", "[]", '{"done": {"lab": "x"}}', '{"done": 3}'):
        (paths.provision / progress.FILE).write_text(text)
        assert progress.read(paths) == progress.Progress()


def test_every_page_has_its_words_in_both_languages(bare, helper):
    walk(helper)
    strict = Catalogue.load(language="de", strict=True)
    for language in ("en", "de"):
        helper.post("/setup/language", data={"language": language, "next": "/setup/lab"})
        for path in [*(f"/setup/{step}" for step in ORDER), "/setup/finish", "/setup/wait", "/setup/camera"]:
            answer = helper.get(path)
            assert answer.status_code == 200, path
            assert f'lang="{language}"' in answer.text
            shown = re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)
            assert not re.findall(r">\s*setup\.[a-z_.]+", shown), path
    assert strict("setup.step.lab") in helper.get("/setup/lab").text


def test_another_language_leads_back_to_a_page_of_the_setup_only(bare):
    for said, there in (("/setup/lab", "/setup/lab"), ("//evil.test", "/setup"), ("/users", "/setup")):
        answer = bare.client().post("/setup/language", data={"language": "de", "next": said})
        assert answer.headers["Location"] == there
    assert "Set-Cookie" not in bare.client().post("/setup/language", data={"language": "xx"}).headers


# --- the live tests, as the page asks ---


def tried(client, check, **fields):
    return client.post(f"/api/setup/check/{check}", json=fields).json["findings"]


def test_what_stands_in_the_form_is_tried_and_not_what_is_kept(bare, helper, monkeypatch):
    asked = []
    monkeypatch.setattr(
        round_trip, "look", lambda place: asked.append(place) or Finding.of_error("store", NotFound("no"))
    )
    helper.post("/setup/lab", data=LAB)
    typed = {"kind": "s3", "bucket": "b", "endpoint": "https://s3.test", "access_key": "K", "secret_key": "hush"}
    (found,) = tried(helper, "store", **typed)
    (place,) = asked
    assert (place.url, place.endpoint, place.site, place.box) == ("s3://b", "https://s3.test", "physics", "lab-214")
    assert "hush" not in repr(place)
    assert not Path(place.credentials_file).exists(), "the key is gone when the test is over"
    assert (found["state"], found["sentence"]) == ("bad", "No.")
    (found,) = tried(helper, "store", kind="s3", bucket="", endpoint="")
    assert found["state"] == "bad"
    assert len(asked) == 1, "what cannot be is not tried"


def test_the_clock_of_the_device_is_compared_with_the_boxs(helper):
    assert [one["state"] for one in tried(helper, "clock", now=time.time())][-1] == "good"
    assert [one["state"] for one in tried(helper, "clock", now=time.time() - 7200)][-1] == "warn"
    assert tried(helper, "clock", time_servers="not a/server")[0]["state"] == "bad"


def test_a_certificate_is_tried_before_it_is_used_and_saved_as_the_sites(bare, helper, tmp_path):
    paths = bare.services.paths
    assert tried(helper, "certificate", mode="files")[0]["state"] == "note"
    assert tried(helper, "certificate", mode="files", chain_data=coded(b"no pem"))[0]["state"] == "bad"
    pem = Authority(tmp_path).leaf(["lab-214.local"], []).pem
    helper.post("/setup/lab", data=LAB)
    found = tried(helper, "certificate", mode="files", name="lab-214.local", chain_data=coded(pem))
    assert found[0]["state"] == "good", found
    assert not (paths.keys / "site.pem").exists()
    said = {"mode": "files", "name": "lab-214.local", "chain_file": (io.BytesIO(b"no pem"), "x.pem")}
    assert helper.post("/setup/certificate", data=said, content_type="multipart/form-data").status_code == 400
    said["chain_file"] = (io.BytesIO(pem), "x.pem")
    answer = helper.post("/setup/certificate", data=said, content_type="multipart/form-data")
    assert answer.headers["Location"] == "/setup/upstream", answer.text[-900:]
    assert (paths.keys / "site.pem").exists()
    assert draft(bare).certificate.mode == "files"
    assert "PRIVATE" not in helper.get("/setup/certificate").text


def test_a_request_to_be_signed_is_a_file_for_the_name_that_was_typed(helper):
    answer = helper.post("/setup/certificate/request", data={"name": "lab-214.example.edu"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lab-214.csr"'
    assert answer.data.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
    assert helper.post("/setup/certificate/request", data={"name": "not a name"}).status_code >= 400


def coded(content):
    return base64.b64encode(content).decode()


def test_more_than_two_tests_at_a_time_wait_for_no_one_for_ever(bare, helper, monkeypatch):
    with bare.app.app_context():
        held = workshop().checking
    monkeypatch.setattr(checks, "BUSY_SECONDS", 0.01)
    with held, held:
        assert helper.post("/api/setup/check/clock", json={}).status_code == 409
    assert helper.post("/api/setup/check/clock", json={}).status_code == 200
    assert helper.post("/api/setup/check/nothing", json={}).status_code == 404


# --- the end ---


def test_nothing_is_applied_before_every_step_is_done(bare, helper):
    helper.post("/setup/lab", data=LAB)
    assert helper.post("/setup/finish").headers["Location"] == "/setup/people"
    assert helper.get("/setup/card").headers["Location"] == "/setup/finish"
    assert helper.post("/setup/card", data={"have_card": "on", "have_key": "on"}).status_code == 409
    assert recovery.secret(bare.services.paths.keys)


def test_the_box_is_told_and_starts_again_and_the_page_waits_for_it(bare, helper):
    paths = bare.services.paths
    assert walk(helper).headers["Location"] == "/setup/finish"
    assert helper.post("/setup/finish").headers["Location"] == "/setup/wait"
    assert tomllib.loads(paths.config.read_text())["upstream"]["box"] == "lab-214"
    assert (paths.run / "restart").exists(), "the supervisor of `appliance run` is told"
    assert helper.get("/api/setup/applied").json["ready"] is False
    with bare.app.app_context():
        workshop().born_at += 60  # the web process begins again
    assert helper.get("/api/setup/applied").json["ready"] is True


def test_on_an_installed_box_the_steward_is_asked_and_waited_for(bare, helper, monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    paths = bare.services.paths
    walk(helper)
    helper.post("/setup/finish")
    asked = errand.waiting(paths)
    assert [one.verb.value for one in asked] == ["apply", "restart"]
    with bare.app.app_context():
        workshop().born_at += 60
    assert helper.get("/api/setup/applied").json["ready"] is False
    said = errand.Outcome(id=asked[0].id, verb=asked[0].verb, done=False, sentence="no interface eth9", hint="Look.")
    errand.settle(paths, said)
    assert helper.get("/api/setup/applied").json["ready"] is True
    assert (
        "No interface eth9" in helper.get("/setup/card").text or "no interface eth9" in helper.get("/setup/card").text
    )


def test_the_card_shows_the_key_once_and_the_end_is_the_end(bare, helper, monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")  # who will give the box its new name
    paths = bare.services.paths
    key = recovery.secret(paths.keys)
    walk(helper)
    helper.post("/setup/finish")
    card = helper.get("/setup/card")
    for part in (key, "Physics 2.14", "lab-214.local", "4711", "Ada Lovelace", "data:image/svg+xml"):
        assert part in card.text, part
    answer = helper.post("/setup/card", data={"have_card": "on"})
    assert answer.status_code == 400
    assert recovery.secret(paths.keys) == key
    answer = helper.post("/setup/card", data={"have_card": "on", "have_key": "on"})
    assert answer.status_code == 200
    assert "/sign-in" in answer.text
    assert recovery.secret(paths.keys) is None
    assert recovery.recipient(paths.keys).startswith("age1"), "backups go on"
    assert not gate.is_open(paths)
    assert helper.get("/setup").status_code == 404
    assert helper.get("/setup/card").headers["Location"] == "/setup"
    for file in paths.provision.glob("*.json"):
        assert key not in file.read_text()


# --- a camera from any lab computer ---


def camera(house, helper):
    """-> headers of an invited computer."""
    link = helper.post("/api/setup/camera").json["link"]
    return {"X-Camera-Token": link.partition("#")[2], "Accept": "application/json"}


def test_an_invited_computer_sends_and_the_setup_page_sees_it(bare, helper):
    invited, pc = camera(bare, helper), bare.client()
    assert helper.get("/api/setup/camera").json["state"] == "waiting"
    begun = pc.post("/api/setup/camera/begin", headers=invited, json={}).json
    attempt = begun["url"].split("/")[2]
    claim = bare.services.tokens.check(begun["token"], "publish")
    assert (claim.feed.attempt, claim.exam.startswith(trial.NAME)) == (attempt, True)
    assert helper.get("/api/setup/camera").json["state"] == "arriving"
    arrives(bare, attempt, codecs=["avc1", "opus"])
    said = pc.get("/api/setup/camera/arrived", headers=invited).json
    assert (said["state"], said["seen"], said["heard"]) == ("seen", True, True)
    assert helper.get("/api/setup/camera/picture").data == b"jpeg"
    assert progress.read(bare.services.paths).camera
    row = bare.ask(lambda c: c.execute(sa.select(tables.exam.c.ended_at).where(tables.exam.c.exam == claim.exam)).one())
    assert row.ended_at is not None, "the trial ends by itself"


def arrives(house, attempt, *, codecs):
    paths = house.services.paths
    feeds = {f"{attempt}/webcam": {"fps": 15.0, "silent_s": 0.1, "codecs": codecs}}
    health.write(paths.health, "capture-1", healthy=True, sentence="records", feeds=feeds)
    header = picture.Header(
        feed=f"{attempt}/webcam", number=3, taken_at=0.0, position=0.0, width=1, height=1, jpeg_bytes=4, raw_bytes=0
    )
    picture.write(paths.pictures, header, b"jpeg", b"")


def test_a_picture_without_sound_is_said(bare, helper, monkeypatch):
    monkeypatch.setattr(trial, "SENDING_SECONDS", -1.0)
    invited = camera(bare, helper)
    attempt = bare.client().post("/api/setup/camera/begin", headers=invited, json={}).json["url"].split("/")[2]
    arrives(bare, attempt, codecs=["avc1"])
    said = helper.get("/api/setup/camera").json
    said = helper.get("/api/setup/camera").json
    assert said["state"] == "nothing"
    assert "no sound" in said["sentence"]


def test_a_link_that_is_replaced_or_old_opens_nothing(bare, helper):
    old = camera(bare, helper)
    new = camera(bare, helper)
    pc = bare.client()
    assert pc.post("/api/setup/camera/begin", headers=old, json={}).status_code == 401
    with bare.app.app_context():
        workshop().camera._trial.until = 0.0
    assert pc.post("/api/setup/camera/begin", headers=new, json={}).status_code == 401
    assert helper.get("/api/setup/camera").json["state"] == "none"


def test_trials_that_a_power_cut_left_running_end_with_the_setup(bare, helper):
    invited = camera(bare, helper)
    bare.client().post("/api/setup/camera/begin", headers=invited, json={})
    with bare.app.app_context():
        workshop().camera._trial = None  # the web process began again
    walk(helper)
    helper.post("/setup/finish")
    helper.post("/setup/card", data={"have_card": "on", "have_key": "on"})
    exam = tables.exam.c
    left = sa.select(exam.exam).where(exam.exam.startswith(trial.NAME), exam.ended_at.is_(None))
    assert bare.ask(lambda c: c.execute(left).all()) == []


def test_what_is_kept_of_the_progress_is_plain(bare, helper):
    walk(helper)
    said = json.loads((bare.services.paths.provision / progress.FILE).read_text())
    assert set(said["done"]) == {step.value for step in ORDER}
    assert said["seats"] == 20
