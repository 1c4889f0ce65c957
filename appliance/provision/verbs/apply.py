"""`apply`: host name, network, time zone and time servers of the machine, as the seed has them."""

from appliance.box.errand import Errand
from appliance.box.paths import Paths
from appliance.errors import BadInput, NotFound
from appliance.provision import hostname, network, written
from appliance.provision.machine import Machine
from appliance.provision.owner import as_owner
from appliance.provision.seed import Seed
from appliance.provision.verbs.done import Done

SOURCES = "/etc/chrony/sources.d/appliance.sources"
_CERTIFICATE = "appliance-certificate.service"


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """The seed lies in provision/wanted.toml; it is checked again: whoever wrote it is not root."""
    if errand.arguments:
        raise BadInput("apply takes no arguments")
    try:
        with as_owner(paths.data), open(paths.provision / "wanted.toml", "rb") as content:
            said = content.read(written.MAX_BYTES + 1)
    except OSError:
        raise NotFound("there is no provision/wanted.toml", hint="Save the setup page again.") from None
    changed = all_of(written.parse(written.decoded(said, name="wanted.toml"), name="wanted.toml"), on)
    return Done(" ".join(changed) or "Nothing had to change.", facts={"changed": len(changed)})


def all_of(seed: Seed, on: Machine) -> list[str]:
    """-> a sentence for each thing that changed."""
    changed = [*_name(seed, on), *_zone(seed.lab.timezone, on), *_servers(seed.time.servers, on)]
    changed += network.apply(seed.network, on)  # last: whoever asked may lose the box for a moment
    if changed:
        on.tell("systemctl", "start", "--no-block", _CERTIFICATE)  # it is for the name and the addresses
    return changed


def _name(seed: Seed, on: Machine) -> list[str]:
    name = seed.lab.box or hostname.current(on)
    if not name or not hostname.set_to(name, seed.network.domain, on):
        return []
    return [f"The box is called {name}."]


def _zone(zone: str, on: Machine) -> list[str]:
    """Zones are those that `rules` took: no path out of the folder of zones."""
    if not on.file(f"/usr/share/zoneinfo/{zone}").is_file():
        raise NotFound(
            f"this machine knows no time zone {zone}", hint="Is the Debian package tzdata installed? Else use Etc/UTC."
        )
    changed = on.link("/etc/localtime", f"/usr/share/zoneinfo/{zone}")
    changed |= on.write("/etc/timezone", f"{zone}\n")
    return [f"Its time zone is {zone}."] if changed else []


def _servers(servers: tuple[str, ...], on: Machine) -> list[str]:
    """Of chrony: a file of ours among its sources."""
    if servers:
        lines = "".join(f"server {server} iburst\n" for server in servers)
        changed = on.write(SOURCES, f"# written by the appliance from its provision.toml\n{lines}")
    else:
        changed = on.remove(SOURCES)
    if not changed:
        return []
    on.tell("chronyc", "reload", "sources")  # a chrony that does not run reads it when it starts
    return [f"It follows the clock of {', '.join(servers)}." if servers else "It asks no time server of its own."]
