"""The check-out: pages, the paper, ticks, and the release that ends the attempt (M83-M88)."""

import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import conduct, paper
from appliance.exam.conduct import Act
from appliance.exam.events import (
    AttemptFinished,
    CheckoutTicked,
    PageAccepted,
    PagePhotographed,
    PaperCounted,
    PaperUploaded,
)
from appliance.exam.paper import MOST_PAGES, HandedIn, Need, Tick
from appliance.exam.plan import CheckOut
from appliance.exam.stage import Stage, Step, after
from appliance.ledger import checkout, planning, state
from appliance.ledger.actions.attempts import CANDIDATE, append
from appliance.ledger.actions.flags import position_at
from appliance.ledger.checkout import PageRow, PaperRow, TickRow
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction

LONGEST_NOTE = 300

_MISSING = {
    Need.SUBMITTED: "that the work was submitted has not been said yet",
    Need.PAPER: "no page has been handed in yet",
    Need.READABLE: "a page cannot be read, and nobody has accepted it",
    Need.COUNT: "the count of pages is not that of the pages that are here",
    Need.SCRATCH: "the scratch paper has not been destroyed yet",
}


def handed_in(pages: Sequence[PageRow], found: PaperRow | None, ticks: Sequence[TickRow]) -> HandedIn:
    """What is there, of one attempt. What was sent last stands for the paper: a PDF, or photos."""
    return HandedIn(
        photos=len(pages),
        unreadable=tuple(page.number for page in pages if not page.readable and page.accepted_by is None),
        pdf_pages=found.pages if found is not None and uploaded(pages, found) else None,
        counted=None if found is None else found.counted,
        ticks=frozenset(tick.tick for tick in ticks),
    )


def uploaded(pages: Sequence[PageRow], found: PaperRow) -> bool:
    """Is the paper a PDF that the candidate sent, later than any photo?"""
    if found.uploaded_at is None or found.made:
        return False
    return all(page.photographed_at < found.uploaded_at for page in pages)


def state_of(connection: sa.Connection, attempt: str) -> HandedIn:
    """What one candidate has handed in."""
    papers = checkout.papers(connection, attempt=attempt)
    return handed_in(
        checkout.pages(connection, attempt=attempt),
        papers[0] if papers else None,
        checkout.ticks(connection, attempt=attempt),
    )


def can_hand_in(connection: sa.Connection, attempt: str) -> AttemptRow:
    """The attempt, if pages are handed in now; NotAllowed otherwise."""
    row = _checking_out(connection, attempt)
    if not planning.plan(connection, row.exam).pages:
        raise NotAllowed("no pages are handed in here in this exam", hint="The page says what is to be done.")
    return row


def photograph(
    transaction: Transaction,
    attempt: str,
    *,
    number: int,
    path: str,
    sha256: str,
    bytes_: int,
    sharpness: float,
    light: float,
) -> str:
    """A page was photographed: the next one, or one of before anew; -> its id. The picture is on the disk."""
    row = can_hand_in(transaction.connection, attempt)
    there = len(checkout.pages(transaction.connection, attempt=attempt))
    if not 1 <= number <= min(there + 1, MOST_PAGES):
        raise BadInput(f"page {number} is not the next one", hint="Pages are taken in order, one after the other.")
    said = PagePhotographed(
        page=secrets.token_hex(8),
        number=number,
        path=path,
        sha256=sha256,
        bytes=bytes_,
        sharpness=round(sharpness, 4),
        light=round(light, 1),
        readable=not paper.troubles(sharpness, light),
    )
    append(transaction, row, said, CANDIDATE)
    return said.page


def reorder(transaction: Transaction, attempt: str, *, order: Sequence[str]) -> None:
    """The photographed pages in another order: `order` names each once. What a person accepted stays accepted."""
    row = can_hand_in(transaction.connection, attempt)
    pages = {page.page: page for page in checkout.pages(transaction.connection, attempt=attempt)}
    if sorted(order) != sorted(pages):
        raise NotAllowed("these are not the pages that are here now", hint="Reload the page.")
    for number, name in enumerate(order, start=1):
        if (page := pages[name]).number != number:
            _renumber(transaction, row, page, number)


def _renumber(transaction: Transaction, row: AttemptRow, page: PageRow, number: int) -> None:
    said = PagePhotographed(
        page=secrets.token_hex(8),
        number=number,
        path=page.path,
        sha256=page.sha256,
        bytes=page.bytes,
        sharpness=page.sharpness,
        light=page.light,
        readable=bool(page.readable),
    )
    append(transaction, row, said, CANDIDATE)
    if page.accepted_by is not None:
        append(transaction, row, PageAccepted(page=said.page, by=page.accepted_by), CANDIDATE)


