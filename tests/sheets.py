"""Drawn pages of a worked paper, as a phone would photograph them: sharp, blurred, dark."""

import functools

import cv2
import numpy as np

LINES = (
    "1. Mitosis has four phases: prophase, metaphase,",
    "anaphase and telophase. The chromatin condenses",
    "to chromosomes; the spindle forms.",
    "2. ATP is made in the mitochondria: ADP + P -> ATP",
    "3. x = (-b + sqrt(b^2 - 4ac)) / 2a = 3.5",
    "4. DNA is read in the direction 5' to 3'.",
)


@functools.cache
def sheet(number: int = 1, *, blur: float = 0.0, light: float = 1.0, width: int = 1200, height: int = 1600) -> bytes:
    """A JPEG. `blur` in pixels of 1200, `light` 1 as by day."""
    picture = np.full((height, width, 3), (70, 90, 110), np.uint8)
    edge, size = width // 14, width / 1200
    cv2.rectangle(picture, (edge, edge), (width - edge, height - edge), (236, 240, 242), -1)
    for place, line in enumerate((f"Page {number}", *LINES)):
        at = (2 * edge, edge + int((120 + 130 * place) * size))
        thick = max(1, round(2 * size))
        cv2.putText(picture, line, at, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.05 * size, (60, 40, 30), thick, cv2.LINE_AA)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur * size)
    noise = np.random.default_rng(number).normal(0, 3, picture.shape[:2])[..., None]
    picture = np.clip(picture * light + noise, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1])
