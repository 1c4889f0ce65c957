"""The pass-through to capture: bytes go and come as they are, and a dead capture is a sentence."""

import http.server
import json
import socketserver
import threading
import time
from typing import ClassVar

import pytest

from appliance.web import door


class Capture(http.server.BaseHTTPRequestHandler):
    """Answers as capture does, and remembers what it was asked."""

    asked: ClassVar[list] = []

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, dict(self.headers), body))
        if "slow" in self.path:
            time.sleep(0.2)
        if "huge" in self.path:
            content = b"x" * (door.ANSWER_LIMIT + 10)
        elif "refused" in self.path:
            content = json.dumps({"error": "the token has expired", "hint": "Reload."}).encode()
        else:
            content = b"v=0\r\nanswer\xff"
        self.send_response(401 if "refused" in self.path else 201)
        self.send_header("Content-Type", "application/json" if "refused" in self.path else "application/sdp")
        self.send_header("Location", "/whip/a1/webcam/session/42")
        self.send_header("Set-Cookie", "stolen=1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_DELETE = do_PATCH = answer

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = False

    def handle_error(self, request, client_address):
        pass  # the client hung up on purpose


@pytest.fixture
def capture(services):
    Capture.asked = []
    with Server(str(services.paths.capture_socket(2)), Capture) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Capture.asked
        server.shutdown()
        thread.join()


HEADERS = {"Authorization": "Bearer abc", "Content-Type": "application/sdp", "Cookie": "box=secret"}


def test_an_offer_goes_and_the_answer_comes_back(house, capture):
    offer = b"v=0\r\noffer\xff"
    answer = house.client().post("/whip/a1/webcam", data=offer, headers=HEADERS)
    assert (answer.status_code, answer.data, answer.mimetype) == (201, b"v=0\r\nanswer\xff", "application/sdp")
    assert answer.headers["Location"] == "/whip/a1/webcam/session/42"
    assert "Set-Cookie" not in answer.headers or "stolen" not in answer.headers["Set-Cookie"]
    ((method, path, headers, body),) = capture
    assert (method, path, body) == ("POST", "/whip/a1/webcam", offer)
    assert headers["Authorization"] == "Bearer abc"
    assert headers["Content-Type"] == "application/sdp"
    assert "Cookie" not in headers


def test_every_method_of_both_doors(house, capture):
    for path in ("/whip/a1/webcam/session/42", "/whep/a1/webcam/session/42"):
        for method in ("DELETE", "PATCH"):
            assert house.client().open(path, method=method, headers=HEADERS).status_code == 201
    assert [(m, p) for m, p, _, _ in capture] == [
        ("DELETE", "/whip/a1/webcam/session/42"),
        ("PATCH", "/whip/a1/webcam/session/42"),
        ("DELETE", "/whep/a1/webcam/session/42"),
        ("PATCH", "/whep/a1/webcam/session/42"),
    ]


def test_a_refusal_of_capture_is_passed_on(house, capture):
    answer = house.client().post("/whip/refused/webcam", data=b"x", headers=HEADERS)
    assert (answer.status_code, answer.json["error"]) == (401, "the token has expired")


def test_the_csrf_check_does_not_stand_in_the_way(make_house, capture):
    house = make_house(WTF_CSRF_ENABLED=True)
    assert house.client().post("/whep/a1/webcam", data=b"x", headers=HEADERS).status_code == 201


def test_a_dead_capture_is_a_sentence(house):
    answer = house.client().post("/whip/a1/webcam", data=b"x", headers=HEADERS)
    assert answer.status_code == 503
    assert answer.json["error"] == "the recording process is not running"
    assert answer.json["hint"]


def test_a_capture_that_hangs_is_a_sentence(house, capture, monkeypatch):
    monkeypatch.setattr(door, "TIMEOUT_SECONDS", 0.05)
    answer = house.client().post("/whip/slow/webcam", data=b"x", headers=HEADERS)
    assert (answer.status_code, answer.json["error"]) == (503, "the recording process did not answer in time")


def test_an_endless_answer_is_cut_off(house, capture):
    assert house.client().post("/whip/huge/webcam", data=b"x", headers=HEADERS).status_code == 503


def test_an_offer_that_is_too_large_never_reaches_capture(house, capture):
    answer = house.client().post("/whip/a1/webcam", data=b"x" * 64_001, headers=HEADERS)
    assert answer.status_code == 413
    assert answer.json["error"] == "That is too much at once: at most 64 kB fit."
    assert capture == []


@pytest.mark.parametrize(
    "path", ["/whip/..%2fwhep/a", "/whip/a b", "/whip/a%0d%0aX:1", "/whip/" + "x" * 201, "/whep/ä"]
)
def test_an_odd_path_never_reaches_capture(house, capture, path):
    assert house.client().post(path, data=b"x", headers=HEADERS).status_code in (400, 404)
    assert capture == []


def test_who_waits_for_capture_is_told_when_the_process_stops(house, capture):
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(house.client().post("/whip/slow/webcam", data=b"x", headers=HEADERS))
    )
    asking.start()
    while not capture:
        time.sleep(0.005)
    door.hang_up()
    asking.join()
    assert answers[0].status_code == 503
