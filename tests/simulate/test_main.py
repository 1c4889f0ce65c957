"""The command as it runs: one process, a small box."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import pytest

from appliance.errors import BadInput, NotFound, Unavailable
from appliance.simulate import main, seat
from tests.simulate.fake_box import FakeBox, until


@pytest.fixture
def codes(tmp_path):
    """One that the small box knows, and one that it does not."""
    file = tmp_path / "codes.csv"
    file.write_text("seat,code\n1,CDFH-JKMN\n2,CDFH-JKMP\n")
    return file


def run(codes, footage, **changes):
    return main.run(
        **{"url": "http://127.0.0.1:9", "codes": codes, "seats": 1, "clips": footage, "seconds": 5} | changes
    )


def test_what_is_wrong_before_it_begins(codes, footage, tmp_path):
    with pytest.raises(BadInput, match="is not the address of a box"):
        run(codes, footage, url="box:8080")
    with pytest.raises(NotFound, match="cannot be read"):
        run(tmp_path / "none", footage)
    with pytest.raises(BadInput, match="3 seats are asked for"):
        run(codes, footage, seats=3)
    with pytest.raises(NotFound, match="no clips"):
        run(codes, tmp_path / "none")


def test_a_box_that_no_seat_can_reach(codes, footage, free_port, monkeypatch):
    monkeypatch.setattr(seat, "REACH_SECONDS", 0.1)
    with pytest.raises(Unavailable, match="the box cannot be reached") as raised:
        run(codes, footage, url=f"http://127.0.0.1:{free_port}", seats=2)
    assert "--url" in raised.value.hint


async def simulate(box, codes, footage, *more):
    command = ["simulate", "--url", box.url, "--codes", str(codes), "--clips", str(footage), *more]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "appliance", *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )


async def ended(process, *, seconds=20):
    try:
        said, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return said.decode().splitlines(), process.returncode


@pytest.mark.slow
def test_a_wrong_code_stops_one_seat_and_not_the_other(codes, footage):
    async def exam():
        box = FakeBox()
        async with box.running():
            process = await simulate(box, codes, footage, "--seats", "2")
            await until(lambda: box.stage == "in_exam", seconds=30)
            await asyncio.sleep(1.0)
            box.stage = "ended"
            lines, code = await ended(process)
            return lines, code, box

    lines, code, box = asyncio.run(exam())
    assert code == 1
    assert lines[0].startswith("seat 1: ended, sent ")
    assert lines[1] == "seat 2: This code is not known. Read it again."
    assert box.frames["webcam"]["video"] > 5
    assert box.sizes["webcam"] == (640, 360)


@pytest.mark.slow
def test_sigterm_leaves_within_2_s_and_the_same_seat_goes_on_later(codes, footage, tmp_path):
    state = tmp_path / "state"

    async def exam():
        box = FakeBox()
        async with box.running():
            process = await simulate(box, codes, footage, "--seats", "1", "--state", str(state))
            await until(lambda: box.stage == "in_exam", seconds=30)
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            lines, code = await ended(process)
            took = time.monotonic() - started
            left = sorted(box.deleted)
            kept = [file.stat().st_mode & 0o777 for file in state.iterdir()]
            again = await simulate(box, codes, footage, "--seats", "1", "--state", str(state), "--seconds", "6")
            await until(lambda: len(box.connections) == 4, seconds=30)
            _, code_again = await ended(again)
            return took, lines, code, left, kept, code_again, box.paths

    took, lines, code, left, kept, code_again, paths = asyncio.run(exam())
    assert took < 2.0
    assert code == code_again == 0
    assert lines[0].startswith("seat 1: in_exam, sent ")
    assert left == ["1", "2"]
    assert kept == [0o600]
    assert paths.count("/join") == 2
    assert paths.count("/api/me/sign") == 1


@pytest.mark.slow
def test_its_parent_dies(codes, footage):
    """The supervisor started it: no candidates without a box."""

    async def exam():
        box = FakeBox()
        async with box.running():
            script = (
                "import os, subprocess, sys, time\n"
                "os.environ['APPLIANCE_PARENT'] = str(os.getpid())\n"
                "print(subprocess.Popen(sys.argv[1:]).pid, flush=True)\n"
                "time.sleep(60)\n"
            )
            command = [sys.executable, "-m", "appliance", "simulate", "--url", box.url, "--codes", str(codes)]
            parent = await asyncio.create_subprocess_exec(
                sys.executable, "-c", script, *command, "--clips", str(footage), "--seats", "1",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            child = int(await parent.stdout.readline())
            await until(lambda: box.stage == "in_exam", seconds=30)
            parent.kill()
            await parent.communicate()
            await until(lambda: not Path(f"/proc/{child}").exists(), seconds=3)

    asyncio.run(exam())
