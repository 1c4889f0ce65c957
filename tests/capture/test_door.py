"""The HTTP side: every refusal is a sentence and a hint, and leaves nothing behind."""

import asyncio

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from appliance.box import token as token_module
from appliance.box.token import Claim, FeedTokens
from appliance.capture.admission import Admission, Seats
from appliance.capture.disk import Disk
from appliance.capture.door import Door, serve
from appliance.capture.routing import Routing
from appliance.exam.feed import Feed, Kind
from tests.capture.peers import Candidate
from tests.capture.scene import scene

TOKENS = FeedTokens(b"k" * 32)
WEBCAM = Feed("a1", Kind.WEBCAM)


def publish_token(feed=WEBCAM):
    return TOKENS.mint(Claim("publish", feed, "bio", "S1"))


def view_token(feed=WEBCAM):
    return TOKENS.mint(Claim("view", feed, "bio", "S1"))


async def offer_of(direction="sendonly", *, kinds=("video", "audio")):
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for kind in kinds:
        connection.addTransceiver(kind, direction=direction)
    await connection.setLocalDescription(await connection.createOffer())
    sdp = connection.localDescription.sdp
    await connection.close()
    return sdp


def at_the_door(tmp_path, work):
    """Run `work(ask, scene)`; `ask(method, path, token=, body=, type=)` -> (status, JSON or text, headers)."""

    async def run():
        async with scene(tmp_path / "media") as here:
            routing = Routing(here.ownership, lambda number: tmp_path / f"capture-{number}.sock")
            runner = await serve(Door(here.station, TOKENS, routing).application(), tmp_path / "capture.sock")
            connector = aiohttp.UnixConnector(str(tmp_path / "capture.sock"))
            try:
                async with aiohttp.ClientSession(connector=connector) as http:

                    async def ask(method, path, *, token=None, body="", kind="application/sdp"):
                        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
                        async with http.request(method, f"http://box{path}", data=body, headers=headers) as answer:
                            json = answer.content_type == "application/json"
                            return answer.status, await (answer.json() if json else answer.text()), answer.headers

                    return await work(ask, here)
            finally:
                await runner.cleanup()
                await routing.close()

    return asyncio.run(run())


def refused(answer, status, *words):
    assert answer[0] == status, answer
    assert set(answer[1]) == {"error", "hint"}
    assert answer[1]["error"]
    for word in words:
        assert word in answer[1]["error"] + " " + answer[1]["hint"], answer


def test_tokens_are_checked_before_anything_is_read(tmp_path, monkeypatch):
    async def work(ask, here):
        refused(await ask("POST", "/whip/a1/webcam"), 401, "token")
        refused(await ask("POST", "/whip/a1/webcam", token="nonsense"), 401, "not one of this box")
        refused(await ask("POST", "/whip/a1/webcam", token=view_token()), 401, "for view")
        refused(await ask("POST", "/whip/a2/webcam", token=publish_token()), 403, "another feed")
        refused(await ask("POST", "/whip/a1/screen", token=publish_token()), 403, "another feed")
        refused(await ask("POST", "/whip/a1/kitchen", token=publish_token()), 400, "not the name of a feed")
        refused(await ask("POST", "/whep/a1/webcam", token=publish_token()), 401, "for publish")
        monkeypatch.setitem(token_module.LIFETIME_SECONDS, "publish", -1)
        refused(await ask("POST", "/whip/a1/webcam", token=publish_token()), 401, "expired")
        assert here.station.feeds == {}

    at_the_door(tmp_path, work)


