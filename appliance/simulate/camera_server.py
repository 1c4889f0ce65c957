"""A lab camera without a lab: an RTSP server (RFC 2326) that plays a clip of H.264 over and over, media in the TCP
connection. It can be told to hang, to break off and to send nonsense, as cameras do.
"""

import asyncio
import base64
import contextlib
import hashlib
import random
import secrets
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

_PAYLOAD_TYPE = 96
_CLOCK = 90_000
_LARGEST = 1400
_REALM = "camera"
_SPS, _PPS, _FRAGMENT = 7, 8, 28
_MOST_WAITING = 1_000_000


class Behaviour(StrEnum):
    """What the camera does; it can be changed while somebody watches."""

    GOOD = "good"
    SILENT = "silent"  # the connection stays, no picture comes
    MUTE = "mute"  # no request is answered
    GARBAGE = "garbage"  # packets of random bytes
    LENGTHS = "lengths"  # packets whose length is not the one they say
    ENDLESS = "endless"  # a picture that never ends
    ABSURD = "absurd"  # sequence parameter sets of random bits, and of none
    RUBBISH = "rubbish"  # a session description of random bytes
    HEVC = "hevc"  # it says that it sends H.265


@dataclass(frozen=True, slots=True)
class Login:
    """What the camera wants to see. `scheme`: "Basic" or "Digest"."""

    user: str
    password: str
    scheme: str = "Digest"


@dataclass(slots=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]


@dataclass(slots=True)
class _Session:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    playing: asyncio.Task[None] | None = None


