"""Tokens for one feed: the web process mints them, the capture worker checks them alone.

`publish` opens a WHIP session (RFC 9725), `view` a WHEP session. Signed with HMAC-SHA256 by itsdangerous under a key
that only the box's processes can read.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from appliance.box.secret import secret_from
from appliance.errors import BadInput, NotAllowed
from appliance.exam.feed import Feed

Purpose = Literal["publish", "view"]

LIFETIME_SECONDS: dict[Purpose, int] = {"publish": 12 * 3600, "view": 60}
"""A publisher reconnects for a whole exam even while the web process is dead; a viewer asks anew."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token allows. `exam` and `seat` name the recording's folder and files; `pairing` is the phone that it was
    made for, and good only as long as that phone is not refused."""

    purpose: Purpose
    feed: Feed
    exam: str
    seat: str
    pairing: str = ""


class FeedTokens:
    """Mints and checks."""

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="feed")

    @classmethod
    def from_file(cls, file: Path) -> "FeedTokens":
        """The key of this box, made at first use."""
        return cls(secret_from(file))

    def mint(self, claim: Claim) -> str:
        """A token for one feed."""
        return self._serializer.dumps([claim.purpose, str(claim.feed), claim.exam, claim.seat, claim.pairing])

    def check(self, token: str, purpose: Purpose) -> Claim:
        """The claim, or NotAllowed."""
        try:
            (said, feed, exam, seat, pairing), minted = self._serializer.loads(token, return_timestamp=True)
            # one from the future was minted before this box's clock was set back: its page must not be shut out
            if time.time() - minted.timestamp() > LIFETIME_SECONDS[purpose]:
                raise SignatureExpired("too old")
            if said != purpose:
                raise NotAllowed(f"this token is for {said}, not for {purpose}")
            return Claim(purpose, Feed.parse(feed), exam, seat, pairing)
        except SignatureExpired:
            raise NotAllowed("the token has expired", hint="Reload the page to get a new one.") from None
        except (BadSignature, ValueError, TypeError, BadInput) as error:
            if isinstance(error, NotAllowed):
                raise
            raise NotAllowed("the token is not one of this box", hint="Reload the page to get a new one.") from None
