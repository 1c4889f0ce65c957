"""Passkeys: what a browser is asked, and what it answers, checked. They hold for the name the box is reached by: there
is none for an address in digits."""

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import webauthn
from flask import request
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from appliance.errors import BadInput, NotAllowed
from appliance.ledger.actions.passkeys import Passkey
from appliance.web.context import services, t

_WAIT_MS = 120_000


def host() -> str | None:
    """The name that the box is reached by now; None where it is an address in digits."""
    name = urlsplit(f"//{request.host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name or None
    return None


def possible() -> bool:
    """Would a browser here make a passkey at all?"""
    name = host()
    return name is not None and (request.is_secure or name == "localhost" or name.endswith(".localhost"))


def to_register(user: str, name: str, own: Sequence[Passkey]) -> tuple[dict[str, Any], bytes]:
    """What the browser is asked for a new one, and the challenge in it."""
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=t("meta.product"),
        user_id=hmac.digest(services().code_key, f"passkey {user}".encode(), hashlib.sha256),
        user_name=user,
        user_display_name=name,
        timeout=_WAIT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[_described(one) for one in own],
    )
    return json.loads(webauthn.options_to_json(options)), options.challenge


def registered(answer: Any, challenge: bytes, *, user: str, name: str) -> Passkey:
    """The browser's answer -> the passkey; NotAllowed where it is not what was asked for."""
    try:
        found = webauthn.verify_registration_response(
            credential=_object(answer),
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise _refused() from error
    said = answer.get("response", {}).get("transports", [])
    known = [way for way in said if isinstance(way, str)][:8] if isinstance(said, list) else []
    return Passkey(
        passkey=bytes_to_base64url(found.credential_id),
        user=user,
        name=name,
        host=_host(),
        public_key=found.credential_public_key,
        count=found.sign_count,
        transports=tuple(known),
    )


def to_prove(own: Sequence[Passkey] = ()) -> tuple[dict[str, Any], bytes]:
    """What the browser is asked for a passkey that there is: one of `own`, or any that it knows for this name."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        timeout=_WAIT_MS,
        allow_credentials=[_described(one) for one in own],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(webauthn.options_to_json(options)), options.challenge


def named(answer: Any) -> str:
    """Which passkey the answer is of."""
    found = _object(answer).get("id")
    if not isinstance(found, str) or len(found) > 1400:
        raise BadInput(t("signin.passkey_wrong"), hint=t("signin.passkey_wrong_hint"))
    return found


def proved(answer: Any, challenge: bytes, passkey: Passkey) -> int:
    """-> what it counts now; NotAllowed where it did not sign this challenge for this box, or its count fell back."""
    if passkey.host != _host():
        raise _refused()
    try:
        found = webauthn.verify_authentication_response(
            credential=_object(answer),
            expected_challenge=challenge,
            expected_rp_id=passkey.host,
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise _refused() from error
    return found.new_sign_count


def _host() -> str:
    name = host()
    if name is None:
        raise NotAllowed(t("signin.passkey_no_name"), hint=t("signin.passkey_no_name_hint"))
    return name


def _origin() -> str:
    return request.host_url.rstrip("/")


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise BadInput(t("signin.passkey_wrong"), hint=t("signin.passkey_wrong_hint"))
    return answer


def _described(one: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.passkey))


def _refused() -> NotAllowed:
    return NotAllowed(t("signin.passkey_wrong"), hint=t("signin.passkey_wrong_hint"))
