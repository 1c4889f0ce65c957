"""The tool's own key, made at first use, and the platforms' public keys, kept for when the line is away."""

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from appliance.box.secret import made_once
from appliance.config_standards import PlatformSettings
from appliance.errors import BadInput, IntegrityError, Unavailable
from appliance.standards import wire

ALGORITHM = "RS256"
FRESH_SECONDS = 3600.0
AGAIN_SECONDS = 30.0
"""A key that is not known makes the box ask the platform, and no more often than this."""


class ToolKey:
    """Signs what the box says to platforms."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        der = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.id = hashlib.sha256(der).hexdigest()[:16]

    @classmethod
    def from_folder(cls, folder: Path) -> "ToolKey":
        """`lti.key` (0600) in the folder, made if this box has none."""
        file = folder / "lti.key"
        try:
            private = serialization.load_pem_private_key(made_once(file, _make), password=None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, rsa.RSAPrivateKey):
            raise IntegrityError(
                f"{file} is not an RSA key",
                hint="Restore it from the backup of the keys folder. Moving it aside makes a new one, which platforms"
                " fetch from /lti/jwks.",
            )
        return cls(private)

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT."""
        return jwt.encode(claims, self._private, algorithm=ALGORITHM, headers={"kid": self.id})

    def pem(self) -> str:
        """The public half, for a platform that cannot reach this box to fetch it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def jwks(self) -> dict[str, Any]:
        """The public half, as platforms fetch it."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.id, "use": "sig", "alg": ALGORITHM}]}


def _make() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


Fetch = Callable[[PlatformSettings], bytes]


def fetched(platform: PlatformSettings) -> bytes:
    """The key set as the platform gives it now."""
    answer = wire.ask(platform.keys_url, headers={"Accept": "application/json"}, ca_file=platform.ca_file)
    if answer.status != 200:
        raise Unavailable(
            f"the platform {platform.name} answers {answer.status} instead of its keys",
            hint="Check keys_url of this platform in appliance.toml.",
        )
    return answer.body


class PlatformKeys:
    """The keys of one platform, from its file or its address. Thread-safe. What was fetched is kept in `cache`."""

    def __init__(
        self,
        platform: PlatformSettings,
        cache: Path,
        *,
        fetch: Fetch = fetched,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._platform, self._fetch, self._clock = platform, fetch, clock
        self._file = cache / f"lti-{platform.name}.jwks.json"
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = -FRESH_SECONDS
        self._trouble: Unavailable | None = None

    def key(self, token: str) -> jwt.PyJWK:
        """The key that a token says it is signed with. BadInput where the platform has no such key, Unavailable where
        it cannot be asked and was never asked before."""
        try:
            name = jwt.get_unverified_header(token).get("kid", "")
        except jwt.InvalidTokenError:
            raise BadInput(
                "the message of the platform cannot be read", hint="Start again from the platform."
            ) from None
        with self._lock:
            trouble = self._look(str(name))
            found = self._keys.get(str(name)) or (next(iter(self._keys.values())) if len(self._keys) == 1 else None)
        if found is not None and (not name or found.key_id in (None, "", name)):
            return found
        if trouble is not None:
            raise trouble
        raise BadInput(
            f"the message is signed with a key that the platform {self._platform.name} does not show",
            hint="Whoever runs the platform should check its key set.",
        )

    def _look(self, name: str) -> Unavailable | None:
        """Read the keys anew where it is time to, or where the wanted one is not among them."""
        if self._platform.keys_file:
            self._take(self._read(Path(self._platform.keys_file)))
            return None
        if not self._keys and self._file.exists():
            with contextlib.suppress(BadInput, OSError):  # a cache that is broken is fetched again
                self._take(self._file.read_bytes())
        since = self._clock() - self._asked_at
        if since < AGAIN_SECONDS or (since < FRESH_SECONDS and name in self._keys and self._trouble is None):
            return self._trouble  # a room of candidates does not wait for a platform that was just asked in vain
        try:
            data = self._fetch(self._platform)
        except Unavailable as error:
            self._trouble = error
            return error
        finally:
            self._asked_at = self._clock()
        self._trouble = None
        self._take(data)
        self._keep(data)
        return None

    def _read(self, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            raise Unavailable(
                f"the keys of the platform {self._platform.name} cannot be read: {error.strerror}",
                hint=f"Put its key set into {file}.",
            ) from None

    def _take(self, data: bytes) -> None:
        try:
            keys = jwt.PyJWKSet.from_dict(json.loads(data)).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            raise BadInput(
                f"the platform {self._platform.name} shows no key set that can be read",
                hint="keys_url, or keys_file, must be a JWKS with an RSA key.",
            ) from None
        self._keys = {str(key.key_id or ""): key for key in keys if key.algorithm_name in (None, ALGORITHM)}

    def _keep(self, data: bytes) -> None:
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):  # only for later: the keys are here
            temporary.write_bytes(data)
            temporary.rename(self._file)
