"""`update`: a signed bundle of `updates/`. Who may sign, and when it is installed, is `appliance.update`'s to say."""

import re

from appliance.box.errand import Errand
from appliance.box.paths import Paths
from appliance.errors import BadInput, NotFound
from appliance.provision.machine import Machine
from appliance.provision.verbs.done import Done
from appliance.update import install

FOLDER = "updates"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,119}")


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """{"file": a name in updates/}. It sets a copy aside, which nobody but root can change, and looks at that."""
    if set(errand.arguments) != {"file"} or not isinstance(errand.arguments["file"], str):
        raise BadInput("update takes one argument, file")
    name = errand.arguments["file"]
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name[:60]!r} is no name of a bundle")
    file = paths.data / FOLDER / name
    if file.is_symlink() or not file.is_file():
        raise NotFound(f"there is no {name} in {FOLDER}/", hint="Hand the bundle in again.")
    return Done(install.run(paths, file, by=errand.by))
