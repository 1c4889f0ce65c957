"""The section `[https]` of appliance.toml as it is now, and changed by a button: an exam need not stop for it."""

import json
import re
from pathlib import Path

from appliance import config
from appliance.box import secret
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.config_https import HttpsSettings
from appliance.errors import ConfigError, StorageFull


def of(paths: Paths, settings: Settings) -> HttpsSettings:
    """As the file has it; as it was when the process began, where the file cannot be read or is wrong just now."""
    try:
        found = config.load(paths.config).https
        found.check()
    except (ConfigError, OSError):
        return settings.https
    return found


def write(paths: Paths, **values: str) -> None:
    """Set these keys of `[https]`, and leave every other line as somebody wrote it. ConfigError names what does not
    hold, and then nothing has changed."""
    file = paths.config
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for key, value in values.items():
            text = _with(text, key, value)
        _check(file, text)
        secret.write(file, text.encode())
    except OSError as error:
        raise StorageFull(f"{file} cannot be written: {error.strerror}", hint="Check the disk.") from None


def _check(file: Path, text: str) -> None:
    trial = file.with_name(f".{file.name}.trial")
    try:
        trial.write_text(text, encoding="utf-8")
        config.load(trial).https.check()
    finally:
        trial.unlink(missing_ok=True)


def _with(text: str, key: str, value: str) -> str:
    line = f"{key} = {json.dumps(value)}"
    lines = text.splitlines()
    begins = next((n for n, one in enumerate(lines) if re.match(r"\s*\[https\]\s*(#.*)?$", one)), None)
    if begins is None:
        return "\n".join([*lines, *([""] if lines else []), "[https]", line, ""])
    ends = next((n for n in range(begins + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    for number in range(begins + 1, ends):
        if re.match(rf"\s*{key}\s*=", lines[number]):
            return "\n".join([*lines[:number], line, *lines[number + 1 :], ""])
    return "\n".join([*lines[: begins + 1], line, *lines[begins + 1 :], ""])
