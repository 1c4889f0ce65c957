"""Stretches without sound in a file that has a track for it.

Chromium plays a list of segments only if all have the same tracks, and stops where one of the tracks has nothing to
play (measured: a first segment without sound, or sound that ends early, stalls HLS). So every MP4 file with pictures
has a track of sound, and where none arrived it holds one packet that decodes to silence and lasts as long. Three bytes
for each part; `is_filler` tells them from sound that arrived.
"""

from collections.abc import Sequence

from appliance.recording.frame import RATE, Media, Sample

_PACKET = b"\xfc\xff\xfe"
"""20 ms of silence (RFC 6716: CELT, full band, stereo), what encoders send for it."""
_SHORTEST = RATE[Media.AUDIO] // 100
_AWAITED = RATE[Media.AUDIO] // 2
"""Sound that is this much behind the pictures will not come."""


def filled(sound: Sequence[Sample], *, since: int, until: int) -> list[Sample]:
    """The samples of a part, with silence where they leave a hole between `since`, where the part before ended, and
    `until`, where its pictures end. Ticks of the sound; sound that is only a little late leaves the end open."""
    found: list[Sample] = []
    if sound and sound[0].position - since > _SHORTEST:
        found.append(Sample(since, sound[0].position - since, _PACKET, True))
    found.extend(sound)
    end = max(found[-1].position + found[-1].duration if found else since, since)
    if until > end and (not sound or until - end > _AWAITED):
        found.append(Sample(end, until - end, _PACKET, True))
    return found


def is_filler(duration: int, size: int) -> bool:
    """Does a sample of so many ticks and bytes stand for silence that nobody sent?"""
    return size == len(_PACKET) and duration != 960