class CameraServer:
    """`frames`: access units in Annex B, the first one a key frame with its parameter sets. Give `start` the same port
    again, and a camera that was away is back."""

    def __init__(
        self, frames: Sequence[bytes], *, fps: int, login: Login | None = None, behaviour: Behaviour = Behaviour.GOOD
    ) -> None:
        self.behaviour = behaviour
        self.port = 0
        self.plays = self.requests = 0
        self._frames = [_units(frame) for frame in frames]
        self._fps, self._login = fps, login
        self._random = random.Random(7)  # noqa: S311
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """With the login in it."""
        login = f"{self._login.user}:{self._login.password}@" if self._login else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/stream"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break off: every connection is closed in the middle of whatever it does."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        session = _Session(reader, writer)
        try:
            while (request := await _read(reader)) is not None:
                self.requests += 1
                await self._answer(session, request)
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # it broke off, or whoever watches did
        finally:
            if session.playing is not None:
                session.playing.cancel()
                await asyncio.gather(session.playing, return_exceptions=True)
            writer.transport.abort()
            self._sessions.discard(task)

    async def _answer(self, session: _Session, request: _Request) -> None:
        if self.behaviour is Behaviour.MUTE:
            await asyncio.Event().wait()
        if request.method != "OPTIONS" and not self._allowed(session, request):
            self._say(session, request, "401 Unauthorized", {"WWW-Authenticate": self._challenge(session)})
            return
        known: dict[str, Callable[[_Session, _Request], None]] = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "TEARDOWN": self._teardown,
            "GET_PARAMETER": self._alive,
        }
        answer = known.get(request.method)
        if answer is None:
            self._say(session, request, "405 Method Not Allowed", {})
        else:
            answer(session, request)

    # --- requests ---

    def _options(self, session: _Session, request: _Request) -> None:
        self._say(session, request, "200 OK", {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"})

    def _describe(self, session: _Session, request: _Request) -> None:
        body = self._description()
        self._say(session, request, "200 OK", {"Content-Type": "application/sdp"}, body)

    def _setup(self, session: _Session, request: _Request) -> None:
        if "interleaved" not in request.headers.get("transport", ""):
            self._say(session, request, "461 Unsupported Transport", {})
            return
        head = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": session.id}
        self._say(session, request, "200 OK", head)

    def _play(self, session: _Session, request: _Request) -> None:
        self._say(session, request, "200 OK", {"Session": session.id})
        if session.playing is None:
            self.plays += 1
            session.playing = asyncio.ensure_future(self._send_pictures(session.writer))

    def _teardown(self, session: _Session, request: _Request) -> None:
        self._say(session, request, "200 OK", {"Session": session.id})
        session.writer.close()

    def _alive(self, session: _Session, request: _Request) -> None:
        self._say(session, request, "200 OK", {"Session": session.id})

    def _say(
        self, session: _Session, request: _Request, status: str, headers: dict[str, str], body: bytes = b""
    ) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {request.headers.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        session.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def _description(self) -> bytes:
        if self.behaviour is Behaviour.RUBBISH:
            return self._random.randbytes(400)
        units = {unit[0] & 0x1F: unit for unit in self._frames[0]}
        sets = ",".join(base64.b64encode(units[kind]).decode() for kind in (_SPS, _PPS))
        codec = "H265" if self.behaviour is Behaviour.HEVC else "H264"
        parameters = f"a=fmtp:{_PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={sets}"
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "t=0 0", "a=control:*"]
        lines += [f"m=video 0 RTP/AVP {_PAYLOAD_TYPE}", f"a=rtpmap:{_PAYLOAD_TYPE} {codec}/{_CLOCK}"]
        lines += [parameters] if codec == "H264" else []
        return "\r\n".join([*lines, "a=control:track1", ""]).encode()

    # --- who may ---

    def _challenge(self, session: _Session) -> str:
        assert self._login is not None
        nonce = f', nonce="{session.nonce}"' if self._login.scheme == "Digest" else ""
        return f'{self._login.scheme} realm="{_REALM}"{nonce}'

    def _allowed(self, session: _Session, request: _Request) -> bool:
        if self._login is None:
            return True
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if scheme != self._login.scheme:
            return False
        secret = f"{self._login.user}:{self._login.password}"
        if scheme == "Basic":
            return said == base64.b64encode(secret.encode()).decode()
        parts = dict(part.strip().split("=", 1) for part in said.split(",") if "=" in part)
        fields = {name: value.strip('"') for name, value in parts.items()}
        first = _md5(f"{self._login.user}:{_REALM}:{self._login.password}")
        second = _md5(f"{request.method}:{fields.get('uri', '')}")
        return fields.get("response") == _md5(f"{first}:{session.nonce}:{second}")

    # --- pictures ---

    async def _send_pictures(self, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        sequence = count(self._random.randrange(1000))
        with contextlib.suppress(ConnectionError):
            for number in count():
                await asyncio.sleep(max(0.0, began + number / self._fps - loop.time()))
                if writer.transport.get_write_buffer_size() > _MOST_WAITING:
                    continue  # whoever watches does not read: a camera does not wait for it
                for packet in self._packets(number, sequence):
                    writer.write(packet)

    def _packets(self, number: int, sequence: Iterator[int]) -> Iterator[bytes]:
        """One picture, as what goes over the wire."""
        behaviour, chaos = self.behaviour, self._random
        if behaviour is Behaviour.SILENT:
            return
        if behaviour is Behaviour.GARBAGE:
            for _ in range(4):
                yield _interleaved(chaos.randbytes(chaos.randrange(1, _LARGEST)))
            return
        timestamp = number * _CLOCK // self._fps
        if behaviour is Behaviour.ENDLESS:
            for _ in range(40):
                piece = bytes([0x60 | _FRAGMENT, 0x01]) + chaos.randbytes(_LARGEST)
                yield _interleaved(_rtp(next(sequence), 0, piece, last=False))
            return
        units = self._frames[number % len(self._frames)]
        if behaviour is Behaviour.ABSURD:
            units = [self._absurd(unit, number) for unit in units]
        pieces = [piece for unit in units for piece in _fragments(unit)]
        for at, piece in enumerate(pieces):
            packet = _rtp(next(sequence), timestamp, piece, last=at == len(pieces) - 1)
            said = chaos.randrange(65_536) if behaviour is Behaviour.LENGTHS else len(packet)
            yield _interleaved(packet, said)

    def _absurd(self, unit: bytes, number: int) -> bytes:
        if unit[0] & 0x1F != _SPS:
            return unit
        if number == 0:
            return unit[:4] + b"\1"
        return unit[:4] + bytes(self._random.randrange(256) for _ in range(len(unit) + 20))


async def _read(reader: asyncio.StreamReader) -> _Request | None:
    """The next request; receiver reports between them are of no interest. None at the end."""
    while (first := await reader.read(1)) == b"$":
        await _skip(reader)
    if not first:
        return None
    text = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = text.split("\r\n")
    method, url, _ = line.split(" ", 2)
    headers = dict(part.split(":", 1) for part in rest if ":" in part)
    return _Request(method, url, {name.lower(): value.strip() for name, value in headers.items()})


async def _skip(reader: asyncio.StreamReader) -> None:
    _, length = struct.unpack(">BH", await reader.readexactly(3))
    await reader.readexactly(length)


def _units(annex_b: bytes) -> list[bytes]:
    pieces = annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [piece for piece in pieces if piece]


def _fragments(unit: bytes) -> Iterator[bytes]:
    """A NAL unit as payloads of RTP packets (RFC 6184): itself, or FU-A."""
    if len(unit) <= _LARGEST:
        yield unit
        return
    indicator, kind, body = unit[0] & 0xE0 | _FRAGMENT, unit[0] & 0x1F, unit[1:]
    for at in range(0, len(body), _LARGEST):
        first, last = at == 0, at + _LARGEST >= len(body)
        yield bytes([indicator, first << 7 | last << 6 | kind]) + body[at : at + _LARGEST]


def _rtp(sequence: int, timestamp: int, payload: bytes, *, last: bool) -> bytes:
    head = struct.pack(">BBHII", 0x80, last << 7 | _PAYLOAD_TYPE, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, 0xCA3E7A)
    return head + payload


def _interleaved(packet: bytes, length: int | None = None) -> bytes:
    return struct.pack(">cBH", b"$", 0, len(packet) if length is None else length) + packet


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
