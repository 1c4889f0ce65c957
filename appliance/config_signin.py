"""How people sign in, as settings: sessions, who needs a second factor, the site's own sign-in."""

import re
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import ConfigError

ROLES = ("proctor", "lead", "reviewer", "planner", "institution", "staff", "admin", "auditor")
"""As in `exam.permissions.USERS`, which stands on the same floor; a test keeps the two together."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", text) if part)


def _check_roles(names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name not in ROLES:
            raise ConfigError(f"{where} names {name[:40]!r}, which is no role", hint=f"Roles are {', '.join(ROLES)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSettings:
    """`factor_roles`: roles that need a second factor, with commas between."""

    factor_roles: str = ""
    session_hours: int = 16
    idle_minutes: int = 120

    def __post_init__(self) -> None:
        if not 1 <= self.session_hours <= 168:
            raise ConfigError(f"[sign_in] session_hours is {self.session_hours}", hint="Use 1 to 168 hours.")
        if not (self.idle_minutes == 0 or 5 <= self.idle_minutes <= 1440):
            raise ConfigError(
                f"[sign_in] idle_minutes is {self.idle_minutes}", hint="Use 5 to 1440 minutes, or 0 for no such limit."
            )

    def check(self) -> None:
        """ConfigError where a role is none."""
        _check_roles(self.with_factor, "[sign_in] factor_roles")

    @property
    def with_factor(self) -> tuple[str, ...]:
        """The roles that need a second factor."""
        return _listed(self.factor_roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The site's own sign-in (OpenID Connect). `issuer` empty: there is none."""

    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    name: str = "the campus sign-in"
    ca_file: str = ""
    user_claim: str = "preferred_username"
    roles_claim: str = "groups"
    roles: str = ""
    create: bool = False
    default_role: str = ""

    def check(self) -> None:
        """ConfigError where keys do not go together."""
        if not self.issuer:
            return
        local = re.match(r"http://(localhost|127\.0\.0\.1|\[::1\])[:/]", f"{self.issuer}/")
        if not self.issuer.startswith("https://") and not local:
            raise ConfigError(
                "[oidc] issuer is not an https address", hint='Write it like "https://login.example.edu".'
            )
        if not self.client_id:
            raise ConfigError(
                "[oidc] there is an issuer and no client_id", hint="The provider gives it: docs/sign-in.md."
            )
        _check_roles(tuple(self.mapped.values()), "[oidc] roles")
        if self.default_role:
            _check_roles((self.default_role,), "[oidc] default_role")
        if self.create and not (self.default_role or self.roles):
            raise ConfigError(
                "[oidc] create is true, and nothing says in which role",
                hint="Set roles, or default_role.",
            )

    @property
    def mapped(self) -> dict[str, str]:
        """Value of the claim -> role, as in "exam-admins=admin, invigilators=proctor"."""
        pairs = [part.strip().partition("=") for part in self.roles.split(",") if part.strip()]
        if not all(sign and value.strip() and role.strip() for value, sign, role in pairs):
            raise ConfigError("[oidc] roles cannot be read", hint='Write it like "exam-admins=admin, tutors=proctor".')
        return {value.strip(): role.strip() for value, _, role in pairs}

    def secret(self) -> str:
        """What the provider gave the box; "" where it gave none. ConfigError where the file cannot be read."""
        if not self.client_secret_file:
            return ""
        try:
            lines = Path(self.client_secret_file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(
                f"[oidc] client_secret_file {self.client_secret_file} cannot be read",
                hint="It is a file whose first line is the secret, readable by the box's user.",
            ) from None
        return lines[0].strip() if lines else ""
