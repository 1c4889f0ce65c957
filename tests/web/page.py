"""A page without a browser: HTTP with cookies, and Socket.IO over a WebSocket that reads only when it is told to."""

import http.client
import http.cookiejar
import json
import re
import socket
import time
import urllib.error
import urllib.request

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage


class Browser:
    """Cookies, the CSRF token, JSON."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.token = ""

    def ask(self, path, said=None, *, method=None, headers=None):
        """-> (status, JSON or text)."""
        body = None if said is None else json.dumps(said).encode()
        head = {"Accept": "application/json", "Content-Type": "application/json", "X-CSRFToken": self.token}
        asked = urllib.request.Request(self.base + path, body, {**head, **(headers or {})}, method=method)
        try:
            with self._opener.open(asked, timeout=20) as answer:
                status, text, kind = answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            with error:
                status, text, kind = error.code, error.read().decode(), error.headers["Content-Type"]
        return status, json.loads(text) if kind.startswith("application/json") else text

    def begin(self):
        """Take the CSRF token from a page."""
        self.token = re.search(r'name="csrf-token" content="([^"]+)"', self.ask("/statement")[1])[1]
        return self

    def sign_in(self, user, password):
        status, said = self.begin().ask("/sign-in", {"user": user, "password": password})
        assert status == 200, said
        return self

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)


class Refused(Exception):
    """The box did not let the page in; `args[0]` is what it said."""


class Page:
    """Socket.IO by hand: Engine.IO 4 over one WebSocket."""

    def __init__(self, browser: Browser, *, origin: str | None = None, receive_buffer: int | None = None) -> None:
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", browser.port))
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._packets: list[str] = []
        self.closed = False
        self._acks = 0
        self.said: list[tuple[str, dict]] = []
        headers = [(b"Cookie", browser.cookies.encode()), (b"Origin", (origin or browser.base).encode())]
        target = "/socket.io/?EIO=4&transport=websocket"
        self._send(Request(host=f"127.0.0.1:{browser.port}", target=target, extra_headers=headers))
        try:
            self.opened = json.loads(self._packet()[1:])
            self._text("40")
            answer = self._packet()
            if not answer.startswith("40"):
                raise Refused(json.loads(answer[2:]))
        except BaseException:
            self.close()
            raise

    def emit(self, event, data):
        """-> the acknowledgement."""
        self._acks += 1
        self._text(f"42{self._acks}{json.dumps([event, data])}")
        while True:
            packet = self._packet()
            if packet.startswith(f"43{self._acks}["):
                return json.loads(packet[2 + len(str(self._acks)) :])[0]
            self._take(packet)

    def listen(self, until, *, seconds=10.0):
        """Read until `until(said)`; said: [(event, data)]."""
        deadline = time.monotonic() + seconds
        while not until(self.said):
            assert time.monotonic() < deadline, f"it never came; so far {len(self.said)} messages"
            self._take(self._packet())
        return self.said

    @property
    def events(self):
        return [event for name, data in self.said if name == "events" for event in data["events"]]

    def shout(self, text):
        """Any text, as it is."""
        self._text(text)

    def wait_closed(self, seconds=10.0):
        deadline = time.monotonic() + seconds
        while not self.closed:
            assert time.monotonic() < deadline, "it was not closed"
            try:
                self._take(self._packet())
            except ConnectionError:
                return

    def close(self):
        self.closed = True
        self._socket.close()

    def _take(self, packet):
        if packet.startswith("42"):
            self.said.append(tuple(json.loads(packet[2:])))
        elif packet == "1":
            self.closed = True
        else:
            assert not packet.startswith("41"), "after this a browser does not come back by itself"

    def _packet(self) -> str:
        while True:
            while self._packets:
                packet = self._packets.pop(0)
                if packet == "2":
                    self._text("3")
                else:
                    return packet
            data = self._socket.recv(65536)
            if not data:
                self.closed = True
                raise ConnectionError("the box closed the connection")
            self._ws.receive_data(data)
            for event in self._ws.events():
                self._handle(event)

    def _handle(self, event):
        if isinstance(event, TextMessage):
            self._part = getattr(self, "_part", "") + event.data
            if event.message_finished:
                self._packets.append(self._part)
                self._part = ""
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, RejectConnection):
            raise Refused(event.status_code)
        elif isinstance(event, CloseConnection):
            self.closed = True
            raise ConnectionError("the box closed the connection")
        else:
            assert isinstance(event, AcceptConnection), event

    def _text(self, text):
        self._send(TextMessage(text))

    def _send(self, event):
        self._socket.sendall(self._ws.send(event))


def held_open(port: int) -> http.client.HTTPConnection:
    """A connection that a browser keeps."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/statement")
    connection.getresponse().read()
    return connection
