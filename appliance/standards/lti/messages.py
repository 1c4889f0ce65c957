"""What a platform's messages must say, and what the box says back. Pure: the signature's key is given.

A message that does not hold is refused with a sentence that names what was wrong; whether somebody may come in is
`ledger.actions.lti`'s question.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import jwt

from appliance.config_standards import PlatformSettings
from appliance.errors import BadInput
from appliance.ledger.actions.lti import LONGEST_LINK, Ended, Launched
from appliance.standards.lti import names
from appliance.standards.lti.keys import ALGORITHM, ToolKey

SKEW_SECONDS = 60
"""So far the platform's clock and the box's may be apart."""

OLDEST_SECONDS = 600
"""A message that was made longer ago is not taken, whatever it says itself."""

LIVES_SECONDS = 300
LONGEST = 4_000
"""Characters of session data and addresses."""


def opened(token: str, key: jwt.PyJWK, platforms: Sequence[PlatformSettings], *, nonce: str, now: float) -> "Message":
    """The message, if one of these registrations (same issuer and client, other deployments) is meant and everything
    holds. BadInput otherwise."""
    platform = platforms[0]
    try:
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[ALGORITHM],
            options={"require": ["iss", "aud", "exp", "iat", "nonce"], "verify_exp": False, "verify_iat": False,
                     "verify_nbf": False},
            audience=platform.client_id,
            issuer=platform.issuer,
        )  # fmt: skip
    except jwt.InvalidAudienceError:
        raise _wrong("it is for another tool (aud)", "Check client_id of this platform in appliance.toml.") from None
    except jwt.InvalidIssuerError:
        raise _wrong("it is from another platform (iss)", "Check issuer of this platform in appliance.toml.") from None
    except jwt.MissingRequiredClaimError as error:
        raise _wrong(f"it has no {error.claim}", "Whoever runs the platform should look.") from None
    except jwt.InvalidTokenError:
        raise _wrong("its signature does not hold", "Start again from the platform.") from None
    _on_time(claims, now)
    if claims["nonce"] != nonce:
        raise _wrong("it does not answer this box's question (nonce)", "Start again from the platform.")
    if claims.get("azp", platform.client_id) != platform.client_id:
        raise _wrong("it was made for another tool (azp)", "Check client_id of this platform in appliance.toml.")
    if claims.get(names.VERSION) != names.LTI_VERSION:
        raise _wrong("it is not of LTI 1.3.0", "Register the box as an LTI 1.3 tool.")
    deployment = claims.get(names.DEPLOYMENT)
    meant = next((one for one in platforms if one.deployment == deployment), None)
    if meant is None:
        raise _wrong("its deployment is not known here", "Check deployment of this platform in appliance.toml.")
    return Message(meant, claims)


def _on_time(claims: Mapping[str, Any], now: float) -> None:
    times = [claims["exp"], claims["iat"]]
    if not all(isinstance(at, int | float) for at in times):
        raise _wrong("its times are no numbers", "Whoever runs the platform should look.")
    ends, made = times
    if made > now + SKEW_SECONDS:
        ahead = made - now
        raise _wrong(
            f"it was made {ahead:.0f} s from now: this box and the platform disagree about the time",
            "Check the clocks of both: docs/standards.md.",
        )
    if ends < now - SKEW_SECONDS or made < now - OLDEST_SECONDS - SKEW_SECONDS:
        raise _wrong(
            "it is too old",
            "Start again from the platform. If that does not help, the clocks of the platform and this box disagree.",
        )


class Message:
    """A message whose sender, receiver, time and nonce hold."""

    def __init__(self, platform: PlatformSettings, claims: Mapping[str, Any]) -> None:
        self.platform, self._claims = platform, claims

    @property
    def type(self) -> str:
        return str(self._claims.get(names.MESSAGE_TYPE, ""))

    @property
    def resource_link(self) -> str:
        found = self._claims.get(names.RESOURCE_LINK)
        return str(found.get("id", "")) if isinstance(found, dict) else ""

    def start(self) -> Launched:
        """LtiStartProctoring. BadInput names the claim that is missing or odd."""
        control = self._claims.get(names.CONTROL)
        control = control if isinstance(control, dict) else {}
        actions = control.get("actions")
        offered = tuple(one for one in names.ACTIONS if isinstance(actions, list) and one in actions)
        url = control.get("assessment_control_url")
        return Launched(
            platform=self.platform.name,
            subject=self._text("sub", longest=255),
            candidate=self._candidate(),
            resource_link=self._link(),
            attempt_number=self._number(),
            session_data=self._text(names.SESSION_DATA),
            start_url=self._url(self._text(names.START_URL), "start_assessment_url"),
            control_url=self._url(url, "assessment_control_url") if isinstance(url, str) and url else "",
            actions=offered,
            nonce=str(self._claims["nonce"]),
            expires_at=float(self._claims["exp"]),
        )

    def end(self) -> Ended:
        """LtiEndAssessment."""
        words = [str(self._claims.get(name, "")).strip() for name in (names.ERROR_MESSAGE, names.ERROR_LOG)]
        return Ended(
            platform=self.platform.name,
            subject=self._text("sub", longest=255),
            resource_link=self._link(),
            attempt_number=self._number(),
            troubled=any(words),
            message=" ".join(word for word in words if word),
            nonce=str(self._claims["nonce"]),
            expires_at=float(self._claims["exp"]),
        )

    def _candidate(self) -> str:
        if self.platform.candidate == "person_sourcedid":
            found = self._claims.get(names.LIS)
            said = found.get("person_sourcedid") if isinstance(found, dict) else None
        else:
            said = self._claims.get(self.platform.candidate)
        if not isinstance(said, str) or not said.strip():
            raise _wrong(
                f"it does not say who the candidate is ({self.platform.candidate})",
                "Let the platform send it, or choose another claim as candidate in appliance.toml.",
            )
        return said.strip()

    def _link(self) -> str:
        if not 1 <= len(self.resource_link) <= LONGEST_LINK:
            raise _wrong("it has no resource link", "Whoever runs the platform should look.")
        return self.resource_link

    def _number(self) -> int:
        said = self._claims.get(names.ATTEMPT_NUMBER)
        if isinstance(said, bool) or not isinstance(said, int) or said < 0:
            raise _wrong("it has no attempt_number", "Whoever runs the platform should look.")
        return said

    def _text(self, name: str, *, longest: int = LONGEST) -> str:
        said = self._claims.get(name)
        if not isinstance(said, str) or not 1 <= len(said) <= longest:
            raise _wrong(f"it has no {name.rpartition('/')[2]}", "Whoever runs the platform should look.")
        return said

    def _url(self, said: str, name: str) -> str:
        """An address of the platform: nothing of a candidate's is posted to anything else."""
        parts = urlsplit(said)
        if parts.scheme not in ("https", "http") or not parts.hostname or not said.isprintable() or " " in said:
            raise _wrong(f"its {name} is no address", "Whoever runs the platform should look.")
        if urlsplit(self.platform.login_url).scheme == "https" and parts.scheme != "https":
            raise _wrong(f"its {name} is not protected (https)", "Whoever runs the platform should look.")
        return said


def start_assessment(
    platform: PlatformSettings,
    key: ToolKey,
    *,
    resource_link: str,
    session_data: str,
    attempt_number: int,
    verified_name: str,
    now: float,
) -> str:
    """LtiStartAssessment, to be posted to the platform as `JWT`; it asks for the message at the end."""
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": int(now),
        "exp": int(now) + LIVES_SECONDS,
        "nonce": secrets.token_urlsafe(16),
        names.MESSAGE_TYPE: names.START_ASSESSMENT,
        names.VERSION: names.LTI_VERSION,
        names.DEPLOYMENT: platform.deployment,
        names.RESOURCE_LINK: {"id": resource_link},
        names.SESSION_DATA: session_data,
        names.ATTEMPT_NUMBER: attempt_number,
        names.END_RETURN: True,
    }
    if verified_name:
        claims[names.VERIFIED_USER] = {"name": verified_name}
    return key.sign(claims)


def _wrong(what: str, hint: str) -> BadInput:
    return BadInput(f"the message of the platform is not taken: {what}", hint=hint)
