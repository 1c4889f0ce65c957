"""Pictures of a shared screen: one a second for the wall and for what moves, a full one where something changed."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from appliance.box import picture
from appliance.capture.change import Change
from appliance.capture.decoder import Decoder
from appliance.exam.feed import Feed, Kind

SCREEN, WEBCAM = Feed("a1", Kind.SCREEN), Feed("a1", Kind.WEBCAM)


def screen(address="exam.test", *, width=1280, height=720):
    pixels = np.full((height, width, 3), 245, np.uint8)
    cv2.putText(pixels, address, (120, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1, cv2.LINE_AA)
    return pixels


class Sharing:
    """A screen at five frames a second, as a browser sends it."""

    def __init__(self, folder, *, feed=SCREEN, size=(1280, 720)):
        self.folder, self.feed = folder, feed
        self.decoder = Decoder(folder, folder)
        self.encoder = av.CodecContext.create("libx264", "w")
        self.encoder.width, self.encoder.height = size
        self.encoder.pix_fmt, self.encoder.time_base = "yuv420p", Fraction(1, 5)
        self.encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": "300"}
        self.count = 0

    def show(self, pixels, seconds):
        for _ in range(seconds * 5):
            frame = av.VideoFrame.from_ndarray(pixels, "bgr24")
            frame.pts = self.count
            for packet in self.encoder.encode(frame):
                at = 1000 + self.count / 5
                head = {"feed": str(self.feed), "codec": "h264", "taken_at": at, "position": at - 1000}
                self.decoder.handle(head, bytes(packet))
            self.count += 1

    def full(self):
        return picture.read_header(self.folder, self.feed, full=True)


def test_a_screen_has_a_small_picture_each_second(tmp_path):
    sharing = Sharing(tmp_path)
    sharing.show(screen(), 5)
    header = picture.read_header(tmp_path, SCREEN)
    assert (header.number, header.width, header.height) == (5, 640, 360)


def test_the_picture_at_full_size_is_written_where_the_screen_changed_and_only_there(tmp_path):
    sharing = Sharing(tmp_path)
    sharing.show(screen(), 6)
    assert sharing.full().number <= 2, "what stands still is written once, or again when the encoder has refined it"
    before = sharing.full().number
    sharing.show(screen("chatgpt.com"), 3)
    assert sharing.full().number > before
    header, jpeg = picture.read_jpeg(tmp_path, SCREEN, full=True)
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (header.height, header.width, 3) == (720, 1280, 3)


def test_a_webcam_has_none_at_full_size(tmp_path):
    sharing = Sharing(tmp_path, feed=WEBCAM)
    sharing.show(screen(), 1)
    assert sharing.full() is None


def test_a_screen_that_is_over_leaves_nothing(tmp_path):
    sharing = Sharing(tmp_path)
    sharing.show(screen(), 1)
    sharing.decoder.handle({"feed": str(SCREEN), "end": True}, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "full"), [((3840, 2160), (2560, 1440)), ((1920, 1080), (1920, 1080))])
def test_no_picture_is_larger_than_a_reader_wants(tmp_path, size, full):
    sharing = Sharing(tmp_path, size=size)
    sharing.show(screen(width=size[0], height=size[1]), 1)
    assert (sharing.full().width, sharing.full().height) == full


def test_another_size_is_another_screen():
    change = Change()
    assert change.seen(np.zeros((360, 640, 3), np.uint8))
    assert not change.seen(np.zeros((360, 640, 3), np.uint8))
    assert change.seen(np.zeros((400, 640, 3), np.uint8))
