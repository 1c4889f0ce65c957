"""What `appliance rehearse` understands. Light: the command line reads it for every `--help`."""

from appliance.box.console import Commands, lazily

_WHAT = """
Runs seats for some minutes as in an exam, and says how many the lab can hold. Lab computers whose seat's page is open
take part with their own camera; the box plays the others. The box must run. Ctrl-C stops it, and all that it made goes.
"""


def add(commands: Commands) -> None:
    """The command."""
    rehearse = commands.add("rehearse", lazily("appliance.rehearsal.command", "run"), "what can the lab hold tomorrow?")
    rehearse.description = _WHAT
    rehearse.add_argument("--seats", type=int, metavar="N", help="how many (those of the next exam)")
    rehearse.add_argument("--minutes", type=float, default=5.0, metavar="M", help="how long it is measured (5)")
    rehearse.add_argument("--json", action="store_true", help="only the report, as JSON")
