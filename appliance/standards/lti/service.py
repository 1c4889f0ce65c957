"""A platform's Assessment Control Service: a token by the tool's signature, then one action at a time."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from appliance.config_standards import PlatformSettings
from appliance.errors import Unavailable
from appliance.standards import wire
from appliance.standards.lti import names
from appliance.standards.lti.keys import ToolKey
from appliance.standards.wire import Answer

Ask = Callable[..., Answer]

EARLY_SECONDS = 60.0
"""A token is renewed so long before it is over."""


class Service:
    """One platform's. Belongs to one thread."""

    def __init__(
        self, platform: PlatformSettings, key: ToolKey, *, ask: Ask = wire.ask, clock: Callable[[], float] = time.time
    ) -> None:
        self._platform, self._key, self._ask, self._clock = platform, key, ask, clock
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    @property
    def cold(self) -> bool:
        """Would the next action have to ask for a token first?"""
        return self._clock() >= self._until

    def warm(self) -> None:
        """Have a token at hand: an end must not wait for one. Unavailable when the platform gives none."""
        self._bearer()

    def send(self, url: str, body: dict[str, Any]) -> Answer:
        """The platform's answer, whatever it is. A token that it does not take any more is renewed once. Unavailable
        when it cannot be reached, or gives no token."""
        answer = self._post(url, body)
        if answer.status == 401:
            self._until = 0.0
            answer = self._post(url, body)
        return answer

    def _post(self, url: str, body: dict[str, Any]) -> Answer:
        headers = {"Content-Type": names.CONTROL_TYPE, "Authorization": f"Bearer {self._bearer()}"}
        return self._ask(url, body=json.dumps(body).encode(), headers=headers, ca_file=self._platform.ca_file)

    def _bearer(self) -> str:
        with self._lock:
            if self._clock() >= self._until:
                self._renew()
            return self._token

    def _renew(self) -> None:
        platform, now = self._platform, self._clock()
        claims = {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.token_audience or platform.token_url,
            "iat": int(now),
            "exp": int(now) + 300,
            "jti": secrets.token_hex(16),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": names.ASSERTION,
            "client_assertion": self._key.sign(claims),
            "scope": names.SCOPE,
        }
        answer = self._ask(
            platform.token_url,
            body=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            ca_file=platform.ca_file,
        )
        said = answer.json()
        token, lasts = said.get("access_token"), said.get("expires_in", 3600)
        if answer.status != 200 or not isinstance(token, str) or not token:
            raise Unavailable(
                f"the platform {platform.name} gives this box no token: it answers {answer.status}",
                hint="It must know the box's key set (/lti/jwks), and token_url, token_audience and client_id must be"
                " right.",
            )
        self._token = token
        self._until = now + max(EARLY_SECONDS, float(lasts) if isinstance(lasts, int | float) else 3600) - EARLY_SECONDS
