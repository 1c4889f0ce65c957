"""Is the data disk encrypted? Said as a fact, which the health page makes an issue of."""

import json

from appliance.box import secret
from appliance.provision import encryption
from appliance.provision.steps.step import Boot, Said

FACT = "encryption.json"


def do(boot: Boot) -> Said:
    """What the kernel says of the device that the data folder is on."""
    found = encryption.of(boot.paths.data, boot.on)
    secret.write(boot.paths.provision / FACT, json.dumps({"encrypted": bool(found), "device": found}).encode())
    if found:
        return Said(f"The data disk is encrypted ({found}).")
    return Said(
        "The data disk is not encrypted: whoever takes it can read the evidence.",
        hint="Keep the box locked away, or set it up anew on an encrypted partition (docs/provision.md).",
        ok=False,
    )
