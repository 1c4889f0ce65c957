"""Sixty pages that follow: how soon events and chat are there, is any lost, how soon is one that was away current."""

import asyncio
import re
import statistics
import time
import urllib.request
from typing import Any

import aiohttp

from appliance.bench.capture.job import helper
from appliance.bench.dashboard import site
from appliance.bench.dashboard.page import Page, follow, listen
from appliance.bench.dashboard.site import EXAM, Site
from appliance.bench.figures import spread
from appliance.errors import Unavailable
from appliance.exam import events
from appliance.exam.flags import RULES, RULES_VERSION
from appliance.ledger.client import Client
from appliance.ledger.reader import Reader, opened
from appliance.ledger.record import Event

PAGES = 60
EVENTS_A_SECOND = 20
SECONDS = 15.0
CHAT_EVERY = 20
"""One message of a candidate in so many events."""

SETTLE_SECONDS = 2.0
RETURNS = 5
_RETURN_SECONDS = 30.0


def share(house: Site) -> dict[str, Any]:
    """Events of detection through the ledger's socket, chat of a candidate through the API, all to every page."""
    cookies = [site.cookie(house.logins[number % len(house.logins)]) for number in range(PAGES)]
    job = {"url": house.url, "exam": EXAM, "cookies": cookies, "after": None}
    client = Client(house.paths.ledger_socket, process="inference")
    client.start()
    try:
        with opened(house.paths.database) as reader, helper("appliance.bench.dashboard.crowd", job) as pages:
            time.sleep(SETTLE_SECONDS)
            before, began, web = reader.head(), time.monotonic(), house.cpu()
            chats = _happen(house, client)
            passed, used = time.monotonic() - began, house.cpu() - web
            time.sleep(SETTLE_SECONDS)
            said, crowd_cpu = pages.ask(), pages.cpu()
            appended = {event.seq for event in _since(reader, before)}
    finally:
        client.stop()
    return _figures(said, appended, chats) | {
        "events_per_s": round(EVENTS_A_SECOND * SECONDS / passed, 1),
        "web_cores": round(used / passed, 2),
        "crowd_cores": round(crowd_cpu / (passed + 2 * SETTLE_SECONDS), 2),
    }


def _happen(house: Site, client: Client) -> dict[str, float]:
    """Append at an even pace; -> chat text -> wall time at which it was sent."""
    candidate = Candidate(house)
    chats: dict[str, float] = {}
    began = time.monotonic()
    for number in range(int(EVENTS_A_SECOND * SECONDS)):
        time.sleep(max(0.0, began + number / EVENTS_A_SECOND - time.monotonic()))
        attempt = house.attempts[number % len(house.attempts)]
        if number % CHAT_EVERY == 0:
            text = f"chat {number}"
            chats[text] = time.time()
            candidate.say(text)
        else:
            client.append(_flag(number), chain=attempt, exam=EXAM)
    return chats


def _flag(number: int) -> events.FlagRaised:
    """As detection raises one: the largest of the events that come often."""
    rule = RULES["phone_visible"]
    return events.FlagRaised(
        flag=f"bench{number}-{time.time_ns()}",
        code=rule.code,
        category=rule.category.value,
        severity=rule.severity.value,
        kind="webcam",
        source="inference",
        onset_at=time.time() - 2,
        position=float(number),
        stage="in_exam",
        rules=RULES_VERSION,
        models={"phone": "bench"},
        threshold=0.5,
        score=0.8,
        true=3,
        assessable=4,
        ticks=4,
        light=90.0,
        snapshots=[],
    )


def _since(reader: Reader, seq: int) -> list[Event]:
    """What every page should have got."""
    found = reader.events(after=seq, exam=EXAM, limit=100_000)
    return [event for event in found if event.chain != events.BOX]


def _figures(said: dict[str, Any], appended: set[int], chats: dict[str, float]) -> dict[str, Any]:
    """`lost`: how often an event that stands in the ledger did not come to a page."""
    pages = [{int(seq): late for seq, late in seen.items() if int(seq) in appended} for seen in said["seen"]]
    late = [value * 1000 for page in pages for value in page.values()]
    heard = [(at - chats[text]) * 1000 for page in said["chats"] for text, at in page.items() if text in chats]
    if len(late) < 2 or len(heard) < 2:
        raise Unavailable("no event arrived at any page", hint="See the log of the web process.")
    return {
        "pages": len(pages),
        "event_ms": spread(late),
        "chat_ms": spread(heard),
        "lost": sum(len(appended - page.keys()) for page in pages),
        "closed": said["closed"],
        "timer_late_ms": spread([value * 1000 for value in said["timer_late"]]),
    }


class Candidate:
    """A candidate's page, as far as chat goes."""

    def __init__(self, house: Site) -> None:
        self._url = house.url
        self._cookies = site.cookie(house.candidates[0])
        with urllib.request.urlopen(self._request("/exam"), timeout=10) as page:  # noqa: S310 - the box just started
            token = re.search(r'name="csrf-token" content="([^"]+)"', page.read().decode())
            given = [value.partition(";")[0] for value in page.headers.get_all("Set-Cookie", [])]
        self._cookies = "; ".join([self._cookies, *given])
        self._token = token[1] if token else ""

    def say(self, text: str) -> None:
        """Returns when the box has it."""
        body = f'{{"text": "{text}"}}'.encode()
        with urllib.request.urlopen(self._request("/api/me/messages", body), timeout=10):  # noqa: S310 - as above
            pass

    def _request(self, path: str, body: bytes | None = None) -> urllib.request.Request:
        headers = {"Cookie": self._cookies}
        if body is not None:
            headers |= {"Content-Type": "application/json", "X-CSRFToken": self._token, "Referer": self._url}
        return urllib.request.Request(self._url + path, body, headers)  # noqa: S310 - as above


def catch_up(house: Site) -> dict[str, Any]:
    """A wall comes back that was away from before the events in question on; `catch_up_lost`: what it never got."""
    taken, lost = zip(*asyncio.run(_returns(house)), strict=True)
    return {
        "catch_up_s": round(statistics.median(taken), 3),
        "catch_up_worst_s": round(max(taken), 3),
        "catch_up_lost": sum(lost),
    }


async def _returns(house: Site) -> list[tuple[float, int]]:
    """Seconds until it was current, and how many events were missing then."""
    async with aiohttp.ClientSession() as session:
        return [await _return(house, session, cookie) for cookie in house.logins[:RETURNS]]


async def _return(house: Site, session: aiohttp.ClientSession, login: str) -> tuple[float, int]:
    page, began = Page(), time.monotonic()
    socket = await follow(session, {"url": house.url, "exam": EXAM}, site.cookie(login), house.before)
    listening = asyncio.create_task(listen(socket, page))
    async with asyncio.timeout(_RETURN_SECONDS):
        while page.upto < house.last and not page.closed:
            page.moved.clear()
            await page.moved.wait()
    took = time.monotonic() - began
    if page.closed:
        raise Unavailable("a wall that came back was closed by the box", hint="See the log of the web process.")
    await socket.close()
    await listening
    return took, house.missed - sum(house.before < seq <= house.last for seq in page.seen)
