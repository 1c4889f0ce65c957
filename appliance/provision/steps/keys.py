"""The box's own secrets: each made once, on this box, and never again."""

from appliance.box.secret import secret_from
from appliance.box.token import FeedTokens
from appliance.bundle.keys import BoxKey
from appliance.provision.steps.step import Boot, Said


def do(boot: Boot) -> Said:
    """What signs evidence; what codes are hashed under; what feeds and cookies are signed under."""
    keys = boot.paths.keys
    own = BoxKey.from_folder(keys)
    FeedTokens.from_file(boot.paths.feed_key)
    for file in (boot.paths.code_key, keys / "web"):
        secret_from(file)
    return Said(f"The key that signs evidence is there ({own.public.fingerprint[:16]}).")