def test_what_is_no_offer_is_told_so(tmp_path):
    async def work(ask, here):
        good = await offer_of()

        async def send(body, **options):
            return await ask("POST", "/whip/a1/webcam", token=publish_token(), body=body, **options)

        refused(await send("hello"), 400, "not a session description")
        refused(await send(""), 400, "not a session description")
        refused(await send(b"v=0\xff\xfe"), 400, "not text")
        refused(await send(good, kind="text/plain"), 415, "application/sdp")
        refused(await send(good + "a=x:" + "y" * 70_000), 413, "64 kB")
        refused(await send(good.replace("a=ice-ufrag", "a=x-ufrag")), 400, "ICE")
        refused(await send(good + "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n" * 65), 400, "candidates")
        only_vp9 = "\r\n".join(
            line.replace("VP8/90000", "VP9/90000").replace("H264/90000", "AV1/90000") for line in good.split("\r\n")
        )
        refused(await send(only_vp9), 400, "codec", "VP9", "H.264")
        refused(await send(good.replace("opus/48000", "speex/8000").replace("PCM", "X")), 400, "audio codec", "Opus")
        refused(await send(await offer_of("recvonly")), 400, "direction")
        refused(await send(await offer_of(kinds=("audio",))), 400, "no video")
        refused(await send(await offer_of(kinds=("video", "video"))), 400, "too many")
        refused(await send(good.replace("UDP/TLS/RTP/SAVPF ", "UDP/TLS/RTP/SAVPF x ")), 400, "answered")
        for cut in range(200, len(good), 400):
            status, said, _ = await send(good[:cut])
            assert status in (201, 400), said
        assert here.writer.written_bytes == 0

    at_the_door(tmp_path, work)


def test_other_methods_and_addresses_are_refused_in_words(tmp_path):
    async def work(ask, _here):
        refused(await ask("PATCH", "/whip/a1/webcam/session/" + "0" * 32), 405, "Candidates come in the offer")
        refused(await ask("GET", "/whip/a1/webcam"), 405)
        refused(await ask("DELETE", "/whip/a1/webcam/session/" + "0" * 32), 404, "no such session")
        refused(await ask("GET", "/somewhere"), 404, "nothing at this address")
        refused(
            await ask("POST", "/whep/a1/webcam", token=view_token(), body=await offer_of("recvonly")), 404, "not live"
        )

    at_the_door(tmp_path, work)


def test_a_session_is_made_and_ended(tmp_path):
    async def work(ask, here):
        candidate = Candidate()
        try:
            status, answer, headers = await ask(
                "POST", "/whip/a1/webcam", token=publish_token(), body=await candidate.offer()
            )
            assert status == 201
            assert headers["Content-Type"].startswith("application/sdp")
            assert answer.startswith("v=0")
            assert "a=candidate" in answer
            assert "stun" not in answer
            assert "H264" in answer
            location = headers["Location"]
            session = here.station.publications[WEBCAM].id
            assert location == f"/whip/a1/webcam/session/{session}"
            for other in ("a1/screen", "a2/webcam"):  # an address that names another feed ends nothing
                refused(await ask("DELETE", f"/whip/{other}/session/{session}"), 404, "no such session")
            assert (await ask("DELETE", location))[0] == 200
            assert here.station.publications == {}
            refused(await ask("DELETE", location), 404, "no such session")
        finally:
            await candidate.close()

    at_the_door(tmp_path, work)


def test_an_ended_attempt_and_a_full_box_take_nobody(tmp_path):
    async def work(ask, here):
        body = await offer_of()
        disk = Disk(here.media, here.ledger, mark=0)
        folder = tmp_path / "seats"
        folder.mkdir()
        here.station._admission = Admission(Seats(folder), disk, here.ledger, media=here.media, most=lambda: 0)
        answer = await ask("POST", "/whip/a1/webcam", token=publish_token(), body=body)
        assert answer[1].pop("reason") == "seats"
        refused(answer, 503, "all 0 seats are taken")
        assert int(answer[2]["Retry-After"]) >= 10
        assert here.station._admission.counters == {"refused_seats": 1, "refused_storage": 0}
        here.station.end_attempt("a1", 1000.0)
        refused(await ask("POST", "/whip/a1/webcam", token=publish_token(), body=body), 409, "has ended")

    at_the_door(tmp_path, work)


@pytest.mark.parametrize("seat", ["../x", "a/b", ".."])
def test_a_recording_never_leaves_its_folder(tmp_path, seat):
    async def work(ask, here):
        token = TOKENS.mint(Claim("publish", WEBCAM, "bio", seat))
        refused(await ask("POST", "/whip/a1/webcam", token=token, body=await offer_of()), 400, "name of a recording")
        assert list(here.media.iterdir()) == []

    at_the_door(tmp_path, work)
