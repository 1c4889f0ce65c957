"""Every feed and every session of this process: who may begin one, and when it is over."""

import asyncio
import logging
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from appliance.box.token import Claim
from appliance.capture import ids, index, rate
from appliance.capture.admission import Admission
from appliance.capture.feed import LiveFeed, Services
from appliance.capture.fill import Fills
from appliance.capture.index import Survey
from appliance.capture.publish import Publication
from appliance.capture.segment import Place
from appliance.capture.tasks import Tasks
from appliance.capture.view import Dropped, Viewing
from appliance.errors import NotAllowed, NotFound, Unavailable
from appliance.exam.call import Span
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import Cause

log = logging.getLogger(__name__)

MOST_LISTENERS = 4
"""Of one call: the candidate's page, and the one that it is just replaced by."""
_REMEMBERED = 256


class Station:
    """All methods belong to the event loop."""

    def __init__(self, services: Services, admission: Admission | None = None) -> None:
        """Without `admission` everybody is let in."""
        self._services, self._admission = services, admission
        self.feeds: dict[Feed, LiveFeed] = {}
        self.publications: dict[Feed, Publication] = {}
        self.elsewhere: list[rate.Stream] = []
        """What the other workers' publications would like to send."""
        self.viewings: dict[str, Viewing] = {}
        self.ended: dict[str, float] = {}
        self.removed: set[str] = set()
        """Pairings of phones that may not publish, or not any more."""
        self.calls: dict[str, Span] = {}
        """The newest call of each attempt."""
        self._dropped: dict[str, None] = {}
        self._answering = 0
        self.fills = Fills()
        self.open_gaps: dict[Feed, Cause] = {}
        """What the ledger tells, of every worker's feeds."""
        self._opening: dict[Feed, asyncio.Lock] = {}
        self._tasks = Tasks()
        self._stopping = False
        self.counters = {"replaced": 0, "refused_full": 0, "slow_viewers": 0}
        self._made = self._failed = 0  # connections for media that are over: came to be, or did not

    # --- sessions ---

    async def publish(self, claim: Claim, offer: str) -> tuple[str, str]:
        """-> (session id, answer)."""
        self._refuse_ended(claim.feed.attempt)
        self._refuse_ended_call(claim.feed)
        self.refuse_removed(claim)
        admitting = self._admission.admitting(claim) if self._admission else nullcontext()
        with admitting:
            return await self._begin(claim, offer)

    async def _begin(self, claim: Claim, offer: str) -> tuple[str, str]:
        async with self._opening.setdefault(claim.feed, asyncio.Lock()):
            feed = await self._feed(claim)
            settings = self._services.settings
            bitrate = settings.screen_bitrate if claim.feed.kind is Kind.SCREEN else settings.webcam_bitrate
            publication = Publication(feed, bitrate=bitrate, ended=self._publication_ended, pairing=claim.pairing)
            answer = await publication.answer(offer)
            before = self.publications.get(claim.feed)
            self.publications[claim.feed] = publication
            if before is not None:
                self.counters["replaced"] += 1
                self._tasks.start(before.close(Cause.REPLACED))
        if self._stopping or claim.feed.attempt in self.ended:  # it ended while this was negotiated
            await publication.close(Cause.PAGE_CLOSED)
            self._refuse_ended(claim.feed.attempt)
        if claim.pairing in self.removed:
            await publication.close(Cause.REMOVED)
            self.refuse_removed(claim)
        return publication.id, answer

    async def view(self, claim: Claim, offer: str) -> tuple[str, str]:
        """-> (session id, answer)."""
        feed = self.feeds.get(claim.feed)
        if feed is None or not feed.live:
            raise NotFound("this feed is not live just now", hint="Its recording up to now can be played.")
        most = self._services.settings.viewers_each
        if len(self.viewings) + self._answering >= most:
            self._refuse_full(f"{most} live views in this process")
        if claim.feed.kind is Kind.CALL and len(feed.viewers) >= MOST_LISTENERS:
            self._refuse_full(f"{MOST_LISTENERS} listeners of one call")
        viewing = Viewing(feed, ended=self._viewing_ended)
        self._answering += 1
        try:
            answer = await viewing.answer(offer)
        finally:
            self._answering -= 1
        self.viewings[viewing.id] = viewing
        return viewing.id, answer

    async def end_session(self, feed: Feed, id: str) -> None:
        """DELETE on a session of this feed; NotFound when there is none."""
        viewing, publication = self.viewings.get(id), self.publications.get(feed)
        if viewing is not None and viewing.feed.feed == feed:
            await viewing.close()
        elif publication is not None and publication.id == id:
            await publication.close(Cause.PAGE_CLOSED)
        elif id in self._dropped:
            raise Dropped("the line was too slow for the live picture", hint="Stills are shown; try again in a while.")
        else:
            raise NotFound("there is no such session", hint="It may have ended already.")

    def end_attempt(self, attempt: str, at: float) -> None:
        """The attempt is over since `at` (wall seconds): close what is open, refuse what comes."""
        if attempt in self.ended:
            return
        self.ended[attempt] = at
        if self._admission is not None:
            self._admission.over(attempt)
        for kind in Kind:
            name = Feed(attempt, kind)
            feed, publication = self.feeds.get(name), self.publications.get(name)
            if feed is not None:
                feed.over(at, partial(self._forget, feed))
            if publication is not None:
                self._tasks.start(publication.close(Cause.PAGE_CLOSED))

    def remove_phone(self, attempt: str, pairing: str) -> None:
        """A proctor refused this phone: what it sends ends now, and its token opens nothing any more."""
        self.removed.add(pairing)
        publication = self.publications.get(Feed(attempt, Kind.PHONE))
        if publication is not None and publication.pairing == pairing:
            self._tasks.start(publication.close(Cause.REMOVED))

    def refuse_removed(self, claim: Claim) -> None:
        """NotAllowed for a phone that was refused: it may neither publish nor bring what it lost."""
        if claim.pairing in self.removed:
            raise NotAllowed("this phone is not let in", hint="Show a new code on the computer and scan it.")

    def call_began(self, attempt: str, at: float) -> None:
        """A proctor calls since `at` (wall seconds)."""
        self.calls[attempt] = Span(at)

    def call_over(self, attempt: str, at: float) -> None:
        """The call is over since `at` (wall seconds); another one may follow."""
        self.calls[attempt] = Span(self.calls.get(attempt, Span(at)).started_at, at)
        name = Feed(attempt, Kind.CALL)
        feed, publication = self.feeds.get(name), self.publications.get(name)
        if feed is not None and feed.rest(at) and publication is not None:
            self._tasks.start(publication.close(Cause.PAGE_CLOSED))

    def _refuse_ended_call(self, feed: Feed) -> None:
        call = self.calls.get(feed.attempt) if feed.kind is Kind.CALL else None
        if call is not None and call.ended_at is not None:
            raise NotAllowed("this call is over", hint="Call again.")

    def _forget(self, feed: LiveFeed) -> None:
        if self.feeds.get(feed.feed) is feed:
            del self.feeds[feed.feed]

    def _refuse_ended(self, attempt: str) -> None:
        if self._stopping:
            raise Unavailable("this box is just being started again", hint="Try again in a few seconds.")
        if attempt in self.ended:
            raise NotAllowed("this attempt has ended", hint="Nothing more is recorded; the page can be closed.")

    def _refuse_full(self, what: str) -> None:
        self.counters["refused_full"] += 1
        raise Unavailable(f"this box carries at most {what} at once", hint="Close one, or ask the lab staff.")

    def _publication_ended(self, publication: Publication) -> None:
        self._made += publication.connected
        self._failed += publication.failed
        name = publication.feed.feed
        if self.publications.get(name) is publication:
            del self.publications[name]

    def _viewing_ended(self, viewing: Viewing) -> None:
        self.viewings.pop(viewing.id, None)
        if viewing.slow:
            self.counters["slow_viewers"] += 1
            self._dropped[viewing.id] = None
            while len(self._dropped) > _REMEMBERED:
                del self._dropped[next(iter(self._dropped))]

    # --- feeds ---

    async def expect(self, place: Place) -> LiveFeed | None:
        """The feed of a lab camera, which comes without a session; None when there is to be none any more."""
        async with self._opening.setdefault(place.feed, asyncio.Lock()):
            if self._stopping or place.feed.attempt in self.ended:
                return None
            return await self._feed(Claim("publish", place.feed, place.exam, place.seat))

    async def _feed(self, claim: Claim) -> LiveFeed:
        """The live feed, made from what is on disk if there is something."""
        known = self.feeds.get(claim.feed)
        if known is not None:
            return known
        place = Place(claim.exam, claim.feed, claim.seat).checked()
        folder = self._services.media / place.folder
        found = None
        if folder.is_dir():
            found = await asyncio.to_thread(index.survey, self._services.media, folder)
        return (
            self.restore(found) if found is not None and found.entries else self._enter(LiveFeed(place, self._services))
        )

    def restore(self, found: Survey) -> LiveFeed:
        """A feed whose earlier recording is on disk; a gap is open since its end. One that was open before keeps its
        cause."""
        self.tell(found)
        feed = LiveFeed(found.place, self._services, resume=found.resume, entries=found.entries)
        self._services.pictures.end(feed.feed)  # what an earlier worker left is no newest picture
        self._resume(feed, self.open_gaps.get(feed.feed))
        return self._enter(feed)

    def _resume(self, feed: LiveFeed, was: Cause | None) -> None:
        """Media are expected; of a call only while it lasts. `was`: the cause of the gap that the ledger knows."""
        call = self.calls.get(feed.feed.attempt) if feed.feed.kind is Kind.CALL else None
        if call is None or call.ended_at is None:
            feed.resumed(was or Cause.CAPTURE_RESTARTED, since=call.started_at if call else 0.0)
        elif was is not None:
            feed.resumed(was)
            feed.rest(call.ended_at)

    def tell(self, found: Survey) -> None:
        """Say what putting a folder in order has changed. Saying it twice is harmless."""
        attempt, exam = found.place.feed.attempt, found.place.exam
        for segment in found.recovered:
            self._services.ledger.append(segment, chain=attempt, exam=exam, id=ids.of(segment.path))
        for damaged in found.damaged:
            self._services.ledger.append(damaged, chain=attempt, exam=exam, id=ids.of(damaged.path, "damaged"))

    def _enter(self, feed: LiveFeed) -> LiveFeed:
        self.feeds[feed.feed] = feed
        return feed

    async def adopt(self, folder: Path) -> None:
        """Bring a feed back that is only on disk: its attempt goes on, or its last worker could not say how it ended.
        Not while its candidate is coming back."""
        name = Feed.parse(f"{folder.parts[-2]}/{folder.name}")
        async with self._opening.setdefault(name, asyncio.Lock()):
            if name in self.feeds:
                return
            if name.attempt in self.ended and not await asyncio.to_thread(index.is_left_open, folder):
                return
            found = await asyncio.to_thread(index.survey, self._services.media, folder)
            if found is None or not found.entries:
                return
            feed = self.restore(found)
            if name.attempt in self.ended:
                feed.over(self.ended[name.attempt], partial(self._forget, feed))

    def carries(self, attempt: str) -> bool:
        """Has this worker a feed of it, or is one just beginning?"""
        return any(
            feed in self.feeds or feed in self.publications or ((lock := self._opening.get(feed)) and lock.locked())
            for feed in (Feed(attempt, kind) for kind in Kind)
        )

    # --- time ---

    def tick(self, now: float) -> None:
        """A few times a second."""
        for feed in list(self.feeds.values()):
            feed.tick(now)

    def tick_sessions(self, now: float) -> None:
        """Once a second."""
        publications = list(self.publications.values())
        wanted = [publication.stream for publication in publications]
        shared = rate.shares(self._services.settings.lab_bitrate, [*wanted, *self.elsewhere])
        for publication, share in zip(publications, shared, strict=False):
            publication.share = share
            publication.tick(now)
        for viewing in list(self.viewings.values()):
            viewing.tick(now)

    async def stop(self) -> None:
        """The process stops, the exam goes on: take nobody in, close every file, then every connection."""
        self._stopping = True
        publications, viewings = list(self.publications.values()), list(self.viewings.values())
        closing = [publication.close(Cause.CAPTURE_RESTARTED) for publication in publications]
        await asyncio.gather(*closing, *(viewing.close() for viewing in viewings), return_exceptions=True)
        await self._tasks.finish()

    def facts(self) -> dict[str, Any]:
        """For the health file."""
        now = time.monotonic()
        live = {str(name): feed.facts(now) for name, feed in self.feeds.items() if feed.coverage}
        for name, publication in self.publications.items():
            live.get(str(name), {}).update(publication.facts())
        wanted = [publication.stream.to_json() for publication in self.publications.values()]
        counts = {"sessions": len(self.publications), "viewers": len(self.viewings), **self.counters}
        made = self._made + sum(publication.connected for publication in self.publications.values())
        ways = {"connections_made": made, "connections_failed": self._failed}
        return {"feeds": live, "streams": wanted, **counts, **ways, **self.fills.counters}
