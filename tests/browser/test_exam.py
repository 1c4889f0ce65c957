"""One exam, end to end, in real browsers: two candidates, a proctor, the recording, the report, the proof."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser.people import MOVES, PATIENCE_MS, Candidate, Proctor, chromium
from tests.whole_box import Box

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PASSWORD = "correct horse battery"
NAMES = {"1": "Ada Lovelace", "2": "Ken Thompson"}


@pytest.fixture
def exam_box(tmp_path):
    """A box with a proctor, an exam that a proctor admits to, two seats; -> (box, codes by seat)."""
    box = Box(tmp_path / "data")
    made = box.command("user", "create", "pia", "--role", "proctor", "--full-name", "Pia Proctor", text=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    roster = tmp_path / "roster.csv"
    rows = [f"{seat},c{seat},{name},pia" for seat, name in NAMES.items()]
    roster.write_text("\n".join(["seat,candidate,name,proctor", *rows]) + "\n", encoding="utf-8")
    out = tmp_path / "codes.csv"
    arguments = ["--id", "bio", "--title", "Biology 101", "--roster", str(roster), "--codes-out", str(out)]
    made = box.command("exam", "create", *arguments)
    assert made.returncode == 0, made.stderr
    lines = [
        line.split(",") for line in out.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    header, rows = lines[0], lines[1:]
    codes = {row[header.index("seat")]: row[header.index("code")] for row in rows}
    box.start()
    try:
        yield box, codes
    finally:
        box.stop()


def until(true, seconds, what):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.2)
    return found


def test_one_exam_from_the_code_to_the_proof(exam_box, playwright, cameras):
    box, codes = exam_box
    first, second = cameras or (None, None)
    with (
        chromium(playwright, camera=first) as one,
        chromium(playwright, camera=second) as two,
        chromium(playwright) as three,
    ):
        ada, ken = (Candidate(browser, box.url, codes[seat], NAMES[seat]) for browser, seat in ((one, "1"), (two, "2")))
        pia = Proctor(three, box.url, "pia", PASSWORD)
        pia.watch("bio")
        for candidate in (ada, ken):
            candidate.join()
            candidate.sign()
            candidate.share()
        until(lambda: ada.level() > 0, 10, "the level meter does not move")
        _resumes_after_a_reload(ada)
        for candidate in (ada, ken):
            candidate.ready()
        _is_recorded_before_admission(box)
        for seat in NAMES:
            pia.admit(seat)
        for candidate in (ada, ken):
            candidate.start()

        _chat_goes_both_ways(ada, pia)
        _live_view_moves(pia)
        if cameras:
            _a_look_stays_with_its_candidate(box, pia)
        codes_seen = _flags_arrive(box, pia, {"1": "face_absent"} | ({"2": "phone_visible"} if cameras else {}))
        _a_warning_is_acknowledged_before_an_end(ken, pia)
        ada.hand_in()
        assert not [fault for page in (ada.page, ken.page, pia.page) for fault in page.faults]
        ended = box.command("end", "--exam", "bio", "--wait", seconds=120)
        assert ended.returncode == 0, ended.stderr
        _recording_plays_and_seeks(box, pia)
    _report_and_proof(box, codes_seen)


def _resumes_after_a_reload(ada):
    """At the same step: the camera by itself, the screen after a click, as browsers want it."""
    ada.page.reload()
    ada.step("Share camera and screen")
    ada.page.get_by_role("button", name="Share your screen").click()
    expect(ada.page.get_by_text("Arrives at the box")).to_have_count(2, timeout=PATIENCE_MS)


def _is_recorded_before_admission(box):
    def recorded():
        return {file.parent.name for file in box.paths.media.glob("bio/*/*/*.mp4*") if file.stat().st_size > 10_000}

    until(lambda: recorded() == {"webcam", "screen"}, 15, lambda: f"recorded: {recorded()}\n{box.logs()}")


def _chat_goes_both_ways(ada, pia):
    ada.say("May I use the ruler?")
    expect(pia.page.get_by_text("May I use the ruler?").first).to_be_visible()
    pia.look("1")
    dialog = pia.page.locator("dialog")
    dialog.get_by_label("Message to seat 1").fill("Yes, you may.")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(ada.page.get_by_text("Yes, you may.")).to_be_visible()


def _live_view_moves(pia):
    video = pia.page.locator("dialog video").first
    expect(video).to_be_visible()
    assert video.evaluate(MOVES), "the live picture does not move"
    assert video.evaluate("v => v.srcObject.getAudioTracks().length") == 1
    pia.close()


def _a_look_stays_with_its_candidate(box, pia):
    """A message that is answered leaves the list, and flags of others come in: neither takes the look elsewhere."""
    pia.look("1")
    until(lambda: any(flag["seat"] != "1" for flag in box.flags("bio")), 60, lambda: f"no flag of seat 2\n{box.logs()}")
    expect(pia.page.locator(".next-list")).to_contain_text("Seat 2")
    expect(pia.page.locator("dialog .look-title")).to_contain_text("Seat 1")
    pia.close()


def _flags_arrive(box, pia, wanted):
    def seen():
        return {(flag["seat"], flag["code"]) for flag in box.flags("bio")}

    until(lambda: seen() >= set(wanted.items()), 60, lambda: f"flags: {seen()}\n{box.logs()}")
    expect(pia.page.locator(".next-list")).to_contain_text("No face seen")
    pia.page.locator(".next-list > li", has_text="No face seen").get_by_role("button").first.click()
    pia.page.keyboard.press("c")
    until(lambda: "confirmed" in {flag["state"] for flag in box.flags("bio")}, 10, "C does not confirm")
    return seen()


def _a_warning_is_acknowledged_before_an_end(ken, pia):
    pia.look("2")
    dialog = pia.page.locator("dialog.look-dialog")
    expect(dialog.get_by_text("0 of 1 warnings acknowledged")).to_be_visible()
    expect(dialog.get_by_role("button", name="End session")).to_be_disabled()
    dialog.get_by_role("button", name="Warn").click()
    pia.page.locator("#warn-text").fill("Please put the phone away.")
    pia.page.get_by_role("button", name="Send warning").click()
    expect(ken.page.get_by_text("Please put the phone away.").first).to_be_visible()
    ken.page.get_by_role("button", name="I have read this").click()
    expect(dialog.get_by_text("1 of 1 warnings acknowledged")).to_be_visible()
    dialog.get_by_role("button", name="End session").click()
    pia.page.get_by_label("Reason").fill("phone in hand")
    pia.page.get_by_role("button", name="End session now").click()
    ken.step("Your session was ended")
    pia.close()


def _recording_plays_and_seeks(box, pia):
    folder = next(path for path in box.paths.media.glob("bio/*") if any(path.glob("webcam/1-webcam-*")))
    pia.page.goto(f"{box.url}/look/{folder.name}")
    video = pia.page.get_by_label("Recording of the camera")
    expect(video).to_be_visible()
    length = until(
        lambda: video.evaluate("v => Number.isFinite(v.duration) && v.duration"), 20, "the recording has no length"
    )
    assert length > 10
    video.evaluate("v => { v.muted = true; return v.play(); }")
    assert video.evaluate(MOVES), "the recording does not play"
    video.evaluate(f"v => {{ v.currentTime = {length / 2}; }}")
    until(
        lambda: video.evaluate(f"v => !v.seeking && v.currentTime > {length / 2 - 1} && v.readyState >= 2"),
        15,
        "no seek",
    )


def _report_and_proof(box, seen):
    verified = box.command("verify", str(box.data / "upstream"))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "OK" in verified.stdout
    [report] = (box.data / "upstream").glob("*/*/bio/report/report.json")
    said = report.read_text(encoding="utf-8")
    assert all(name in said for name in NAMES.values())
    assert all(code in said for _, code in seen)
    pdf = report.with_name("report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    segment = next((box.data / "upstream").glob("*/*/bio/*/media/webcam/*.mp4"))
    raw = bytearray(segment.read_bytes())
    raw[len(raw) // 2] ^= 1
    segment.write_bytes(raw)
    caught = box.command("verify", str(box.data / "upstream"))
    assert caught.returncode != 0
    assert segment.name in caught.stdout + caught.stderr