def upload(transaction: Transaction, attempt: str, *, path: str, sha256: str, bytes_: int, pages: int) -> None:
    """The whole paper came as a PDF: it stands for the photos. The file is on the disk."""
    row = can_hand_in(transaction.connection, attempt)
    said = PaperUploaded(path=path, sha256=sha256, bytes=bytes_, pages=pages, made=False)
    append(transaction, row, said, CANDIDATE)


def accept(transaction: Transaction, attempt: str, page: str, *, by: str) -> None:
    """A person can read a page that the measures called unreadable."""
    row = _decides(transaction, attempt, by=by, act=Act.CHECK_PAGES)
    found = {one.page: one for one in checkout.pages(transaction.connection, attempt=attempt)}.get(page)
    if found is None:
        raise NotFound("this page is not there any more", hint="It was taken again: look at the new photo.")
    if not found.readable and found.accepted_by is None:
        append(transaction, row, PageAccepted(page=page, by=by), by)


def count(transaction: Transaction, attempt: str, *, pages: int, by: str) -> None:
    """How many pages there are, as a person counts them."""
    row = _decides(transaction, attempt, by=by, act=Act.CHECK_PAGES)
    if not 1 <= pages <= MOST_PAGES:
        raise BadInput(f"{pages} pages: it is a number from 1 to {MOST_PAGES}")
    append(transaction, row, PaperCounted(pages=pages, by=by), by)


def tick(transaction: Transaction, attempt: str, *, tick: str, by: str, note: str = "") -> None:
    """`submitted`, or `scratch` (where the recording shows it is noted); a second time changes nothing."""
    row = _decides(transaction, attempt, by=by, act=Act.CHECK_PAGES)
    plan = planning.plan(transaction.connection, row.exam)
    if tick not in {Tick.SUBMITTED, Tick.SCRATCH} or tick not in {need.value for need in paper.needs(plan)}:
        raise BadInput(f"{tick[:20]!r} is no part of this check-out", hint="Reload the page.")
    if len(note.strip()) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note.strip())} characters; at most {LONGEST_NOTE} fit")
    if any(one.tick == tick for one in checkout.ticks(transaction.connection, attempt=attempt)):
        return
    position = position_at(transaction.connection, attempt, transaction.now)
    append(transaction, row, CheckoutTicked(tick=tick, by=by, note=note.strip(), position=position), by)


def can_release(connection: sa.Connection, attempt: str, *, by: str) -> AttemptRow:
    """The attempt, if the candidate may go; NotAllowed, naming the first thing that is missing, otherwise."""
    row = _may_decide(connection, attempt, by=by, act=Act.RELEASE)
    lacks = paper.missing(planning.plan(connection, row.exam), state_of(connection, attempt))
    if lacks:
        raise NotAllowed(f"the check-out is not complete: {_MISSING[lacks[0]]}", hint="Do that first.")
    return row


def release(
    transaction: Transaction, attempt: str, *, by: str, made: tuple[PaperUploaded, Sequence[str]] | None
) -> None:
    """Everything is here: the attempt is over. `made`: the PDF of the photographed pages, and those pages' ids."""
    row = can_release(transaction.connection, attempt, by=by)
    after(row.stage, Step.FINISH, planning.route(transaction.connection, row))
    if made is not None:
        said, of = made
        if [page.page for page in checkout.pages(transaction.connection, attempt=attempt)] != list(of):
            raise NotAllowed("a page has just been taken again", hint="Look at it, then try again.")
        append(transaction, row, said, by)
    if by != CANDIDATE:
        append(transaction, row, CheckoutTicked(tick=Tick.RELEASED.value, by=by), by)
    append(transaction, row, AttemptFinished(), by)


def _decides(transaction: Transaction, attempt: str, *, by: str, act: Act) -> AttemptRow:
    return _may_decide(transaction.connection, attempt, by=by, act=act)


def _may_decide(connection: sa.Connection, attempt: str, *, by: str, act: Act) -> AttemptRow:
    """Staff in the check-out; the candidate where the exam leaves it to the candidate."""
    if by != CANDIDATE:
        row = state.attempt(connection, attempt)
        conduct.check(act, row.stage, planning.plan(connection, row.exam).mode)
        return row
    row = _checking_out(connection, attempt)
    if planning.plan(connection, row.exam).check_out is not CheckOut.CANDIDATE:
        raise NotAllowed("your proctor does this", hint="Wait a moment, or write a message.")
    return row


def _checking_out(connection: sa.Connection, attempt: str) -> AttemptRow:
    row = state.attempt(connection, attempt)
    if row.stage is not Stage.CHECK_OUT:
        raise NotAllowed("this is done at check-out, after handing in", hint="Reload the page.")
    return row
