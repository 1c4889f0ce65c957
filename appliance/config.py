"""One commented TOML file -> typed settings. Unknown keys are an error with a hint.

Every key, its default and its consequence stand in `docs/configuration.md`; a test keeps the two together.
"""

import dataclasses
import difflib
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from appliance.config_https import HttpsSettings
from appliance.config_panel import PanelSettings
from appliance.config_retention import RetentionSettings
from appliance.config_signin import OidcSettings, SignInSettings
from appliance.config_standards import LtiSettings, PlatformSettings, StandardsSettings, check_all
from appliance.errors import ConfigError

_INSTALLED = bool(os.environ.get("APPLIANCE_STEWARD"))
"""From the package, with nginx in front: the ports are those that browsers expect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Pages, API and sockets."""

    host: str = "127.0.0.1"
    port: int = 80 if _INSTALLED else 8080
    https_port: int = 443 if _INSTALLED else 8443
    threads: int = 200
    pulse_seconds: float = 1.0
    export_needs_factor: bool = False

    def __post_init__(self) -> None:
        if not 0.2 <= self.pulse_seconds <= 10:
            raise ConfigError(f"[web] pulse_seconds is {self.pulse_seconds}", hint="Use 0.2 to 10 seconds.")


_FEWEST_PORTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """Recording. Lengths in seconds and bytes, rates in bits a second."""

    workers: int = 2
    part_seconds: float = 1.0
    segment_seconds: float = 30.0
    segment_bytes: int = 8_000_000
    keyframe_seconds: float = 4.0
    webcam_bitrate: int = 800_000
    screen_bitrate: int = 600_000
    lab_bitrate: int = 60_000_000
    viewers: int = 160
    udp_ports: str = "50000-50999"
    seats: int = 0
    low_water_bytes: int = 2_000_000_000
    floor_bytes: int = 64_000_000

    def __post_init__(self) -> None:
        if self.udp_ports and len(self.ports) < _FEWEST_PORTS:
            raise ConfigError(
                f"udp_ports is {self.udp_ports!r}, which is no range of {_FEWEST_PORTS} ports or more",
                hint='Write it like "50000-50499".',
            )

    @property
    def ports(self) -> range:
        """The UDP ports that media may use, any where it is empty."""
        first, _, last = self.udp_ports.partition("-")
        if not (first.isdecimal() and last.isdecimal() and 1024 <= int(first) <= int(last) <= 65535):
            return range(0)
        return range(int(first), int(last) + 1)

    @property
    def viewers_each(self) -> int:
        """Live views that one worker carries."""
        return max(1, -(-self.viewers // max(1, self.workers)))


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """Detection. Rates in looks a second for each feed, sizes in bytes."""

    face_rate: float = 2.0
    object_rate: float = 1.0
    threads: int = 1
    memory_bytes: int = 2_000_000_000


RECEIPTS = ("checksum", "content")
LOCKS = ("", "governance", "compliance")
VIDEO = ("always", "after_exam", "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """Where evidence goes, how fast and when. `url` empty: a folder; `folder` empty too: `upstream/` of the data
    folder.
    Rates in Mbit a second, 0: no limit; `night` is local time, as in "22:00-06:00"."""

    site: str = "site"
    box: str = "box"
    folder: str = ""
    url: str = ""
    endpoint: str = ""
    region: str = ""
    path_style: bool = True
    credentials_file: str = ""
    profile: str = "default"
    ca_file: str = ""
    receipt: str = "checksum"
    lock_mode: str = ""
    lock_days: int = 0
    at_once: int = 4
    limit_mbit: float = 0.0
    exam_limit_mbit: float = 0.0
    night: str = ""
    night_limit_mbit: float = 0.0
    video: str = "always"
    spread_seconds: float = 60.0
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        for name, known in (("receipt", RECEIPTS), ("lock_mode", LOCKS), ("video", VIDEO)):
            if (value := getattr(self, name)) not in known:
                raise ConfigError(
                    f"[upstream] {name} is {value[:40]!r}", hint=f"Use one of {', '.join(map(repr, known))}."
                )
        for name in ("limit_mbit", "exam_limit_mbit", "night_limit_mbit", "spread_seconds", "lock_days"):
            if getattr(self, name) < 0:
                raise ConfigError(f"[upstream] {name} is less than nothing", hint="Use 0 or more.")
        if not 1 <= self.at_once <= 32:
            raise ConfigError(f"[upstream] at_once is {self.at_once}", hint="Use 1 to 32 uploads at the same time.")

    def check(self) -> None:
        """ConfigError where two keys do not go together."""
        if self.url and self.folder:
            raise ConfigError("[upstream] has a url and a folder", hint="Name one of them: the box has one upstream.")
        if bool(self.lock_mode) != bool(self.lock_days):
            raise ConfigError(
                "[upstream] lock_mode and lock_days go together", hint="Set both, or neither: docs/upstream.md."
            )
        if self.video == "night" and not self.night:
            raise ConfigError('[upstream] video is "night", and there is no night', hint='Write night = "22:00-06:00".')

    def folder_in(self, data: Path) -> Path | None:
        """The folder that evidence goes to; None where it goes over a network by `url`."""
        if self.url:
            return None
        return Path(self.folder) if self.folder else data / "upstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSettings:
    """What signs beside the box's own key. `certificate_file` and `key_file` (PEM): the site's certificate for this
    box, for CMS signatures; `tsa_url`: a time-stamping service by RFC 3161."""

    certificate_file: str = ""
    key_file: str = ""
    tsa_url: str = ""
    tsa_ca_file: str = ""

    def check(self) -> None:
        """ConfigError where one key needs another."""
        if bool(self.certificate_file) != bool(self.key_file):
            raise ConfigError(
                "[signing] certificate_file and key_file go together", hint="Set both, or neither: docs/verify.md."
            )
        if self.tsa_url and not self.tsa_url.startswith(("http://", "https://")):
            raise ConfigError("[signing] tsa_url is no address", hint='Write it as in "http://tsa.example.org/".')


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSettings:
    """What central IT's monitoring and updating ask of this box. `token_file`: a file whose first line opens
    `/metrics`; `quiet_minutes`: so long before and after an exam no update is welcome."""

    token_file: str = ""
    quiet_minutes: int = 60

    def __post_init__(self) -> None:
        if not 0 <= self.quiet_minutes <= 1440:
            raise ConfigError(f"[fleet] quiet_minutes is {self.quiet_minutes}", hint="Use 0 to 1440 minutes.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Copies of ledger and keys. `keep`: so many stay on the box; `upstream`: they are sent there, too."""

    keep: int = 7
    upstream: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.keep <= 365:
            raise ConfigError(f"[backup] keep is {self.keep}", hint="Use 1 to 365 copies.")


_SECURITIES = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The mail server that carries notices. `host` empty: no mail. `sender` and `to` are addresses."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = ""
    to: str = ""

    def __post_init__(self) -> None:
        if self.security not in _SECURITIES:
            raise ConfigError(
                f"[mail] security is {self.security[:40]!r}", hint=f"Use one of {', '.join(_SECURITIES)}."
            )
        if self.user and self.security == "none":
            raise ConfigError(
                "[mail] a password would travel unprotected", hint='Use security = "starttls" or "tls", or no user.'
            )

    def check(self) -> None:
        """ConfigError where a server is named and the addresses are not."""
        for name in ("sender", "to"):
            if self.host and not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", getattr(self, name)):
                raise ConfigError(f"[mail] {name} is not an address", hint="Write name@example.edu.")


POSITIONS = ("front", "oblique", "paper", "screen", "room")
"""As in `exam.feed.Position`, which stands on the same floor; a test keeps the two together."""

_CAMERA = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """A fixed camera of the lab. `url` may hold a password: show `shown`. `seat` empty: it sees the whole room."""

    name: str
    url: str = field(repr=False)
    seat: str = ""
    position: str = ""

    @property
    def shown(self) -> str:
        """The address without its password."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=f"{'***@' if parts.username else ''}{parts.netloc.rpartition('@')[2]}").geturl()

    @property
    def placed(self) -> str:
        """What it is placed to see: as written, else a room, or a seat from the side."""
        return self.position or ("oblique" if self.seat else "room")

    def check(self, where: str) -> None:
        """ConfigError names what does not hold."""
        if not _CAMERA.fullmatch(self.name):
            raise ConfigError(f"{where} name is {self.name[:60]!r}", hint="Use 1-40 letters, digits and -.")
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("rtsp", "rtsps") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            known = False
        if not known or not self.url.isprintable() or " " in self.url:
            raise ConfigError(
                f"{where} the url of camera {self.name} is not an address of RTSP",
                hint="Write rtsp://USER:PASSWORD@HOST:PORT/PATH; percent-encode what is special in the password.",
            )
        if self.position and self.position not in POSITIONS:
            raise ConfigError(
                f"{where} position is {self.position[:60]!r}",
                hint=f"Use one of {', '.join(POSITIONS)}, or leave it out.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it."""

    web: WebSettings = field(default_factory=WebSettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    https: HttpsSettings = field(default_factory=HttpsSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    upstream: UpstreamSettings = field(default_factory=UpstreamSettings)
    signing: SigningSettings = field(default_factory=SigningSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    fleet: FleetSettings = field(default_factory=FleetSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    standards: StandardsSettings = field(default_factory=StandardsSettings)
    panel: PanelSettings = field(default_factory=PanelSettings)
    lti: LtiSettings = field(default_factory=LtiSettings)
    camera: tuple[CameraSettings, ...] = ()
    platform: tuple[PlatformSettings, ...] = ()


T = TypeVar("T")


def load(file: Path) -> Settings:
    """The settings in the file; the defaults where there is none. ConfigError names the key."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}", hint="Compare it with docs/configuration.md.") from None
    return of(table, where=str(file))


def of(table: dict[str, Any], *, where: str) -> Settings:
    """The settings that a file's content stands for. ConfigError names the key."""
    sections = {f.name: f for f in dataclasses.fields(Settings)}
    _refuse_unknown(table, list(sections), where=where)
    values: dict[str, Any] = {}
    cameras, platforms = table.get("camera", []), table.get("platform", [])
    for name, section in table.items():
        if name in ("camera", "platform"):
            continue
        if not isinstance(section, dict):
            raise ConfigError(f"{where}: {name} is not a section", hint=f"Write [{name}] on a line of its own.")
        values[name] = _section(type(getattr(Settings(), name)), section, where=f"{where}: [{name}]")
    return Settings(**values, camera=_cameras(cameras, file=where), platform=_platforms(platforms, file=where))


def _cameras(tables: Any, *, file: str) -> tuple[CameraSettings, ...]:
    where = f"{file}: [[camera]]"
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(
            f"{file}: camera is not a list", hint="Write [[camera]] on a line of its own for each camera."
        )
    cameras: list[CameraSettings] = []
    for table in tables:
        for name in ("name", "url"):
            if name not in table:
                raise ConfigError(f"{where} has no {name}", hint="Each camera has a name and a url.")
        camera = _section(CameraSettings, table, where=where)
        camera.check(where)
        if camera.name in (other.name for other in cameras):
            raise ConfigError(f"{where} there are two cameras {camera.name!r}", hint="Give each a name of its own.")
        if camera.seat and camera.seat in (other.seat for other in cameras):
            raise ConfigError(f"{where} seat {camera.seat!r} has two cameras", hint="A seat has one camera at most.")
        cameras.append(camera)
    return tuple(cameras)


def _platforms(tables: Any, *, file: str) -> tuple[PlatformSettings, ...]:
    where = f"{file}: [[platform]]"
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(
            f"{file}: platform is not a list", hint="Write [[platform]] on a line of its own for each platform."
        )
    for table in tables:
        for name in ("name", "issuer", "client_id", "deployment", "login_url"):
            if name not in table:
                raise ConfigError(f"{where} has no {name}", hint="docs/standards.md says where the platform shows it.")
    platforms = tuple(_section(PlatformSettings, table, where=where) for table in tables)
    check_all(platforms, where)
    return platforms


def _section(cls: type[T], table: dict[str, Any], *, where: str) -> T:
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    _refuse_unknown(table, list(fields), where=where)
    values: dict[str, Any] = {}
    for name, written in table.items():
        wanted: Any = fields[name].type
        value = float(written) if wanted is float and type(written) is int else written
        if type(value) is not wanted:
            raise ConfigError(
                f"{where} {name} is {value!r}, which is not a {wanted.__name__}",
                hint="docs/configuration.md says what it takes.",
            )
        values[name] = value
    return cls(**values)


def _refuse_unknown(table: dict[str, Any], known: list[str], *, where: str) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
            raise ConfigError(f"{where} has no setting {name!r}", hint=hint)
