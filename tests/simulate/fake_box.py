"""A box as small as can be: the doors a candidate uses, with a real WebRTC receiver behind WHIP."""

import asyncio
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

STAGES = ("arrived", "consent", "equipment", "waiting", "admitted", "in_exam", "submitted")
RECORDED = {"equipment", "identification", "room_scan", "position", "briefing", "waiting", "admitted", "in_exam"}


class FakeBox:
    """`frames` of each kind of medium that arrived, by feed; `said`: every POST, in order."""

    def __init__(self):
        self.stage = "consent"
        self.said = []
        self.frames = {}
        self.sizes = {}
        self.connections = []
        self.deleted = []
        self.messages = []
        self.csrf = "one"
        self.tested = False
        self.after = {"sign": "equipment", "equip": "admitted", "start": "in_exam"}
        self.phone = ""  # what is known of the phone: scanned, confirmed, refused
        self.failing = 0  # this many of the next requests are answered with 503
        self.url = ""
        self._reading = []

    @property
    def paths(self):
        return [path for path, _ in self.said]

    def say(self, message, *, kind, sender="staff"):
        at = float(len(self.messages) + 1)
        said = {"message": message, "kind": kind, "sender": sender, "sent_at": at, "read_at": None}
        self.messages.append({**said, "acknowledged_at": None})

    @asynccontextmanager
    async def running(self, port=0):
        application = web.Application(middlewares=[self._guard])
        application.router.add_get("/", self._front)
        application.router.add_get("/api/me", self._me)
        application.router.add_get("/phone/state", self._phone_state)
        application.router.add_post("/whip/{attempt}/{kind}", self._whip)
        application.router.add_delete("/whip/{attempt}/{kind}/session/{id}", self._delete)
        application.router.add_post("/{path:.*}", self._post)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            for connection in self.connections:
                with suppress(TimeoutError):  # one that never was connected may take for ever
                    await asyncio.wait_for(connection.close(), 1)
            for task in self._reading:
                task.cancel()
            await asyncio.gather(*self._reading, return_exceptions=True)
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request, handler):
        if self.failing > 0:
            self.failing -= 1
            return web.json_response({"error": "the disk is away", "hint": "Wait."}, status=503)
        return await handler(request)

    async def _front(self, request):
        page = web.Response(text=f'<meta name="csrf-token" content="{self.csrf}">', content_type="text/html")
        page.set_cookie("form", self.csrf)
        return page

    async def _me(self, request):
        if request.cookies.get("box") != "candidate":
            return web.json_response({"error": "Nobody is signed in.", "hint": "Join."}, status=401)
        return web.json_response(self._facts())

    def _facts(self):
        feeds = {kind: {"url": f"/whip/a1/{kind}", "token": f"token-{kind}"} for kind in ("webcam", "screen")}
        return {
            "attempt": "a1",
            "name": "Amara Okafor",
            "stage": self.stage,
            "now": 100.0,
            "exam": {"starts_at": 50.0},
            "feeds": feeds if self.stage in RECORDED else {},
            "messages": self.messages,
            "plan": {"opens_at": 50.0, "briefing": {"text": "Be fair.", "sha256": "b" * 64}},
            "checkin": {"scan": {"asked": None}, "selftest": {} if not self.tested else {"checked_at": 1.0}},
        }

    async def _post(self, request):
        path = request.path
        fields = await request.json() if request.content_type == "application/json" else {"bytes": await request.read()}
        if request.headers.get("X-CSRFToken") != self.csrf or request.cookies.get("form") != self.csrf:
            return web.json_response({"error": "The page is too old.", "hint": "Reload it."}, status=400)
        self.said.append((path, fields))
        if path == "/join":
            return self._join(request, fields)
        if path == "/api/me/phone":
            return web.json_response({"link": f"{self.url}/phone/join#token-of-the-link"}, status=201)
        if path == "/phone/join":
            return self._join_phone(fields)
        if path == "/api/me/messages":
            self.say("own", kind="chat", sender="candidate")
            return web.json_response({"message": "own"}, status=201)
        if path == "/api/me/read":
            for message in self.messages:
                message["read_at"] = 1.0
            return web.json_response({"read": fields["message"]})
        if path.endswith("/acknowledge"):
            self.messages[0]["acknowledged_at"] = 1.0
            return web.json_response({"acknowledged": "m1"})
        if path in ("/api/me/selftest", "/api/me/identity"):
            self.tested |= path.endswith("selftest")
            return web.json_response({"kept": True})
        if path == "/api/me/equip" and not {"webcam", "screen"} <= set(self.frames):
            return web.json_response({"error": "Nothing arrives.", "hint": "Share."}, status=409)
        self.stage = self.after.get(path.rpartition("/")[2], self.stage)
        return web.json_response(self._facts())

    def _join(self, request, fields):
        if fields["code"] != "CDFHJKMN":
            return web.json_response({"error": "This code is not known", "hint": "Read it again."}, status=400)
        answer = web.json_response({"attempt": "a1"})
        answer.set_cookie("box", "candidate")
        return answer

    def _join_phone(self, fields):
        if fields != {"token": "token-of-the-link"}:
            return web.json_response({"error": "this code is not known", "hint": ""}, status=409)
        self.phone = "scanned"
        answer = web.json_response({"joined": True})
        answer.set_cookie("phone", "second", path="/phone")
        return answer

    async def _phone_state(self, request):
        if request.cookies.get("phone") != "second" or self.phone == "refused":
            return web.json_response({"error": "Nobody is signed in.", "hint": "Join."}, status=401)
        feed = {"phone": {"url": "/whip/a1/phone", "token": "token-phone"}} if self.phone == "confirmed" else {}
        return web.json_response({"stage": self.stage, "state": self.phone, "feeds": feed})

    async def _whip(self, request):
        kind = request.match_info["kind"]
        if request.headers.get("Authorization") != f"Bearer token-{kind}":
            return web.json_response({"error": "a token is missing", "hint": ""}, status=401)
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connections.append(connection)
        location = f"{request.path}/session/{len(self.connections)}"
        connection.on("track", lambda track: self._reading.append(asyncio.ensure_future(self._read(kind, track))))
        await connection.setRemoteDescription(RTCSessionDescription(sdp=await request.text(), type="offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return web.Response(status=201, text=connection.localDescription.sdp, headers={"Location": location})

    async def _read(self, kind, track):
        counts = self.frames.setdefault(kind, {})
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                counts[track.kind] = counts.get(track.kind, 0) + 1
                if track.kind == "video":
                    self.sizes[kind] = (frame.width, frame.height)

    async def _delete(self, request):
        self.deleted.append(request.match_info["id"])
        return web.Response()


async def until(condition, *, seconds=8.0):
    """Wait; AssertionError when it does not come true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen"
        await asyncio.sleep(0.03)
