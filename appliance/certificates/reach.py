"""By which names and addresses the box is reached in the lab: what its certificate is for."""

from dataclasses import dataclass

from appliance.box import authority
from appliance.box.authority import Address
from appliance.certificates import mdns
from appliance.config_https import HttpsSettings


@dataclass(frozen=True, slots=True)
class Reach:
    """`names` and `addresses`, those that people should use first. `site`: the names that a site's authority knows.
    `announced`: the `.local` name by which the box is really found; "" where nobody says one."""

    names: tuple[str, ...]
    addresses: tuple[Address, ...]
    site: tuple[str, ...]
    announced: str


def of(https: HttpsSettings) -> Reach:
    """Of this machine, as it is now."""
    addresses, own = authority.own_addresses(), authority.own_names()
    said = mdns.name(addresses) or ""
    if said:
        own = [name for name in own if not name.endswith(".local")]  # the name may be another machine's
    site = (*https.all_names, *([f"{own[0]}.{https.domain.lower()}"] if https.domain else []))
    found = dict.fromkeys((*site, *([said] if said else []), *sorted(own, key=_place)))
    return Reach(tuple(found), tuple(addresses), tuple(dict.fromkeys(site)), said)


def _place(name: str) -> int:
    """NAME.local works without a DNS server, so it comes before NAME."""
    return 0 if name.endswith(".local") else 1 if name != "localhost" else 2
