"""The box tries itself: disk, clock, ports, memory, models."""

from appliance.config import load
from appliance.provision import self_test
from appliance.provision.steps.step import Boot, Said


def do(boot: Boot) -> Said:
    """What is not well is said, and stops nothing: it may be well on the day."""
    findings = self_test.run(boot.paths, load(boot.paths.config), now=boot.now(), cameras=False)
    self_test.keep(boot.paths, findings, now=boot.now())
    ill = [one for one in findings if one.state == self_test.State.ILL]
    if ill:
        return Said(f"The self-test found: {' '.join(one.sentence for one in ill)}", ill[0].hint, ok=False)
    return Said(f"The self-test is passed ({len(findings)} checks).")
