"""The newest sound of a feed: one file on tmpfs, renamed into place by the decoder, read by whoever listens.

Layout: one line of JSON (the header), then the samples (16-bit, mono, little-endian), oldest first, at most `SECONDS`.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.exam.feed import Feed

RATE = 16_000
"""Samples a second."""

SECONDS = 6.0
"""How much is kept: who listens less often misses something, and can tell how much."""

_SUFFIX = ".sound"

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`run`: counts stretches without a hole in them (wall nanoseconds when it began, so that it never repeats);
    `end`: samples of this run up to the newest, of which the file holds the last `samples`; `ends_at`: wall seconds
    when the newest was heard; `position`: the same on the feed's recording timeline, seconds."""

    feed: str
    run: int
    end: int
    ends_at: float
    position: float
    samples: int


def path_of(folder: Path, feed: Feed) -> Path:
    """One file for each feed."""
    return folder / f"{feed.attempt}.{feed.kind.value}{_SUFFIX}"


def write(folder: Path, header: Header, samples: Samples) -> None:
    """Rename the new sound into place: a reader hears the old or the new, never half."""
    target = path_of(folder, Feed.parse(header.feed))
    temporary = target.with_suffix(f".{os.getpid()}")
    with open(temporary, "wb") as file:
        file.write(json.dumps(asdict(header)).encode() + b"\n")
        file.write(samples.astype("<i2").tobytes())
    temporary.rename(target)


def read(folder: Path, feed: Feed) -> tuple[Header, Samples] | None:
    """What was heard last; None when there is nothing. ValueError or TypeError when the file is none of these, or is
    cut off."""
    try:
        with open(path_of(folder, feed), "rb") as file:
            header = Header(**json.loads(file.readline()))
            samples = np.frombuffer(file.read(), "<i2").astype(np.int16)
    except FileNotFoundError:
        return None
    if len(samples) != header.samples or header.samples > header.end:
        raise ValueError(f"the sound of {feed} is cut off: {len(samples)} samples instead of {header.samples}")
    return header, samples


def remove(folder: Path, feed: Feed) -> None:
    """The feed is over: nothing old stays to sound live."""
    path_of(folder, feed).unlink(missing_ok=True)
