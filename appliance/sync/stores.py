"""Which driver a place needs: the one of the settings, or one that somebody names at the command line."""

from pathlib import Path

from appliance.config import UpstreamSettings
from appliance.errors import ConfigError
from appliance.sync.directory import DirectoryStore
from appliance.sync.store import ObjectStore, Pace


def of_box(settings: UpstreamSettings, data: Path, *, pace: Pace | None = None) -> ObjectStore:
    """The box's own upstream. ConfigError names the key that is wrong; nothing is asked of the network yet."""
    folder = settings.folder_in(data)
    if folder is None:
        raise ConfigError(
            f"[upstream] url {settings.url[:80]!r} has no driver", hint="docs/configuration.md says which there are."
        )
    return DirectoryStore(folder, pace=pace)
