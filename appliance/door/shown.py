"""The certificate that HTTPS shows while the door runs: changed in place when another one is due or was installed."""

import logging
import ssl
import subprocess
import sys
from datetime import UTC, datetime

from appliance.box.paths import Paths
from appliance.certificates import chosen, current, renewal
from appliance.certificates.current import Certified
from appliance.config import Settings
from appliance.errors import ApplianceError

log = logging.getLogger(__name__)


class Shown:
    """`context` is what new connections get; `certified` what is in it."""

    context: ssl.SSLContext
    certified: Certified

    def __init__(self, paths: Paths, settings: Settings) -> None:
        self._paths, self._settings = paths, settings
        self._fetching: subprocess.Popen[bytes] | None = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self.certified = current.current(paths, settings)
        self.context.load_cert_chain(self.certified.file)

    def look(self) -> str:
        """Another address, another name, soon expired, or another one was installed? -> what is wrong, or ""."""
        try:
            self._fetch()
            found = current.current(self._paths, self._settings)
            if found.mark != self.certified.mark:
                self.context.load_cert_chain(found.file)
                log.info("a new certificate for %s", ", ".join(map(str, (*found.names, *found.addresses))))
            self.certified = found
        except (ApplianceError, OSError) as error:
            log.error("the certificate cannot be renewed: %s", error)
            return f"the certificate cannot be renewed: {error}"
        return ""

    def _fetch(self) -> None:
        """An ACME server may take its time: a process of its own asks it, so that the door can stop at any time."""
        https = chosen.of(self._paths, self._settings)
        running = self._fetching is not None and self._fetching.poll() is None
        if https.mode != "acme" or running or not renewal.is_due(self._paths, https, datetime.now(UTC)):
            return
        command = [sys.executable, "-m", "appliance", "--data", str(self._paths.data), "certificate", "renew"]
        self._fetching = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """The door closes."""
        if self._fetching is not None:
            self._fetching.kill()
            self._fetching.wait()
