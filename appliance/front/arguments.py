"""What the front adds to the command line."""

from appliance.box.console import Commands, lazily


def add(commands: Commands) -> None:
    """Its one command."""
    commands.add("front", lazily("appliance.front.main", "start"), "nginx in front of an installed box, not the door")
