"""A call: one track of sound, recorded like any feed."""

import asyncio

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from appliance.capture import index
from appliance.capture.publish import read_offer
from appliance.errors import BadInput
from appliance.exam.events import FeedOpened, GapClosed, GapOpened, SegmentClosed
from appliance.exam.feed import Feed, Kind
from tests.capture import media
from tests.capture.peers import Candidate, Encoded, until
from tests.capture.scene import claim, scene

pytestmark = pytest.mark.slow

CALL = Feed("a1", Kind.CALL)


def test_a_call_is_published_recorded_and_its_silence_is_a_gap(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            track = Encoded("audio", media.sound())
            connection.addTrack(track)
            connection.getTransceivers()[0].direction = "sendonly"
            await connection.setLocalDescription(await connection.createOffer())
            _, answer = await here.station.publish(claim(CALL), connection.localDescription.sdp)
            await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
            await until(lambda: len(here.ledger.of(SegmentClosed)) >= 2, seconds=15)
            assert here.station.facts()["streams"] == [["call", 0, 1]], "what the other workers share the budget with"
            track.paused = True
            await until(lambda: here.ledger.of(GapOpened), seconds=5)
            track.paused = False
            await until(lambda: here.ledger.of(GapClosed), seconds=5)
            await connection.close()
            return here.ledger, here.media

    ledger, root = asyncio.run(work())
    assert ledger.of(FeedOpened)[0].codecs == ["opus"]
    segments = ledger.of(SegmentClosed)
    assert all(segment.codecs == ["opus"] for segment in segments)
    assert segments[0].duration == pytest.approx(2.0, abs=0.1)
    (gap,) = ledger.of(GapClosed)
    assert gap.cause == "no_media"
    assert gap.ends_at - gap.starts_at >= 1.9
    found = index.survey(root, root / "bio" / "a1" / "call")
    assert [entry.name for entry in found.entries][: len(segments)] == [s.path.rsplit("/", 1)[1] for s in segments]


def test_a_call_takes_no_picture_and_a_webcam_needs_one():
    async def offers():
        both = Candidate()
        sdp = await both.offer()
        await both.close()
        return sdp

    sdp = asyncio.run(offers())
    with pytest.raises(BadInput, match="call"):
        read_offer(sdp, wanted=("sendonly",), picture=False)
    assert read_offer(sdp, wanted=("sendonly",)) == {"video": "sendonly", "audio": "sendonly"}
