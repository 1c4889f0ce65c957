"""What every view may use: one `Services` for an app, made by `main` (or by a test)."""

from dataclasses import dataclass, field

from flask import current_app

from appliance.box import workers
from appliance.box.paths import Paths
from appliance.box.token import FeedTokens
from appliance.config import Settings
from appliance.ledger.actions.users import Limits
from appliance.ledger.reader import Reader
from appliance.ledger.writer import Writer
from appliance.rehearsal.current import Rehearsals
from appliance.standards.lti.registry import Registry
from appliance.web.board.state import SeatState
from appliance.web.counts import Counts, Exporting, Reviewing
from appliance.web.health.looking import Looking
from appliance.web.panel.guesses import Guesses
from appliance.web.proofs import Proofs
from appliance.web.review.parts import PartsCache
from appliance.web.review.waiting import Waiting
from appliance.web.seen import Seen
from appliance.web.signin.counts import SigningIn
from appliance.web.signin.hashing import Hashing
from appliance.web.signin.pending import Pending
from appliance.web.signin.provider import Provider
from appliance.web.strings import Catalogue
from appliance.web.trials import Trials

EXTENSION = "appliance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The writer and readers of the ledger, where things are, and what the box was told."""

    paths: Paths
    settings: Settings
    writer: Writer
    reader: Reader
    tokens: FeedTokens
    words: Catalogue
    code_key: bytes
    """HMAC key of join codes."""
    lti: Registry | None = None
    """The platforms that may launch candidates, where there are some."""
    seen: Seen = field(default_factory=Seen)
    trials: Trials = field(default_factory=Trials)
    keeping: Counts = field(default_factory=Counts)
    exporting: Exporting = field(default_factory=Exporting)
    proofs: Proofs = field(default_factory=Proofs)
    parts: PartsCache = field(default_factory=PartsCache)
    loudness: Waiting = field(default_factory=Waiting)
    reviewing: Reviewing = field(default_factory=Reviewing)
    seats: SeatState = field(default_factory=SeatState)
    rehearsals: Rehearsals = field(default_factory=Rehearsals)
    looking: Looking = field(default_factory=Looking)
    guesses: Guesses = field(default_factory=Guesses)
    hashing: Hashing = field(default_factory=Hashing)
    signing_in: SigningIn = field(default_factory=SigningIn)
    pending: Pending = field(default_factory=Pending)
    provider: Provider | None = None
    """The site's own sign-in, where there is one."""

    @property
    def provider_name(self) -> str:
        """What the button says; "" where there is no such sign-in."""
        return "" if self.provider is None else self.provider.settings.name

    @property
    def limits(self) -> Limits:
        """How long a user's sign-in lasts."""
        said = self.settings.sign_in
        return Limits(seconds=said.session_hours * 3600.0, idle=said.idle_minutes * 60.0)

    @property
    def needed(self) -> tuple[str, ...]:
        """Without each of these processes the box is not whole."""
        return workers.services(self.settings)


def services() -> Services:
    """Those of the app that is answering."""
    found: Services = current_app.extensions[EXTENSION]
    return found


def t(key: str, **values: object) -> str:
    """A sentence from the catalogue."""
    return services().words(key, **values)
