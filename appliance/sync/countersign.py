"""What signs a manifest beside the box's own key, where the site set it up: the site's certificate for this box (CMS,
`manifest.p7s`) and a time-stamping service (RFC 3161, `manifest.tsr`). Evidence never waits for either: a bundle is
sealed without what cannot be made, and that is said.

Files are read anew each time: a certificate that was renewed is used from the next manifest on.
"""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7

from appliance.bundle.authorities import Authorities, certificates, ordered
from appliance.config import SigningSettings
from appliance.errors import ApplianceError, BadInput, ConfigError, IntegrityError, NotFound, Unavailable
from appliance.exam.place import numbered

CERTIFICATE, STAMP = "the site's certificate", "the time-stamping service"
"""What may fail, as it is said."""

TIMEOUT_SECONDS = 10.0
AGAIN_SECONDS = 60.0
"""How long a service that did not answer is left alone: each bundle would wait for it."""

_LONGEST = 1 << 20


class Countersigner:
    """`troubles`: what does not go, and why; any thread may look. Several threads may call `over`."""

    def __init__(
        self, settings: SigningSettings | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._monotonic = settings or SigningSettings(), monotonic
        self._lock = threading.Lock()
        self._not_before = float("-inf")
        self.troubles: dict[str, ApplianceError] = {}

    @property
    def asked_for(self) -> tuple[str, ...]:
        """What the settings want."""
        wanted = ((CERTIFICATE, self._settings.certificate_file), (STAMP, self._settings.tsa_url))
        return tuple(name for name, value in wanted if value)

    def over(self, data: bytes, number: int) -> dict[str, bytes]:
        """Files over a manifest: name -> content, as far as they could be made."""
        made: dict[str, bytes] = {}
        if self._settings.certificate_file:
            self._try(CERTIFICATE, made, numbered("manifest.p7s", number), lambda: self._sign(data))
        if self._settings.tsa_url and self._monotonic() >= self._not_before:
            self._try(STAMP, made, numbered("manifest.tsr", number), lambda: self._stamp(data))
        return made

    def check(self) -> None:
        """Try the certificate now, so that a fault is known before the first exam ends; it is told by `troubles`."""
        if self._settings.certificate_file:
            self._try(CERTIFICATE, {}, "", lambda: self._sign(b""))

    def _try(self, what: str, made: dict[str, bytes], name: str, make: Callable[[], bytes]) -> None:
        try:
            made[name] = make()
        except ApplianceError as error:
            with self._lock:
                self.troubles = {**self.troubles, what: error}
                if what == STAMP:
                    self._not_before = self._monotonic() + AGAIN_SECONDS
        else:
            with self._lock:
                self.troubles = {name: error for name, error in self.troubles.items() if name != what}

    def _sign(self, data: bytes) -> bytes:
        own, *above = _certificates("certificate_file", self._settings.certificate_file)
        key = _key(Path(self._settings.key_file))
        now = datetime.now(UTC)
        if _spki(own.public_key()) != _spki(key.public_key()):
            raise ConfigError(
                "[signing] key_file is not the key of certificate_file",
                hint="The certificate of this box comes first in its file; bundles are sealed without it until then.",
            )
        if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
            raise ConfigError(
                f"the site's certificate for this box is valid from {own.not_valid_before_utc:%Y-%m-%d} to"
                f" {own.not_valid_after_utc:%Y-%m-%d} only",
                hint="Renew it, or set the clock right; bundles are sealed without it until then.",
            )
        builder = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(own, key, hashes.SHA256())
        for one in above:
            builder = builder.add_certificate(one)
        detached = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return builder.sign(serialization.Encoding.DER, detached)

    def _stamp(self, data: bytes) -> bytes:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

        asked = (
            TimestampRequestBuilder()
            .data(data)
            .hash_algorithm(HashAlgorithm.SHA256)
            .nonce(nonce=True)
            .cert_request(cert_request=True)
            .build()
        )
        said = self._ask(asked.as_bytes())
        authorities = Authorities(tsa=_certificates("tsa_ca_file", self._settings.tsa_ca_file))
        try:
            answer = decode_timestamp_response(ordered(said))
            fresh = answer.tst_info.nonce == asked.nonce
            authorities.time(said, data, time.time())
        except (ValueError, IntegrityError) as error:
            raise Unavailable(
                f"{STAMP} {self._settings.tsa_url} gave an answer that cannot be used: {error}",
                hint="Look at that service, and at [signing] tsa_ca_file; bundles are sealed without a time stamp.",
            ) from None
        if not fresh:
            raise Unavailable(f"{STAMP} answered another question", hint="Look at that service.")
        return said

    def _ask(self, question: bytes) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - http or https: the settings are an administrator's
            self._settings.tsa_url,
            data=question,
            headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return bytes(answer.read(_LONGEST))
        except urllib.error.HTTPError as error:
            error.close()
            raise self._away(f"it said {error.code} {error.reason}") from None
        except (OSError, ValueError) as error:
            raise self._away(str(getattr(error, "reason", error))) from None

    def _away(self, why: str) -> Unavailable:
        return Unavailable(
            f"{STAMP} {self._settings.tsa_url} cannot be reached: {why}",
            hint="Bundles are sealed without a time stamp until it answers; see [signing] tsa_url.",
        )


def _certificates(setting: str, file: str) -> tuple[x509.Certificate, ...]:
    """None where the setting is empty."""
    try:
        return certificates(Path(file)) if file else ()
    except (NotFound, BadInput) as error:
        raise ConfigError(f"[signing] {setting}: {error.message}", hint=error.hint) from None


def _key(file: Path) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError(
            f"[signing] key_file cannot be read: {error.strerror}", hint="The service's user must be able to read it."
        ) from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigError(
            "[signing] key_file is not an RSA or EC key in PEM without a passphrase",
            hint="CMS needs one of these; the box's own Ed25519 key signs in any case.",
        )
    return key


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
