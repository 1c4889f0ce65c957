"""The settings of what the box says in other people's standards: Caliper, xAPI, LTI. `config` reads them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from appliance.errors import ConfigError


def _address(where: str, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or not value.isprintable() or " " in value:
        raise ConfigError(f"{where} is no address", hint="Write https://HOST/PATH.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardsSettings:
    """Events as Caliper and xAPI. `homepage` is the base of every id; `caliper_url` empty: no live delivery."""

    homepage: str = "https://appliance.invalid"
    names: bool = False
    caliper: bool = False
    xapi: bool = False
    caliper_url: str = ""
    caliper_key_file: str = ""
    caliper_ca_file: str = ""

    def check(self) -> None:
        """ConfigError names what does not hold."""
        _address("[standards] homepage", self.homepage)
        if self.caliper_url:
            _address("[standards] caliper_url", self.caliper_url)
        if bool(self.caliper_url) != bool(self.caliper_key_file):
            raise ConfigError(
                "[standards] caliper_url and caliper_key_file go together",
                hint="The file holds the bearer token that the endpoint gave you: docs/standards.md.",
            )


LTI_FLAGS = ("none", "confirmed", "low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class LtiSettings:
    """LTI 1.3 Proctoring Services, the box as the tool. `address`: how browsers and the platform reach this box."""

    address: str = ""
    flags: str = "confirmed"
    severity_low: float = 0.2
    severity_medium: float = 0.5
    severity_high: float = 0.8

    def __post_init__(self) -> None:
        if self.flags not in LTI_FLAGS:
            raise ConfigError(
                f"[lti] flags is {self.flags[:40]!r}", hint=f"Use one of {', '.join(map(repr, LTI_FLAGS))}."
            )

    def check(self) -> None:
        """ConfigError names what does not hold."""
        if self.address:
            _address("[lti] address", self.address)
        for name in ("severity_low", "severity_medium", "severity_high"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"[lti] {name} is {getattr(self, name)}", hint="A severity is 0.0 to 1.0.")

    def severity(self, ours: str) -> float:
        """low, medium or high -> what the platform is told."""
        return {"low": self.severity_low, "high": self.severity_high}.get(ours, self.severity_medium)


CANDIDATE_CLAIMS = ("sub", "person_sourcedid", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """An LTI platform (LMS or assessment platform) that may launch candidates to this box: one for each deployment."""

    name: str
    issuer: str
    client_id: str
    deployment: str
    login_url: str
    token_url: str = ""
    token_audience: str = ""
    keys_url: str = ""
    keys_file: str = ""
    ca_file: str = ""
    candidate: str = "sub"
    user_issuer: bool = True

    def check(self, where: str) -> None:
        """ConfigError names what does not hold."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}", self.name):
            raise ConfigError(f"{where} name is {self.name[:60]!r}", hint="Use 1-40 letters, digits and -.")
        for name in ("issuer", "client_id", "deployment"):
            if not getattr(self, name):
                raise ConfigError(
                    f"{where} the platform {self.name} has no {name}",
                    hint="The platform shows it where the tool is registered: docs/standards.md.",
                )
        for name in ("login_url", "token_url", "keys_url"):
            if (value := getattr(self, name)) or name == "login_url":
                _address(f"{where} {name} of {self.name}", value)
        if not self.keys_url and not self.keys_file:
            raise ConfigError(
                f"{where} the platform {self.name} has neither keys_url nor keys_file",
                hint="keys_url is its JWKS address; keys_file the same as a file, for a box without a line.",
            )
        if self.candidate not in CANDIDATE_CLAIMS:
            raise ConfigError(
                f"{where} candidate is {self.candidate[:40]!r}", hint=f"Use one of {', '.join(CANDIDATE_CLAIMS)}."
            )


def check_all(platforms: tuple[PlatformSettings, ...], where: str) -> None:
    """ConfigError where one does not hold, or two cannot be told apart."""
    for number, platform in enumerate(platforms):
        platform.check(where)
        for other in platforms[:number]:
            if platform.name == other.name:
                raise ConfigError(
                    f"{where} there are two platforms {platform.name!r}", hint="Give each a name of its own."
                )
            if _who(platform) == _who(other):
                raise ConfigError(
                    f"{where} {platform.name} and {other.name} have the same issuer, client_id and deployment",
                    hint="A message of the platform could not be told apart: keep one of them.",
                )


def _who(platform: PlatformSettings) -> tuple[str, str, str]:
    return platform.issuer, platform.client_id, platform.deployment
