"""The front process: writes nginx's configuration, runs nginx, asks it a question now and then, and says how it is."""

import argparse
import logging
import os
import shutil
import signal
import time
from importlib import resources
from pathlib import Path
from threading import Event

from appliance.box import health, process
from appliance.box.console import paths_of
from appliance.box.paths import Paths
from appliance.certificates import current as certificates
from appliance.certificates.current import Certified
from appliance.config import load
from appliance.errors import ApplianceError, Unavailable
from appliance.front import configuration
from appliance.front.nginx import Nginx
from appliance.front.probe import answers
from appliance.web.strings import Catalogue

log = logging.getLogger(__name__)

NAME = "door"
"""In health: nginx is the door of an installed box."""

BEAT_SECONDS = 1.0
PROBE_EVERY = 3
"""Beats."""

CERTIFICATE_EVERY = 10
"""Beats: how soon another address of the machine, or a certificate that was renewed, is shown."""


def start(options: argparse.Namespace) -> int:
    """The command."""
    process.start_logging("front")
    return run(paths=paths_of(options).make())


def run(*, paths: Paths) -> int:
    """nginx in front until SIGTERM or SIGINT: 0; 1 when nginx ended by itself. SIGHUP: settings and certificate are
    read again, and no connection is dropped. ApplianceError, before anything runs, where nginx or the certificate is
    missing."""
    stopping, again = process.stop_event(), Event()
    signal.signal(signal.SIGHUP, lambda _signal, _frame: again.set())
    front = Front(paths)
    front.start()
    try:
        process.notify("READY=1")
        while not stopping.wait(BEAT_SECONDS):
            if again.is_set():
                again.clear()
                process.notify("RELOADING=1")
                front.reload()
                process.notify("READY=1")
            if not front.beat():
                return 1
    finally:
        process.notify("STOPPING=1")
        front.stop()
    return 0


class Front:
    """One nginx, and what is known of it."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._settings = load(paths.config)
        self._certified: Certified | None = None
        self._nginx = Nginx(_program(), configuration.folder(paths))
        self._beats = 0
        self._trouble = ""
        self._answers = True

    def start(self) -> None:
        """Configured and answering, or ApplianceError."""
        self._certified = certificates.current(self._paths, self._settings)
        self._write()
        self._nginx.check()
        self._nginx.start()
        deadline = time.monotonic() + 10
        while not answers(self._settings.web.https_port):
            if not self._nginx.runs or time.monotonic() > deadline:
                self._nginx.stop()
                raise Unavailable(
                    f"nginx does not answer on port {self._settings.web.https_port}",
                    hint="Does another program hold the port? `ss -ltnp` shows it; nginx says why in the log.",
                )
            time.sleep(0.05)

    def stop(self) -> None:
        self._nginx.stop()
        self._say(healthy=False, sentence="stopped")

    def reload(self) -> None:
        """Settings, certificate, configuration. What cannot be used is said, and nginx goes on as it was."""
        try:
            self._settings = load(self._paths.config)
            self._certified = certificates.current(self._paths, self._settings)
            self._write()
            self._nginx.check()
        except (ApplianceError, OSError) as error:
            self._trouble = f"goes on with the old configuration: {error}"
            log.error("nginx %s", self._trouble)
            return
        self._trouble = ""
        self._nginx.reload()

    def beat(self) -> bool:
        """Once a second; False when nginx has ended."""
        if not self._nginx.runs:
            log.error("nginx ended by itself")
            return False
        self._beats += 1
        if self._beats % PROBE_EVERY == 0:
            self._answers = answers(self._settings.web.https_port)
            if self._answers:
                process.notify("WATCHDOG=1")
            else:
                log.error("nginx does not answer")
        if self._beats % CERTIFICATE_EVERY == 0:
            self._look_at_certificate()
        self._tell()
        return True

    def _look_at_certificate(self) -> None:
        try:
            found = certificates.current(self._paths, self._settings)
        except (ApplianceError, OSError) as error:
            log.error("the certificate cannot be renewed: %s", error)
            self._trouble = f"the certificate cannot be renewed: {error}"
            return
        if self._certified is None or found.mark != self._certified.mark:
            self.reload()
        self._certified = found

    def _tell(self) -> None:
        certified, port = self._certified, self._settings.web.https_port
        facts: dict[str, object] = {}
        if certified is not None:
            facts = {
                "fingerprint": certified.fingerprint,
                "addresses": [str(address) for address in certified.addresses],
                "certificate_until": certified.until.timestamp(),
            }
        sentence = f"nginx listens on port {port}" if self._answers else "nginx does not answer"
        self._say(
            healthy=self._answers, sentence="; ".join(filter(None, (sentence, self._trouble))), port=port,
            nginx=self._nginx.pid, **facts,
        )  # fmt: skip

    def _say(self, *, healthy: bool, sentence: str, **facts: object) -> None:
        try:
            health.write(self._paths.health, NAME, healthy=healthy, sentence=sentence, **facts)
        except OSError as error:
            log.warning("health cannot be told: %s", error)

    def _write(self) -> None:
        assert self._certified is not None
        folder = configuration.folder(self._paths)
        for one in (folder, folder / "sayings", configuration.bodies(self._paths)):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in configuration.sayings(Catalogue.load()).items():
            (folder / "sayings" / name).write_text(text, encoding="utf-8")
        static = Path(str(resources.files("appliance.web").joinpath("static")))
        text = configuration.written(
            self._paths, self._settings, certificate=self._certified.file, static=static,
            families=configuration.families(), user="root" if os.geteuid() == 0 else "",
        )  # fmt: skip
        new = self._nginx.file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self._nginx.file)


def _program() -> str:
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        raise Unavailable("nginx is not installed", hint="apt-get install nginx; `appliance door` needs none.")
    return found
