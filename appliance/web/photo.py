"""A picture that a candidate's page sends: checked, made anew without whatever else the file carries, and kept."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from appliance.errors import BadInput
from appliance.web.context import t

LARGEST_FILE = 900_000
"""Bytes: two fit through the door (`door.gate.PAGE_BYTES`). The page's own still of 1280 x 720 has about 200,000."""

SMALLEST, LARGEST = 200, 4096
"""Pixels of either side. A face needs 40 to be told (`docs/detection.md`) and fills a fifth of a card's width at most;
above, a few bytes could ask for gigabytes of memory."""

_KEPT = 1280
_QUALITY = 92
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what browsers make
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


@dataclass(frozen=True, slots=True)
class Photo:
    """A file under the media folder; `path` is relative to it."""

    path: str
    sha256: str


def renew(data: bytes) -> bytes:
    """The same picture as a JPEG of our own: 1280 pixels at most, no metadata. BadInput when it is none, or not of a
    size that can be used."""
    if len(data) > LARGEST_FILE:
        raise BadInput(t("server.photo_large"), hint=t("server.photo_hint"))
    found = sides(data)
    if found is None:
        raise BadInput(t("server.photo_none"), hint=t("server.photo_hint"))
    if min(found) < SMALLEST or max(found) > LARGEST:
        raise BadInput(t("server.photo_size", width=found[0], height=found[1]), hint=t("server.photo_hint"))
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or max(picture.shape[:2]) > LARGEST:
        raise BadInput(t("server.photo_none"), hint=t("server.photo_hint"))
    shrink = _KEPT / max(picture.shape[:2])
    if shrink < 1:
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def sides(data: bytes) -> tuple[int, int] | None:
    """(width, height) as a JPEG's own header says them; None when it is none. Nothing is decoded for it."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 if marker in _ALONE else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def keep(
    media: Path, *, exam: str, attempt: str, name: str, jpeg: bytes, place: str = "identity", suffix: str = ".jpg"
) -> Photo:
    """Write it to the disk, for this box's user alone, into the folder `place` of the attempt. OSError when the disk
    refuses. A name is never used twice: what the ledger names is never changed."""
    folder = media / exam / attempt / place
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{secrets.token_hex(8)}{suffix}"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(jpeg)
        out.flush()
        os.fsync(out.fileno())
    return Photo(str(file.relative_to(media)), hashlib.sha256(jpeg).hexdigest())


def forget(media: Path, *photos: Photo) -> None:
    """Take back what no event names."""
    for photo in photos:
        (media / photo.path).unlink(missing_ok=True)
