"""A passkey in software: it answers as a browser with an authenticator would."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """`origin`: of the page that asks; `host`: what it believes to be at."""

    origin: str = "https://localhost"
    verified: bool = True
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def host(self) -> str:
        return self.origin.split("//")[1].split(":")[0]

    def create(self, options):
        """The answer to what the box asked for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(_ATTESTED) + attested
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": self._said("webauthn.create", options["challenge"]),
            "attestationObject": bytes_to_base64url(cbor2.dumps(made)),
            "transports": ["internal"],
        }
        return self._whole(response)

    def get(self, options):
        """The answer to what the box asked for a passkey that there is."""
        self.count += 1
        said, data = self._said("webauthn.get", options["challenge"]), self._data()
        signed = data + hashlib.sha256(base64url_to_bytes(said)).digest()
        response = {
            "clientDataJSON": said,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": None,
        }
        return self._whole(response)

    def _data(self, flags=0):
        flags |= _PRESENT | (_VERIFIED if self.verified else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind, challenge):
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return bytes_to_base64url(json.dumps(said).encode())

    def _whole(self, response):
        id = bytes_to_base64url(self.id)
        return {"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}}
