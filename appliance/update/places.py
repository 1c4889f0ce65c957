"""Where an update keeps its things. What root acts on lies where only root may write; the box's user reads a copy of
how it stands."""

from dataclasses import dataclass
from pathlib import Path

ROOTS = Path("/var/lib/appliance-update")
DATA = Path("/var/lib/appliance")
RUN = Path("/run/appliance")
MARK = Path("/run/appliance-update.boot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """`own` is root's; `data` and `run` are the box's. `mark`, root's too, is gone when the power was."""

    own: Path = ROOTS
    data: Path = DATA
    run: Path = RUN
    mark: Path = MARK

    @property
    def request(self) -> Path:
        """What was asked for; gone once the journal is there."""
        return self.own / "request.json"

    @property
    def incoming(self) -> Path:
        """The bundle that was asked for, as root's own copy."""
        return self.own / "incoming.update"

    @property
    def journal(self) -> Path:
        """How far the update is. While it exists, an update is under way."""
        return self.own / "journal.json"

    @property
    def engine(self) -> Path:
        """The modules that carry it through."""
        return self.own / "engine"

    @property
    def staged(self) -> Path:
        """The package to install, proved."""
        return self.own / "staged.deb"

    @property
    def previous(self) -> Path:
        """The package to go back to."""
        return self.own / "previous.deb"

    @property
    def installed(self) -> Path:
        """The package that the last update installed: the next one's `previous`."""
        return self.own / "installed.deb"

    @property
    def ledger_before(self) -> Path:
        """The ledger as the old version left it."""
        return self.own / "ledger-before"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger"

    @property
    def web_socket(self) -> Path:
        return self.run / "web.sock"

    @property
    def state(self) -> Path:
        """updates/state.json: what pages and people are told."""
        return self.data / "updates" / "state.json"
