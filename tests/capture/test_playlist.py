"""The playlist: closed segments, what is on disk of the open one, discontinuities, one write at a time."""

from dataclasses import replace
from pathlib import Path

from appliance.capture.playlist import Entry, Playlist
from appliance.recording.part import Part


class Disk:
    """Answers when told to."""

    def __init__(self):
        self.texts, self.waiting = [], []

    def replace(self, path, data, done):
        assert path == Path("feed/playlist.m3u8")
        self.texts.append(data.decode())
        self.waiting.append(done)
        return True

    def answer(self, error=None):
        self.waiting.pop(0)(error, "")


def entry(number, position, *, lasts=30.0):
    return Entry(f"S1-webcam-{number:05d}.mp4", 1_795_000_000.5 + position, position, lasts, 8000, 1000)


def test_each_segment_has_its_header_its_time_and_its_bytes():
    playlist = Playlist(Path("feed"), Disk())
    playlist.append(entry(1, 0.0, lasts=30.25))
    assert playlist.render().splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:31",
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="S1-webcam-00001.mp4",BYTERANGE="1000@0"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.500Z",
        "#EXTINF:30.250,",
        "#EXT-X-BYTERANGE:7000@1000",
        "S1-webcam-00001.mp4",
    ]


def test_a_gap_is_a_discontinuity_and_segments_that_follow_are_not():
    playlist = Playlist(Path("feed"), Disk())
    playlist.append(entry(1, 0.0))
    playlist.append(entry(2, 30.2))
    assert "DISCONTINUITY" not in playlist.render()
    playlist.append(entry(3, 75.0))
    lines = playlist.render().splitlines()
    assert lines.count("#EXT-X-DISCONTINUITY") == 1
    assert "00003" in lines[lines.index("#EXT-X-DISCONTINUITY") + 1]


def test_another_format_is_a_discontinuity():
    playlist = Playlist(Path("feed"), Disk())
    playlist.append(entry(1, 0.0))
    playlist.append(replace(entry(2, 30.0), name="S1-webcam-00002.webm"))
    playlist.append(replace(entry(3, 60.0), name="S1-webcam-00003.webm"))
    lines = playlist.render().splitlines()
    assert lines.count("#EXT-X-DISCONTINUITY") == 1
    assert "00002.webm" in lines[lines.index("#EXT-X-DISCONTINUITY") + 1]


def test_the_open_segment_shows_what_is_on_disk_and_the_end_is_said_once():
    playlist = Playlist(Path("feed"), Disk())
    playlist.append(entry(1, 0.0))
    still = Entry.of("S1-webcam-00002.mp4", 1_795_000_031.0, 1000, [Part(1000, 500, 30, 0.7), Part(1500, 500, 30.7, 1)])
    text = playlist.render(still)
    assert "#EXTINF:1.700,\n#EXT-X-BYTERANGE:1000@1000\nS1-webcam-00002.mp4\n" in text
    assert "ENDLIST" not in text
    assert playlist.render(over=True).endswith("#EXT-X-ENDLIST\n")


def test_the_end_waits_for_nothing():
    disk = Disk()
    playlist = Playlist(Path("feed"), disk)
    playlist.append(entry(1, 0.0))
    playlist.publish()
    playlist.append(entry(2, 30.0))
    playlist.publish()
    playlist.publish(over=True)
    assert len(disk.texts) == 2
    disk.answer()
    disk.answer()
    assert len(disk.texts) == 2
    assert disk.texts[-1].endswith("#EXT-X-ENDLIST\n")


def test_one_version_is_written_at_a_time_and_the_newest_always_is():
    disk = Disk()
    playlist = Playlist(Path("feed"), disk)
    playlist.publish()
    assert disk.texts == []  # nothing is recorded yet
    for number in range(1, 5):
        playlist.append(entry(number, 30.0 * number))
        playlist.publish()
    assert len(disk.texts) == 1
    disk.answer(OSError(28, "No space left on device"))
    assert len(disk.texts) == 2
    assert "00004" in disk.texts[1]
    disk.answer()
    assert len(disk.texts) == 2
