"""A machine that remembers what was done to it, and dies where a test wants it to."""

from appliance.update import journal as books
from appliance.update import ledger
from appliance.update.places import Places


class Killed(BaseException):
    """The power went, or the process was killed."""


class FakeMachine:
    """`installed` is "old", "half" or "new". `dies_at`: the how-many-th thing it does is its last; in the middle."""

    def __init__(self, places, *, dies_at=0, new_is_well=True, new_installs=True, migrates=None):
        self.places = places
        self.installed = "old"
        self.runs = True
        self.done = []
        self.dies_at = dies_at
        self.new_is_well = new_is_well
        self.new_installs = new_installs
        self.migrates = migrates

    def _does(self, what):
        self.done.append(what)
        if len(self.done) == self.dies_at:
            raise Killed(what)

    def stop_box(self):
        self._does("stop")
        self.runs = False

    def start_box(self):
        assert self.installed != "half", "the box must never run on half a package"
        self._does("start")
        self.runs = True
        if self.installed == "new" and self.migrates:
            self.migrates()

    def install(self, package):
        wanted = "new" if package == str(self.places.staged) else "old"
        if wanted == "new" and not self.new_installs:
            return "a package that it needs is missing"
        self.installed = "half"
        self._does(f"install {wanted}")
        self.installed = wanted
        return ""

    def keep_ledger(self):
        self._does("keep ledger")
        ledger.keep(self.places.ledger, self.places.ledger_before)

    def put_ledger_back(self):
        self._does("put ledger back")
        aside = f"after-{books.read(self.places).new}"
        return ledger.put_back(self.places.ledger, self.places.ledger_before, aside=aside)

    def is_well(self, version):
        self._does(f"look {version}")
        return "" if self.new_is_well or version == "1.0" else "not well: web"

    def tell(self):
        self._does("tell")

    def tidy(self, *, installed):
        self._does("tidy")


def places(folder):
    found = Places(own=folder / "own", data=folder / "data", run=folder / "run", mark=folder / "run/mark")
    for made in (found.own, found.ledger, found.run):
        made.mkdir(parents=True, exist_ok=True)
    return found
