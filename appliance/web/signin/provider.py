"""The site's own sign-in (OpenID Connect): where it is, its keys, and what it says of a person. What it said about
itself is kept on disk, and no page waits for it: the box works without it."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from appliance.config import Settings
from appliance.config_signin import OidcSettings
from appliance.errors import BadInput, ConfigError, NotAllowed, Unavailable

log = logging.getLogger(__name__)

FRESH_SECONDS = 3600.0
AGAIN_SECONDS = 30.0
"""A key that is not known makes the box ask, and no more often than this."""

PROBE_SECONDS = 15.0
_SKEW_SECONDS = 120
_QUICK = (1.5, 1.5)
_PATIENT = (3.0, 6.0)
_LARGEST = 500_000
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trip:
    """A person on the way to the provider: what only the box remembers."""

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """Thread-safe. `now`: wall seconds."""

    def __init__(self, settings: OidcSettings, cache: Path, *, now: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._file = cache / "oidc.json"
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[str, Any] = self._read()
        self._asked_at = 0.0
        self._keys_at = 0.0
        self._probed: tuple[float, bool] = (-PROBE_SECONDS, False)

    @classmethod
    def of(cls, settings: Settings, *, cache: Path) -> "Provider | None":
        """None where the settings name none. ConfigError where they do not go together."""
        settings.sign_in.check()
        settings.oidc.check()
        if not settings.oidc.issuer:
            return None
        settings.oidc.secret()
        return cls(settings.oidc, cache)

    def answers(self) -> bool:
        """Is it there just now? Asked at most every 15 s, and never for long."""
        at, up = self._probed
        if time.monotonic() - at < PROBE_SECONDS:
            return up
        try:
            self._discover(_QUICK)
            up = True
        except (Unavailable, ConfigError) as error:
            log.info("no sign-in through %s just now: %s", self.settings.name, error)
            up = False
        self._probed = (time.monotonic(), up)
        return up

    def begin(self, back: str) -> Trip:
        """Where to send a browser that comes back to `back`. Unavailable when the provider was never reached."""
        verifier, nonce = generate_token(48), generate_token(32)
        with self._session(back) as session:
            url, state = session.create_authorization_url(
                self._described()["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        return Trip(url, state, nonce, verifier)

    def finish(self, code: str, *, back: str, nonce: str, verifier: str) -> Claims:
        """What the provider says of the person who came back with this code. NotAllowed where it does not hold."""
        described = self._described()
        try:
            with self._session(back) as session:
                said = session.fetch_token(
                    described["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    timeout=_PATIENT,
                    verify=self._verify(),
                    allow_redirects=False,
                )
        except OAuthError as error:
            log.warning("the provider refused a code: %s", error.error)
            raise _refused() from None
        except (requests.RequestException, ValueError) as error:
            raise self._away(error) from None
        token = said.get("id_token")
        if not isinstance(token, str) or len(token) > _LARGEST:
            raise _refused()
        return self.opened(token, nonce=nonce)

    def opened(self, token: str, *, nonce: str) -> Claims:
        """The claims of an ID token, everything of it checked."""
        try:
            found = self._decoded(token, again=False)
        except (JoseError, ValueError, KeyError):
            found = None
        try:
            if found is None:  # a key that the provider has had since: ask, not too often
                found = self._decoded(token, again=True)
            claims = found.claims
            jwt.JWTClaimsRegistry(
                now=int(self._now()),
                leeway=_SKEW_SECONDS,
                iss={"essential": True, "value": self.settings.issuer},
                aud={"essential": True, "value": self.settings.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("the provider's word about a person does not hold: %s", type(error).__name__)
            raise _refused() from None
        audience, party = claims["aud"], claims.get("azp", self.settings.client_id)
        if party != self.settings.client_id or (isinstance(audience, list) and len(audience) > 1):
            raise _refused()
        return dict(claims)

    def _decoded(self, token: str, *, again: bool) -> jwt.Token:
        keys = KeySet.import_key_set(self._keys(again=again))
        registry = JWSRegistry(algorithms=_ALGORITHMS)
        return jwt.decode(token, keys, algorithms=_ALGORITHMS, registry=registry)

    def _session(self, back: str) -> OAuth2Session:
        secret = self.settings.secret()
        return OAuth2Session(
            self.settings.client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope="openid profile email",
            redirect_uri=back,
            code_challenge_method="S256",
        )

    # --- what it says about itself ---

    def _described(self) -> dict[str, str]:
        with self._lock:
            known = self._known.get("described")
            if known and time.monotonic() - self._asked_at < FRESH_SECONDS and self._asked_at:
                return dict(known)
        try:
            return self._discover(_PATIENT)
        except Unavailable:
            if known:  # it was there once; what follows says whether it is now
                return dict(known)
            raise

    def _discover(self, timeout: tuple[float, float]) -> dict[str, str]:
        said = self._get(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration", timeout)
        wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        found = {name: said.get(name) for name in wanted}
        ways = ("https://", "http://") if self.settings.issuer.startswith("http://") else ("https://",)
        safe = all(isinstance(one, str) and one.startswith(ways) for one in found.values())
        if not safe or found["issuer"] != self.settings.issuer:
            raise ConfigError(
                f"{self.settings.name} describes itself as another issuer, or without https",
                hint="Compare [oidc] issuer with what the provider calls itself, letter by letter.",
            )
        described = {name: str(value) for name, value in found.items()}
        with self._lock:
            self._asked_at = time.monotonic()
            changed = self._known.get("described") != described
            self._known["described"] = described
        if changed:
            self._write()
        return described

    def _keys(self, *, again: bool) -> Any:
        with self._lock:
            known, age = self._known.get("keys"), time.monotonic() - self._keys_at
            if known and self._keys_at and age < (AGAIN_SECONDS if again else FRESH_SECONDS):
                return known
        try:
            found = self._get(self._described()["jwks_uri"], _PATIENT)
        except Unavailable:
            if known:
                return known
            raise
        with self._lock:
            self._keys_at = time.monotonic()
            self._known["keys"] = found
        self._write()
        return found

    def _get(self, url: str, timeout: tuple[float, float]) -> dict[str, Any]:
        try:
            with requests.get(
                url, timeout=timeout, verify=self._verify(), allow_redirects=False, stream=True
            ) as answer:
                body = answer.raw.read(_LARGEST, decode_content=True)
                found = json.loads(body) if answer.status_code == 200 else None
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._away(error) from None
        if not isinstance(found, dict):
            raise self._away(None)
        return found

    def _verify(self) -> str | bool:
        return self.settings.ca_file or True

    def _away(self, error: Exception | None) -> Unavailable:
        log.warning("%s cannot be asked: %s", self.settings.issuer, type(error).__name__ if error else "another answer")
        return Unavailable(
            f"{self.settings.name} cannot be reached just now",
            hint="Sign in with a password of this box, or try again later.",
        )

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        fits = isinstance(found, dict) and found.get("issuer") == self.settings.issuer
        return found if fits else {}

    def _write(self) -> None:
        with self._lock:
            text = json.dumps({**self._known, "issuer": self.settings.issuer})
        try:
            new = self._file.with_suffix(".new")
            new.write_text(text, encoding="utf-8")
            new.replace(self._file)
        except OSError as error:  # it is asked again after a restart
            log.warning("what the provider said about itself could not be kept: %s", error)


def _refused() -> NotAllowed:
    return NotAllowed(
        "what the site's sign-in said about you does not hold", hint="Begin again; if it stays, tell who runs the box."
    )


def role_of(claims: Claims, settings: OidcSettings) -> str:
    """The role that the claim gives, the first in the order of the settings; "" where it gives none."""
    said = claims.get(settings.roles_claim)
    values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return next((role for value, role in settings.mapped.items() if value in values), "")


def user_of(claims: Claims, settings: OidcSettings) -> str:
    """What the person is called here."""
    said = claims.get(settings.user_claim)
    if not isinstance(said, str) or not said.strip():
        raise BadInput(
            "the site's sign-in does not say what you are called",
            hint="Whoever runs the box sets [oidc] user_claim to a claim that the provider sends.",
        )
    return said.strip().lower()
