"""The files that make devices trust the box, ready to drop in: policies of browsers, a registry file, a profile."""

import base64
import json
import plistlib
import uuid
from collections.abc import Sequence

_ASKED = ("VideoCaptureAllowedUrls", "AudioCaptureAllowedUrls", "ScreenCaptureAllowedByOrigins")
"""Camera, microphone and screen without a question from the browser, for the box alone."""

_BROWSERS = ("Google\\Chrome", "Microsoft\\Edge", "Chromium")
_FIRST = 9001
"""Lists in the registry are numbered. From here on, so that an entry of the site itself is not replaced."""

LINUX_FILE = "/usr/local/share/ca-certificates/exam-box.crt"
_SPACE = uuid.UUID("7d6b4dc0-6f0c-4f0a-9d0e-5a6d2f0f7f51")


def chromium(der: bytes, origins: Sequence[str]) -> bytes:
    """For the folder `policies/managed` of Chromium, Chrome and Edge on Linux. `der` empty: the site's devices trust
    the certificate already."""
    policy: dict[str, object] = {"CACertificates": [base64.b64encode(der).decode()]} if der else {}
    return _json({**policy, **{name: list(origins) for name in _ASKED}})


def registry(der: bytes, origins: Sequence[str]) -> bytes:
    """The same for Windows: UTF-16 with a mark, as its registry editor writes them."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    lists = {"CACertificates": [base64.b64encode(der).decode()] if der else []}
    lists |= {name: list(origins) for name in _ASKED}
    for browser in _BROWSERS:
        for name, values in lists.items():
            if values:
                lines.append(f"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\{browser}\\{name}]")
                lines += [f'"{number}"="{value}"' for number, value in enumerate(values, _FIRST)]
                lines.append("")
    return "\r\n".join(lines).encode("utf-16")


def firefox(der: bytes, origins: Sequence[str]) -> bytes:
    """`policies.json`: what the system trusts, and the certificate where Linux keeps it."""
    trusted = {"Certificates": {"ImportEnterpriseRoots": True, "Install": [LINUX_FILE]}} if der else {}
    policies = {
        **trusted,
        "Permissions": {name: {"Allow": list(origins)} for name in ("Camera", "Microphone")},
    }
    return _json({"policies": policies})


def profile(der: bytes, *, box: str) -> bytes:
    """For macOS and iOS: the certificate alone, unsigned. The same file for the same certificate."""
    payload = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"box.{box}.authority",
        "PayloadUUID": _uuid(der, "payload"),
        "PayloadDisplayName": f"Exam box {box}",
        "PayloadCertificateFileName": "exam-box.cer",
        "PayloadContent": der,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"box.{box}",
            "PayloadUUID": _uuid(der, "profile"),
            "PayloadDisplayName": f"Exam box {box}",
            "PayloadDescription": "Lets this device trust the exam box of this lab, and nothing else.",
            "PayloadRemovalDisallowed": False,
            "PayloadContent": [payload],
        }
    )


def _uuid(der: bytes, what: str) -> str:
    return str(uuid.uuid5(_SPACE, what + der.hex())).upper()


def _json(said: object) -> bytes:
    return (json.dumps(said, indent=2) + "\n").encode()
