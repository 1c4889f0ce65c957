"""What `appliance doctor` understands. Light: the command line reads it for every `--help`."""

from appliance.box.console import Commands, lazily


def add(commands: Commands) -> None:
    """The command."""
    doctor = commands.add(
        "doctor",
        lazily("appliance.doctor", "run"),
        "what is wrong with the box, and what helps; exit code 1: something is",
    )
    doctor.add_argument("--json", action="store_true")
    doctor.add_argument(
        "--record", action="store_true", help="write it down for panel and ledger, and mend what is safe (the timer's)"
    )
