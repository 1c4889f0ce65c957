"""The wired interface as the seed has it, by whoever keeps this machine's: NetworkManager or systemd-networkd."""

import ipaddress
import uuid

from appliance.errors import Unavailable
from appliance.provision.machine import Machine
from appliance.provision.seed import Network

NETWORKD = "/etc/systemd/network/10-appliance.network"
MANAGER = "/etc/NetworkManager/system-connections/appliance.nmconnection"
_HEAD = "# written by the appliance from its provision.toml\n"
_WIRED = "en* eth*"


def apply(network: Network, on: Machine) -> list[str]:
    """-> a sentence where something changed. As it was by default (DHCP on what is plugged in), and never set by us:
    nothing is touched."""
    ours = [path for path in (NETWORKD, MANAGER) if on.file(path).exists()]
    if network == Network(domain=network.domain) and not ours:
        return []
    how = f"has the address {network.address}" if network.address else "asks the network for its address (DHCP)"
    changed = _manager(network, on) if on.active("NetworkManager.service") else _networkd(network, on)
    return [f"It {how}."] if changed else []


def _networkd(network: Network, on: Machine) -> bool:
    if on.active("networking.service") and not on.active("systemd-networkd.service"):
        raise Unavailable(
            "this machine's network is kept by ifupdown, which the box does not change",
            hint="Set the address in /etc/network/interfaces by hand, or install NetworkManager.",
        )
    if not on.write(NETWORKD, networkd(network)):
        return False
    on.tell("systemctl", "enable", "--now", "systemd-networkd.service")
    on.demand("networkctl", "reload", hint="The new address holds from the next start on.")
    return True


def _manager(network: Network, on: Machine) -> bool:
    if not on.write(MANAGER, manager(network), mode=0o600):
        return False
    on.demand("nmcli", "connection", "reload")
    on.demand("nmcli", "connection", "up", "appliance", hint="Is the cable plugged in? It holds as soon as it is.")
    return True


def networkd(network: Network) -> str:
    """A file of systemd.network(5)."""
    rows = [_HEAD + "[Match]", f"Name={network.interface or _WIRED}", "", "[Network]"]
    if network.address:
        rows.append(f"Address={network.address}")
        rows += [f"Gateway={network.gateway}"] if network.gateway else []
    else:
        rows.append("DHCP=yes")
    rows += [f"DNS={server}" for server in network.dns]
    rows += [f"Domains={network.domain}"] if network.domain else []
    return "\n".join(rows) + "\n"


def manager(network: Network) -> str:
    """A key file of nm-settings-keyfile(5)."""
    version = ipaddress.ip_interface(network.address).version if network.address else 0
    rows = [_HEAD + "[connection]", "id=appliance", f"uuid={uuid.uuid5(uuid.NAMESPACE_DNS, 'appliance')}"]
    rows += ["type=ethernet", "autoconnect-priority=10"]
    rows += [f"interface-name={network.interface}"] if network.interface else []
    for family in (4, 6):
        dns = [server for server in network.dns if ipaddress.ip_address(server).version == family]
        rows += ["", f"[ipv{family}]", f"method={'manual' if version == family else 'auto'}"]
        if version == family:
            rows.append(f"address1={network.address}" + (f",{network.gateway}" if network.gateway else ""))
        rows += [f"dns={';'.join(dns)};"] if dns else []
        rows += [f"dns-search={network.domain};"] if network.domain else []
    return "\n".join(rows) + "\n"
