"""Which reels there are, and which seat sends which.

Encoding is what costs. Up to `DISTINCT` pictures for each encoding thread, every seat has a reel of its own; beyond
that, well-behaved seats share reels, some seconds behind one another, so that 24 seats on two cores stay a load for the
box and not for the simulator. Seats with a script of their own never share.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from aiortc.mediastreams import MediaStreamTrack

from appliance.box.paths import models_folder
from appliance.simulate import clip, script
from appliance.simulate.camera import Camera
from appliance.simulate.cutout import people
from appliance.simulate.page import Page
from appliance.simulate.painter import Look, Painter
from appliance.simulate.pictures import Picture
from appliance.simulate.reel import Make, Reel, pool
from appliance.simulate.sound import Hush
from appliance.simulate.track import Place, ReelTrack

DISTINCT = 8
"""Pictures that one encoding thread has time for."""

SCREENS = 4
"""Different screens in all."""

_STAGGER = 2  # chunks between two seats that share a reel


def shared_with(seats: Sequence[int], *, distinct: int, alone: frozenset[int]) -> dict[int, int]:
    """Seat -> the seat whose picture it sends; at most `distinct` different ones, if those in `alone` leave room."""
    own = [seat for seat in seats if seat in alone]
    calm = [seat for seat in seats if seat not in alone]
    leaders = calm[: max(1, distinct - len(own))]
    return {seat: seat for seat in own} | {seat: leaders[n % len(leaders)] for n, seat in enumerate(calm)}


class Studio:
    """Makes the tracks of every seat; owns the encoding threads."""

    def __init__(self, seats: Sequence[int], clips: Path | None) -> None:
        cpus = os.cpu_count() or 1
        self._encoders: ThreadPoolExecutor = pool(cpus)
        distinct = DISTINCT * max(1, min(4, cpus // 2))
        self._files = clip.files(clips) if clips is not None else []
        alone = frozenset() if self._files else script.TROUBLED
        self._leader = shared_with(seats, distinct=distinct, alone=alone)
        self._people = [] if self._files else people(models_folder() / "pictures")
        self._reels: dict[tuple[str, int], Reel] = {}
        self._followers: dict[tuple[str, int], int] = {}

    def tracks(self, seat: int, *, phone: bool = False) -> "Shots":
        """What the seat sends, now and after each reconnect. Its phone sends the webcam's picture some seconds later:
        a second one would cost as much again."""
        leader = self._leader[seat]
        picture = self._place(("picture", leader), partial(self._picture, leader))
        if self._files and clip.has_sound(self._file(leader)):
            sound = self._place(("sound", leader), lambda: self._reel(clip.Sound(self._file(leader), leader).make))
        else:
            sound = self._place(("hush", 0), lambda: self._reel(Hush().make))
        screen = self._place(("screen", seat % SCREENS), lambda: self._reel(Page(seat % SCREENS).make))
        second = self._place(("picture", leader), partial(self._picture, leader)) if phone else None
        return Shots(picture, sound, screen, second, together=bool(self._files))

    def still(self, seat: int) -> Picture:
        """What the seat's camera shows at the beginning: for the ID, the face and the room. It takes a while."""
        leader = self._leader[seat]
        if self._files:
            return clip.first(self._file(leader))
        planes = Painter(Look.of_seat(leader), self._people).paint(script.of_seat(leader)(0.0), 0.0)
        return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)

    def _file(self, seat: int) -> Path:
        return self._files[(seat - 1) % len(self._files)]

    def _picture(self, seat: int) -> Reel:
        source = clip.Pictures(self._file(seat), seat) if self._files else Camera(seat, self._people)
        return self._reel(source.make, hurry=source.hurry)

    def _reel(self, make: Make, *, hurry: Make | None = None) -> Reel:
        return Reel(make, self._encoders, hurry=hurry)

    def _place(self, key: tuple[str, int], build: Callable[[], Reel]) -> Place:
        if key not in self._reels:
            self._reels[key] = build()
        behind = self._followers.get(key, 0)
        self._followers[key] = behind + 1
        return Place(self._reels[key], behind=_STAGGER * behind)

    async def close(self) -> None:
        """Stop encoding."""
        for reel in self._reels.values():
            await reel.close()
        self._encoders.shutdown(wait=True, cancel_futures=True)


class Shots:
    """The places of one seat in its reels."""

    def __init__(
        self, picture: Place, sound: Place, screen: Place, phone: Place | None = None, *, together: bool
    ) -> None:
        self._picture, self._sound, self._screen, self._phone = picture, sound, screen, phone
        self._together = together

    def webcam(self) -> list[MediaStreamTrack]:
        """New tracks of camera and microphone."""
        if self._together:
            self._sound.number = self._picture.number
        return [ReelTrack("video", self._picture), ReelTrack("audio", self._sound)]

    def screen(self) -> list[MediaStreamTrack]:
        """A new track of the screen."""
        return [ReelTrack("video", self._screen)]

    def phone(self) -> list[MediaStreamTrack]:
        """A new track of the phone's camera; nothing where there is no phone."""
        return [] if self._phone is None else [ReelTrack("video", self._phone)]

    @property
    def late(self) -> int:
        """Times that encoding did not keep up."""
        return self._picture.late + self._sound.late + self._screen.late

    @property
    def hurried(self) -> int:
        """Chunks of the picture that were made in a hurry."""
        return self._picture.reel.hurried
