"""The box's own key: Ed25519, made at first use, never leaves the box. Its public half goes with every manifest."""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from appliance.box.secret import made_once
from appliance.errors import IntegrityError


class BoxKey:
    """Signs what the box hands upstream."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(private.public_key())

    @classmethod
    def from_folder(cls, folder: Path) -> "BoxKey":
        """`box.key` (0600) in the folder, made if this box has none; `box.pub` beside it is for whoever verifies."""
        file = folder / "box.key"
        pem = made_once(file, _make)
        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            private, reason = None, error
        if not isinstance(private, Ed25519PrivateKey):
            raise IntegrityError(
                f"{file} is not an Ed25519 key" + ("" if private else f": {reason}"),
                hint="Restore it from the backup of the keys folder. Moving it aside makes a new key, which whoever"
                " verifies must then be told of.",
            )
        key = cls(private)
        public = folder / "box.pub"
        if not public.exists() or public.read_bytes() != key.public.pem:
            public.write_bytes(key.public.pem)
        return key

    def sign(self, data: bytes) -> bytes:
        """64 bytes, as `openssl pkeyutl -rawin` wants them."""
        return self._private.sign(data)


class PublicKey:
    """The half that verifies."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.fingerprint = hashlib.sha256(der).hexdigest()
        self.raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        """IntegrityError unless it is the PEM of an Ed25519 key, byte by byte as this box writes it."""
        try:
            key = serialization.load_pem_public_key(pem)
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise IntegrityError("it is not an Ed25519 public key")
        public = cls(key)
        if public.pem != pem:
            raise IntegrityError("it is not written as a box writes its key")
        return public

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Did the private half sign just this?"""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def _make() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
