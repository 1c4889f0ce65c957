"""A real HTTP server on loopback that answers as a test says and keeps what it was sent."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class Sent:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Server:
    """`answers`: path -> statuses that come first; then 200. `says`: path -> the object of a good answer."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    says: dict[str, dict] = field(default_factory=dict)

    def to(self, path: str) -> list[Sent]:
        return [one for one in self.sent if one.path == path]


@contextlib.contextmanager
def serving(server: Server, *, port: int = 0) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.sent.append(Sent(self.path, dict(self.headers), body))
            first = server.answers.get(self.path, [])
            status = first.pop(0) if first else 200
            said = json.dumps(server.says.get(self.path, {}) if status == 200 else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, *_):
            pass

    class Quick(ThreadingHTTPServer):
        daemon_threads = False
        block_on_close = True

    httpd = Quick(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, name="test-server")
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
