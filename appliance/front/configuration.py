"""nginx's configuration, out of the settings: pure but for the templates that are read."""

import re
import socket
from importlib import resources
from pathlib import Path

from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.door import away, gate
from appliance.door.away import Words
from appliance.errors import ConfigError

_SAFE = re.compile(r"[A-Za-z0-9_./@+-]+")


def folder(paths: Paths) -> Path:
    """Where nginx has its configuration, its process id and its sockets' bodies."""
    return paths.run / "nginx"


def bodies(paths: Paths) -> Path:
    """Where a body waits until it has arrived."""
    return paths.cache / "front"


def written(
    paths: Paths, settings: Settings, *, certificate: Path, static: Path, families: list[int], user: str
) -> str:
    """The whole configuration. `user`: whom nginx' workers become, where it may choose. ConfigError where a path or a
    port cannot stand in it."""
    values = {
        "USER": f"user {user};" if user else "",
        "RUN": _path(folder(paths)),
        "BODIES": _path(bodies(paths)),
        "CERTIFICATE": _path(certificate),
        "PACKAGE_STATIC": _path(static),
        "WEB": _path(paths.web_socket),
        "CAPTURE": "\n".join(
            f"    server unix:{_path(paths.capture_socket(number))} max_fails=0;"
            for number in range(1, settings.capture.workers + 1)
        ),
        "MEDIA": gate.MEDIA.pattern.replace("(whip|whep|fill)", "(?:whip|whep|fill)").replace("/([", "/(?<carried>["),
        "UPLOADS": "|".join(re.escape(kind) for kind in gate.UPLOADS),
        "STRIPPED": "\n".join(f'  proxy_set_header {name} "";' for name in gate.STRIPPED),
        "SILENT": f"{gate.SILENT_SECONDS:.0f}",
        "WEB_SECONDS": f"{gate.WEB_SECONDS:.0f}",
        "CAPTURE_SECONDS": f"{gate.CAPTURE_SECONDS:.0f}",
        "PAGE_BYTES": str(gate.PAGE_BYTES),
        "UPLOAD_BYTES": str(gate.UPLOAD_BYTES),
        "OFFER_BYTES": str(gate.OFFER_BYTES),
        "FILL_BYTES": str(gate.FILL_BYTES),
        "RETRY": str(away.RETRY_SECONDS),
        "LISTEN_TLS": _listen(settings.web.https_port, families, "ssl http2"),
        "LISTEN_PLAIN": _listen(settings.web.port, families, ""),
        "HEADERS": "\n".join(
            f'      add_header {name} "{value}" always;'
            for name, value in {**away.HEADERS, "Retry-After": "$retry"}.items()
        ),
    }
    values["STATIC"] = _filled(_template("static.conf"), values)
    values["SAYINGS"] = _filled(_template("sayings.conf"), values)
    return _filled(_template("template.conf"), values)


def sayings(words: Words) -> dict[str, str]:
    """File -> what nginx answers by itself, in the door's words."""

    def too_large(limit: int) -> str:
        return away.said(*gate.too_large(limit))

    return {
        "away.html": away.away_page(words, again=True),
        "away-once.html": away.away_page(words, again=False),
        "away.json": away.said(words("door.away"), words("door.away_hint")),
        "capture-away.json": away.said(gate.NOT_RUNNING, gate.AGAIN),
        "capture-silent.json": away.said(gate.NO_ANSWER, gate.AGAIN),
        "no-feed.json": away.said(*gate.NO_FEED),
        "odd.json": away.said(*gate.NO_ADDRESS),
        "large.json": too_large(gate.PAGE_BYTES),
        "large-upload.json": too_large(gate.UPLOAD_BYTES),
        "large-offer.json": too_large(gate.OFFER_BYTES),
        "large-fill.json": too_large(gate.FILL_BYTES),
        "only-https.json": away.said(words("door.only_https"), words("door.only_https_hint")),
    }


def families() -> list[int]:
    """Of addresses, those that this machine has."""
    found = [int(socket.AF_INET)]
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
        found.append(int(socket.AF_INET6))
    except OSError:
        pass
    return found


def _listen(port: int, families: list[int], how: str) -> str:
    hosts = {int(socket.AF_INET): "0.0.0.0", int(socket.AF_INET6): "[::]"}
    if not 1 <= port <= 65_535:
        raise ConfigError(f"[web] has the port {port}", hint="Use 1 to 65535; an installed box has 80 and 443.")
    return "\n".join(f"    listen {hosts[one]}:{port} default_server {how}".rstrip() + ";" for one in families)


def _path(path: Path) -> str:
    if not _SAFE.fullmatch(str(path)):
        raise ConfigError(f"nginx cannot use the folder {path}", hint="Use letters, digits, dots, - and _ in its name.")
    return str(path)


def _template(name: str) -> str:
    return resources.files("appliance.front").joinpath(name).read_text(encoding="utf-8").rstrip("\n")


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)
