"""Everything that the sync process says to other people's servers in their standards, each in a thread of its own."""

import threading
from typing import Any

from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.ledger.reader import Reader
from appliance.standards.delivery import Delivery
from appliance.standards.lti.keys import ToolKey
from appliance.standards.lti.line import Ledger, Line
from appliance.standards.lti.service import Service

PLACE = "caliper-sent.json"


class Deliveries:
    """Nothing where the settings name nobody. A server that lets it wait holds up nobody else."""

    def __init__(self, paths: Paths, settings: Settings, *, reader: Reader, ledger: Ledger) -> None:
        self._caliper: Delivery | None = None
        if settings.standards.caliper_url:
            self._caliper = Delivery(settings, paths.data / PLACE, reader=reader)
        self._lines: dict[str, Line] = {}
        if settings.platform:
            settings.lti.check()
            key = ToolKey.from_folder(paths.keys)
            for platform in settings.platform:
                service = Service(platform, key)
                self._lines[platform.name] = Line(platform, settings.lti, service=service, reader=reader, ledger=ledger)

    @property
    def trouble(self) -> str:
        """What does not work just now, or ""."""
        said = [self._caliper.trouble if self._caliper else ""]
        for name, line in self._lines.items():
            waiting = line.status()["waiting"]
            said.append(f"waiting for the exam platform {name} ({waiting}): {line.trouble}" if line.trouble else "")
        return "; ".join(one for one in said if one)

    def status(self) -> dict[str, Any]:
        """For the health file; nothing where nothing is to be said."""
        said: dict[str, Any] = {}
        if self._caliper is not None:
            said["caliper"] = self._caliper.status()
        if self._lines:
            said["platforms"] = {name: line.status() for name, line in self._lines.items()}
        return said

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop."""
        work = {f"lti-{name}": line.run for name, line in self._lines.items()}
        if self._caliper is not None:
            work["caliper"] = self._caliper.run
        threads = [threading.Thread(target=run, args=(stopping,), name=name, daemon=True) for name, run in work.items()]
        for thread in threads:
            thread.start()
        stopping.wait()
        for thread in threads:
            thread.join(1.0)  # a server may let it wait: what it was told is told again
