"""Templates of this process, and the pictures that they are made from. The only place that holds templates: they are
never written down, and gone when the attempt is over or the process ends."""

import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from appliance.exam.events import IdentityCompared, IdentityEnrolled
from appliance.inference import likeness
from appliance.inference.detectors import Detectors
from appliance.inference.enrolment import File, Shown
from appliance.inference.faces import Face
from appliance.inference.likeness import MATCH, Template
from appliance.inference.models import Picture

log = logging.getLogger(__name__)

ON_A_CARD = 0.75  # of the candidate's own face: a printed one, held nearer to the camera, is still narrower
ONESELF = 0.85  # as like as two looks at one person within a minute; with no larger face beside it, it is no print
SMALLEST_PRINT = 40.0  # pixels of its width
FACE = 0.60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """By attempt: pictures whose templates are held, the exam of those whose picture is to be taken, and what is to be
    compared."""

    held: Mapping[str, File] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)


class Matcher:
    """One thread at a time may use it. `media` is the folder that pictures are named in."""

    def __init__(self, media: Path, detectors: Detectors) -> None:
        self._media = media
        self._detectors = detectors
        self._templates: dict[str, tuple[File, Template | None]] = {}

    def template(self, attempt: str) -> Template | None:
        """What this candidate's face is held against, if anything."""
        return self._templates[attempt][1] if attempt in self._templates else None

    def hold(self, wanted: Mapping[str, File]) -> None:
        """Exactly these: others are dropped, and the template of one that is new is made."""
        for attempt in self._templates.keys() - wanted.keys():
            del self._templates[attempt]
        for attempt, file in wanted.items():
            if attempt not in self._templates or self._templates[attempt][0] != file:
                self._templates[attempt] = (file, self._make(file))

    def enrol(self, jpeg: bytes, *, exam: str, attempt: str) -> IdentityEnrolled:
        """Keep the picture that the template is made from. OSError when the disk refuses."""
        sha256 = hashlib.sha256(jpeg).hexdigest()
        folder = self._media / exam / attempt / "identity"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"enrolled-{sha256[:16]}.jpg"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(jpeg)
            out.flush()
            os.fsync(out.fileno())
        return IdentityEnrolled(face=str(file.relative_to(self._media)), face_sha256=sha256)

    def compare(self, shown: Shown) -> IdentityCompared:
        """How like the face on the ID is to the one beside it."""
        try:
            score, reason = self._compare(shown)
        except (RuntimeError, cv2.error) as error:  # a model gave up on it: another picture may do
            log.error("%s cannot be compared: %s", shown.photo.path, error)
            score, reason = None, "unreadable"
        model = "" if self._detectors.likeness is None else self._detectors.likeness.version
        return IdentityCompared(photo_sha256=shown.photo.sha256, score=score, limit=MATCH, reason=reason, model=model)

    def _compare(self, shown: Shown) -> tuple[float | None, str]:
        faces, finder = self._detectors.faces, self._detectors.likeness
        if faces is None or finder is None:
            return None, "model_missing"
        photo, live = self._read(shown.photo), self._read(shown.face)
        if photo is None or live is None:
            return None, "unreadable"
        found = faces.find(live, at_least=FACE)
        if not found:
            return None, "no_face"
        own = max(found, key=lambda face: face.box.area)
        beside = faces.find(photo, at_least=FACE)
        printed = on_card(beside, own.box.width * photo.shape[1] / live.shape[1])
        if printed is None:
            return None, "no_face_on_id"
        reason = likeness.unfit(live, own) or likeness.unfit(photo, printed, smallest=SMALLEST_PRINT)
        if reason:
            return None, reason
        score = finder.template(photo, printed).like(finder.template(live, own))
        alone = printed is max(beside, key=lambda face: face.box.area)
        return (None, "no_face_on_id") if alone and score >= ONESELF else (score, "")

    def _make(self, file: File) -> Template | None:
        picture = self._read(file)
        template, reason = None, "unreadable"
        if picture is not None:
            template, reason = likeness.enrol(self._detectors, picture)
        if template is None:
            log.error("no template can be made of %s: %s", file.path, reason)
        return template

    def _read(self, file: File) -> Picture | None:
        """None when it is gone, was changed, or is no picture."""
        try:
            data = (self._media / file.path).read_bytes()
        except OSError as error:
            log.error("%s cannot be read: %s", file.path, error)
            return None
        if hashlib.sha256(data).hexdigest() != file.sha256:
            log.error("%s is not the picture that the ledger names", file.path)
            return None
        try:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error as error:  # empty, or larger than OpenCV takes
            log.error("%s cannot be decoded: %s", file.path, error)
            return None
        return None if picture is None else np.asarray(picture, np.uint8)


def on_card(found: list[Face], own_width: float) -> Face | None:
    """The printed face: the largest of those that cannot be the candidate's own, who looks over the card."""
    printed = [face for face in found if face.box.width < ON_A_CARD * own_width]
    return max(printed, key=lambda face: face.box.area, default=None)
