"""Evidence leaves the box by a person who proves to be there, with a reason, and every step stands in the ledger."""

import dataclasses
import time

import pytest

from appliance.config import Settings, WebSettings
from appliance.exam import totp
from appliance.exam.events import ExportFailed, ExportMade, SegmentClosed
from appliance.ledger.actions import exports as actions
from appliance.ledger.actions import factors

from .conftest import EXAM, PASSWORD

pytestmark = pytest.mark.slow

START = time.time() - 900


def recorded(house):
    """Candidate 1 is recorded for ten minutes: webcam and screen."""
    house.reach("in_exam")
    for kind in ("webcam", "screen"):
        house.say(
            SegmentClosed(
                kind=kind,
                number=1,
                path=f"{EXAM}/{house.attempts[0]}/{kind}/1.mp4",
                starts_at=START,
                position=0,
                duration=600,
                bytes=1000,
                init_bytes=20,
                sha256="00",
                codecs=["h264"],
            ),
            actor="capture",
        )
    return house


@pytest.fixture
def house(house):
    return recorded(house)


def wish(**said):
    usual = {"kinds": ["webcam", "screen"], "starts_at": START + 10, "ends_at": START + 40, "masked": False}
    return usual | {"reason": "the board asked for it", "password": PASSWORD} | said


def ask(house, client=None, **said):
    client = client or house.user("reviewer")
    return client.post(f"/api/review/{house.attempts[0]}/exports", json=wish(**said))


def made(house, export, **files):
    """What sync would have made."""
    folder = house.services.paths.data / "exports" / EXAM / export
    folder.mkdir(parents=True)
    names = {"EXPORT.zip": b"all of it", "clip.mp4": b"the clip", **files}
    for name, data in names.items():
        (folder / name).write_bytes(data)
    said = ExportMade(
        export=export,
        folder=f"exports/{EXAM}/{export}",
        files=dict.fromkeys(names, "00"),
        bytes=17,
        in_s=1.5,
        out_s=31.5,
        holes=[],
    )
    house.say(said, actor="sync")
    return folder


