"""What `appliance panel` understands. Light: the command line reads it for every `--help`. What it runs needs words as
well, which the floor above hands in (`commands`)."""

from pathlib import Path

from appliance.box.console import Commands, lazily


def add(commands: Commands) -> None:
    """The commands."""
    panel = commands.group("panel", "the box's front: light, display, buzzer, button")
    panel.add("run", lazily("appliance.commands", "panel_run"), "only the panel process")
    test = panel.add(
        "test",
        lazily("appliance.commands", "panel_test"),
        "walk through every part of a box that was just built, and print its card",
    )
    show = panel.add("show", lazily("appliance.commands", "panel_show"), "what the panel shows just now")
    show.add_argument("--follow", action="store_true", help="go on, a paragraph for each change, until Ctrl-C")
    card = panel.add("card", lazily("appliance.commands", "panel_card"), "write what each light means, for the wall")
    card.add_argument("file", type=Path, metavar="FILE.pdf")
    for one in (test, card):
        one.add_argument("--language", choices=("en", "de"), default="en")
