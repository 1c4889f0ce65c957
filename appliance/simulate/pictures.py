"""What a simulated candidate shows at check-in and hands in at check-out: an ID, the face, the room, a page."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, blue first."""

SCAN_SECONDS = 17
_SCAN_FPS = 2
_SCAN_SIZE = (320, 180)
_INK = (60, 50, 40)


def jpeg(picture: Picture) -> bytes:
    """As a browser would send it."""
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def card(face: Picture, name: str) -> Picture:
    """An ID with this face on it; whatever else a card says is left out."""
    made = np.full((540, 856, 3), (235, 228, 214), np.uint8)
    height, width = face.shape[:2]
    middle = face[:, (width - height * 3 // 4) // 2 : (width + height * 3 // 4) // 2]
    made[110:430, 40:280] = cv2.resize(middle, (240, 320), interpolation=cv2.INTER_AREA)
    for row, text in enumerate(("STUDENT CARD", name[:28])):
        plain = text.encode("ascii", "replace").decode()  # the font has no other letters
        cv2.putText(made, plain, (310, 180 + 70 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.0, _INK, 2, cv2.LINE_AA)
    return made


def scan(picture: Picture) -> bytes:
    """A clip (WebM, VP8) that goes slowly over the picture from the left to the right."""
    width, height = _SCAN_SIZE
    wide = np.asarray(cv2.resize(picture, (2 * width, height), interpolation=cv2.INTER_AREA), np.uint8)
    pictures = SCAN_SECONDS * _SCAN_FPS
    kept = io.BytesIO()
    with av.open(kept, "w", format="webm") as out:
        stream = out.add_stream("libvpx", rate=_SCAN_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, _SCAN_FPS)
        stream.options = {"deadline": "realtime", "cpu-used": "8", "threads": "1"}
        for number in range(pictures + 1):
            at = number * width // pictures
            shown = np.ascontiguousarray(wide[:, at : at + width])
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="bgr24")))
        out.mux(stream.encode(None))
    return kept.getvalue()


def sheet() -> bytes:
    """A worked page, sharp and bright enough to be read, as a JPEG."""
    page = np.full((1400, 1000, 3), 245, np.uint8)
    for row in range(24):
        text = f"{row + 1}. the pressure of a gas rises with its temperature"
        cv2.putText(page, text, (60, 90 + 52 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, _INK, 2, cv2.LINE_AA)
    return jpeg(page)


def drawn() -> Picture:
    """Somebody at a desk, as simple as can be: where a seat has no picture of its own."""
    made = np.full((360, 640, 3), (150, 140, 130), np.uint8)
    cv2.ellipse(made, (320, 150), (60, 80), 0, 0, 360, (140, 165, 200), -1)
    cv2.ellipse(made, (320, 340), (150, 100), 0, 180, 360, (90, 70, 60), -1)
    return made
