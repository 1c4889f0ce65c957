"""The platforms that this box knows, and its key: what a web process needs to answer them."""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeTimedSerializer

from appliance.config import Settings
from appliance.config_standards import PlatformSettings
from appliance.errors import BadInput
from appliance.standards.lti.keys import Fetch, PlatformKeys, ToolKey, fetched
from appliance.standards.lti.messages import Message, opened

STATE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Registry:
    """`keys` by issuer and client; `secret` signs the state that travels through the platform."""

    settings: Settings
    key: ToolKey
    secret: bytes
    keys: dict[tuple[str, str], PlatformKeys] = field(default_factory=dict)

    @classmethod
    def of(
        cls, settings: Settings, *, folder: Path, cache: Path, secret: bytes, fetch: Fetch = fetched
    ) -> "Registry | None":
        """None where the settings name no platform: then no key is made."""
        if not settings.platform:
            return None
        settings.lti.check()
        keys: dict[tuple[str, str], PlatformKeys] = {}
        for platform in settings.platform:
            keys.setdefault((platform.issuer, platform.client_id), PlatformKeys(platform, cache, fetch=fetch))
        return cls(settings, ToolKey.from_folder(folder), secret, keys)

    def named(self, name: str) -> PlatformSettings | None:
        """By its name here; None where the settings know it no more."""
        return next((one for one in self.settings.platform if one.name == name), None)

    def meant(self, issuer: str, client_id: str = "", deployment: str = "") -> list[PlatformSettings]:
        """The registrations that a login may be about: those of one client. BadInput where there is none."""
        found = [one for one in self.settings.platform if one.issuer == issuer]
        found = [one for one in found if client_id in ("", one.client_id)]
        found = [one for one in found if deployment in ("", one.deployment)] or found
        if not found:
            raise BadInput(
                "this box does not know the platform that sent you",
                hint="Whoever runs the box enters it in appliance.toml: docs/standards.md.",
            )
        return [one for one in found if one.client_id == found[0].client_id]

    def login(self, platform: PlatformSettings, *, redirect: str, hint: str, message_hint: str, browser: str) -> str:
        """Where the browser is sent to be signed in by the platform. `browser`: what its cookie holds."""
        nonce = secrets.token_urlsafe(24)
        said = {"i": platform.issuer, "c": platform.client_id, "n": nonce, "b": _hash(browser)}
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": redirect,
            "login_hint": hint,
            "state": self._states().dumps(said),
            "nonce": nonce,
        }
        if message_hint:
            asked["lti_message_hint"] = message_hint
        return f"{platform.login_url}{'&' if '?' in platform.login_url else '?'}{urlencode(asked)}"

    def launch(self, *, state: str, token: str, browser: str, now: float) -> Message:
        """The platform's message, everything of it checked; BadInput, or Unavailable where its keys cannot be had."""
        try:
            said = self._states().loads(state, max_age=STATE_SECONDS)
        except BadSignature:
            raise BadInput(
                "this launch did not begin here, or too long ago", hint="Start again from the platform."
            ) from None
        if not browser or said["b"] != _hash(browser):
            raise BadInput(
                "this launch began in another browser, or the browser keeps no cookies of this box",
                hint="Start again from the platform, in a window of its own and not inside the platform's page.",
            )
        platforms = self.meant(said["i"], said["c"])
        key = self.keys[said["i"], said["c"]].key(token)
        return opened(token, key, platforms, nonce=said["n"], now=now)

    def _states(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="lti state")


def _hash(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()[:32]
