"""The public ports: sockets that listen, or a sentence why they cannot."""

import contextlib
import errno
import socket

from appliance.errors import ApplianceError, ConfigError, Unavailable

BACKLOG = 512

EVERYWHERE = ""
"""As a host: every address of the machine, IPv4 and IPv6."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets, all on one port (any free one for 0). Unavailable or ConfigError when that cannot be."""
    with contextlib.ExitStack() as stack:
        found: list[socket.socket] = []
        for family, address in _addresses(host):
            bound = found[0].getsockname()[1] if found else port
            try:
                one = stack.enter_context(_bound(family, address, bound))
            except (OSError, OverflowError) as error:
                if host == EVERYWHERE and found and not isinstance(error, OverflowError) and _no_such_family(error):
                    continue  # this machine has no IPv6
                raise _refused(host or "every address", port, error) from None
            found.append(one)
        stack.pop_all()
        return found


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    if host == EVERYWHERE:
        return [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
    return [(socket.AF_INET6 if ":" in host else socket.AF_INET, host)]


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:  # create_server would leave a socket open
        raise OverflowError("a port is at most 65535")
    return socket.create_server((address, port), family=family, backlog=BACKLOG)


def _no_such_family(error: OSError) -> bool:
    return error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def _refused(host: str, port: int, error: Exception) -> ApplianceError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return Unavailable(
            f"port {port} on {host} is already in use",
            hint="Another box or program runs here: stop it (`ss -ltnp` shows it), or choose another port with --port.",
        )
    if number == errno.EACCES:
        return Unavailable(
            f"port {port} on {host} may not be opened by this user", hint="Choose a port above 1023 with --port."
        )
    return ConfigError(
        f"the box cannot listen on {host}, port {port}: {error}", hint="Check host and port in the section [web]."
    )