def factor(house, user="reviewer"):
    """A second factor is set up; -> a function that gives codes that were not used yet."""
    secret = totp.new_secret()
    step = int(time.time() // 30)
    house.do(factors.set_up, user=user, secret=secret, code=totp.code(secret, step - 1))
    return lambda ahead=0: totp.code(secret, step + ahead)


def test_M91_a_clip_is_asked_for_with_the_password_again_and_a_reason(house):
    answer = ask(house)
    assert answer.status_code == 202
    (event,) = house.events("export.asked")
    assert event.payload.to_json() | {"export": ""} == {
        "export": "",
        "kinds": ["webcam", "screen"],
        "starts_at": START + 10,
        "ends_at": START + 40,
        "masked": False,
        "reason": "the board asked for it",
        "factor": "password",
        "by": "reviewer",
        "by_name": "The reviewer",
    }
    assert PASSWORD not in str(house.events("export.asked")[0].payload.to_json())
    listed = house.user("reviewer").get(f"/api/review/{house.attempts[0]}/exports").json
    assert [(one["export"], one["state"]) for one in listed["exports"]] == [(answer.json["export"], "waiting")]
    assert (listed["factor"], listed["needs_factor"]) == (False, False)


def test_M91_a_wrong_password_is_refused_in_words_written_down_and_bounded(make_house):
    house = recorded(make_house(SIGN_IN_LIMIT="3/minute"))
    client = house.user("lead")
    answers = [ask(house, client, password="not that one at all") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert answers[0].json["error"] == "The password is not right."
    assert [event.payload.action for event in house.events("access.refused")] == ["export"] * 3
    assert house.services.exporting.denied == 3
    assert ask(house, client).status_code == 429, "and not with the right one either, for a minute"
    assert house.events("export.asked") == []


def test_M91_whoever_has_a_second_factor_gives_a_code_and_each_code_is_good_once(house):
    code = factor(house)
    assert ask(house).status_code == 400
    assert ask(house, code="000000").status_code == 403
    assert ask(house, code=code(), reason="x").status_code == 400
    assert ask(house, code=code()).status_code == 202, "a code is not used up for what cannot be asked for"
    again = ask(house, code=code())
    assert (again.status_code, "used already" in again.json["error"]) == (403, True)
    assert ask(house, code=code(1)).status_code == 202
    assert {event.payload.factor for event in house.events("export.asked")} == {"totp"}


def test_M91_a_box_may_let_nobody_export_without_a_second_factor(make_house, services):
    strict = dataclasses.replace(services, settings=Settings(web=WebSettings(export_needs_factor=True)))
    house = recorded(make_house())
    house.app.extensions["appliance"] = strict
    answer = ask(house)
    assert answer.status_code == 403
    assert "second factor" in answer.json["error"]
    assert house.user("reviewer").get(f"/review/{EXAM}/exports").status_code == 200


def test_what_cannot_be_cut_is_said_and_nothing_is_asked(house):
    client = house.user("reviewer")
    for said, words in (
        ({"ends_at": START + 10.5}, "cannot be 0 s long"),
        ({"ends_at": START + 10 + 5 * 3600}, "cannot be 18000 s long"),
        ({"starts_at": START - 100}, "not all of that time was recorded"),
        ({"kinds": ["phone"]}, "no recording of the phone"),
        ({"kinds": ["call"]}, "no recording of the call"),
        ({"kinds": []}, "no feed is chosen"),
        ({"kinds": ["nothing"]}, ""),
        ({"kinds": "webcam"}, ""),
        ({"reason": "x"}, "the reason has 1 characters"),
        ({"reason": "x" * 501}, "501"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"masked": True, "starts_at": START, "ends_at": START + 3700}, "at most 60 minutes"),
    ):
        answer = ask(house, client, **said)
        assert answer.status_code == 400, said
        assert words in answer.json["error"]
    assert house.events("export.asked") == []


def test_twelve_wait_and_the_thirteenth_is_refused_and_counted(house):
    client = house.user("lead")
    for _ in range(actions.MOST_WAITING):
        assert ask(house, client).status_code == 202
    answer = ask(house, client)
    assert answer.status_code == 503
    assert "12 clips are being cut already" in answer.json["error"]
    assert house.services.exporting.facts() == {"exporting_refused": 1, "exporting_denied": 0}


def test_M91_every_download_asks_for_the_password_unless_it_was_just_given_and_is_written_down_first(house):
    export = ask(house).json["export"]
    made(house, export)
    other = house.user("lead")
    page, file = f"/review/{EXAM}/exports", f"/review/{EXAM}/exports/{export}/EXPORT.zip"
    refused = other.get(file, headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert other.get(file, headers={"Accept": "text/html"}).headers["Location"] == page
    assert house.events("export.taken") == []
    assert other.post(f"{page}/proof", data={"password": "wrong wrong wrong"}).status_code == 403
    assert other.post(f"{page}/proof", data={"password": PASSWORD}).status_code == 303
    saved = other.get(file, buffered=True)
    assert (saved.status_code, saved.data) == (200, b"all of it")
    assert "attachment" in saved.headers["Content-Disposition"]
    other.get(file, headers={"Range": "bytes=3-"}, buffered=True)
    assert [event.payload.to_json() for event in house.events("export.taken")] == [
        {"export": export, "file": "EXPORT.zip", "by": "lead"}
    ]
    assert "EXPORT.zip · lead" in other.get(page).text


def test_who_asked_may_save_for_ten_minutes_without_being_asked_again(house, monkeypatch):
    client = house.user("reviewer")
    export = ask(house, client).json["export"]
    made(house, export)
    file = f"/review/{EXAM}/exports/{export}/clip.mp4"
    assert client.get(file, buffered=True).data == b"the clip"
    now = time.monotonic()
    monkeypatch.setattr("appliance.web.proofs.time.monotonic", lambda: now + 601)
    assert client.get(file, headers={"Accept": "application/json"}).status_code == 403


def test_only_files_of_the_clip_are_served(house):
    client = house.user("reviewer")
    export = ask(house, client).json["export"]
    (made(house, export) / "job.json").write_text("not of the clip")
    for file in ("job.json", "..%2F..%2Fkeys%2Fbox.key", "manifest.json", "none"):
        assert client.get(f"/review/{EXAM}/exports/{export}/{file}").status_code == 404


def test_the_page_says_what_came_of_each(house):
    client = house.user("lead")
    exports = [ask(house, client, masked=number == 1).json["export"] for number in range(4)]
    made(house, exports[0])
    made(house, exports[1])
    house.say(ExportFailed(export=exports[2], reason="disk"), actor="sync")
    page = client.get(f"/review/{EXAM}/exports").text
    assert page.count('data-state="ready"') == 2
    assert "The masked copy could not be made." in page
    assert "There is no room on the data disk." in page
    assert "Being cut." in page
    assert "the board asked for it" in page
    for file in (house.services.paths.data / "exports" / EXAM / exports[0]).iterdir():
        file.unlink()
    assert 'data-state="gone"' in client.get(f"/review/{EXAM}/exports").text


def test_who_opens_a_report_is_in_the_ledger_once_an_hour_for_each_file(house):
    attempt = house.attempts[0]
    folder = house.services.paths.reports / EXAM
    (folder / attempt).mkdir(parents=True)
    for where in (folder, folder / attempt):
        (where / "report.pdf").write_bytes(b"%PDF")
    client = house.user("planner")
    for _ in range(2):
        client.get(f"/reports/{EXAM}/{attempt}/report.pdf", buffered=True)
    client.get(f"/reports/{EXAM}/report.pdf", buffered=True)
    house.user("lead").get(f"/reports/{EXAM}/report.pdf", buffered=True)
    assert [(event.chain, event.payload.by) for event in house.events("report.taken")] == [
        (attempt, "planner"),
        ("box", "planner"),
        ("box", "lead"),
    ]
