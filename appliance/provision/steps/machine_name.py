"""The machine has a name that no other box of the site has: what it was told, else by its serial."""

from appliance.errors import Unavailable
from appliance.provision import hostname
from appliance.provision.steps.step import Boot, Said

_ANYBODYS = ("", "localhost", "debian", "raspberrypi", "appliance", "proctor", "(none)", "unnamed")
"""What a machine is called that nobody has named."""


def do(boot: Boot) -> Said:
    """A name that somebody gave when installing stays."""
    now = hostname.current(boot.on)
    if not boot.ours:
        return Said(f"The machine keeps its name, {now or 'none'}: it is not the box's alone.")
    told = boot.seed.lab.box
    name = told or (hostname.by_serial(boot.on) if now in _ANYBODYS else now)
    try:
        hostname.set_to(name, boot.seed.network.domain, boot.on)
    except Unavailable as error:  # the files say it: it holds from the next start on, and the certificate follows
        return Said(f"The box will be called {name}: {error.message}.", error.hint, ok=False)
    why = "as it was told" if told else "by its serial" if name != now else "as it was installed"
    return Said(f"The box is called {name}, {why}.")
