"""What a phone's camera makes of a QR code on the screen."""

import cv2
import numpy as np


def read(png: bytes) -> str:
    """Its text; nearer and farther, as a hand holds a phone: OpenCV's reader misses some at one size."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    framed = cv2.copyMakeBorder(pixels, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    for scale in (1.0, 2.0, 1.5, 3.0, 0.75):
        text, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(framed, None, fx=scale, fy=scale))
        if text:
            return text
    raise AssertionError("the code cannot be read")
