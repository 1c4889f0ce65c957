"""The settings of the certificate that browsers see. `config` reads them."""

import re
from dataclasses import dataclass

from appliance.errors import ConfigError

MODES = ("own", "files", "acme")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsSettings:
    """`mode`: own (the box's authority), files (a certificate that was installed), acme (one that is fetched and
    renewed). `domain`: the site's, below which the box has its host name. `names`: what else it is called, with commas
    between."""

    mode: str = "own"
    domain: str = ""
    names: str = ""
    acme_directory: str = ""
    acme_email: str = ""
    acme_ca_file: str = ""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError(f"[https] mode is {self.mode[:40]!r}", hint=f"Use one of {', '.join(map(repr, MODES))}.")
        for name in self.zones:
            if not _NAME.fullmatch(name):
                raise ConfigError(
                    f"[https] {name[:80]!r} is not the name of a host",
                    hint="Write names like box.lab.example.edu, with commas between them.",
                )

    @property
    def all_names(self) -> tuple[str, ...]:
        """`names`, one by one."""
        return tuple(name for name in (part.strip().lower() for part in self.names.split(",")) if name)

    @property
    def zones(self) -> tuple[str, ...]:
        """What the box's own authority should be able to vouch for: whole domains."""
        return (*([self.domain.lower()] if self.domain else []), *self.all_names)

    def check(self) -> None:
        """ConfigError where something is missing, or does not go together."""
        if self.mode == "acme" and not self.acme_directory:
            raise ConfigError(
                '[https] mode is "acme", and there is no acme_directory',
                hint='Write acme_directory = "https://CA/acme/acme/directory", as central IT knows it.',
            )
        if self.acme_directory and not self.acme_directory.startswith("https://"):
            raise ConfigError("[https] acme_directory is no address of HTTPS", hint="Write https://HOST/PATH.")
