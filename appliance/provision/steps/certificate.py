"""The box's certificate authority, and the certificate that browsers see."""

from appliance.box.authority import ROOT_BEGINS
from appliance.certificates import current
from appliance.config import load
from appliance.provision.steps.step import Boot, Said


def do(boot: Boot) -> Said:
    """With a wrong clock, too: the authority begins on a fixed day, and the certificate is made anew once the clock is
    right."""
    shown = current.current(boot.paths, load(boot.paths.config))
    if boot.now() < ROOT_BEGINS.timestamp():
        return Said(
            "The certificate is made, with a clock that is wrong; it is made anew once the clock is right.",
            hint="Set the clock on the setup page, or give the box a network with a time server.",
            ok=False,
        )
    return Said(f"The certificate is made, for {', '.join([*shown.names, *map(str, shown.addresses)][:4])}.")
