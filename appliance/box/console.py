"""What every part of the command line is made of: commands that load what they need when they run, so that `--help` and
errors are quick."""

import argparse
import importlib
import os
from collections.abc import Callable
from pathlib import Path

from appliance.box.paths import Paths

Command = Callable[[argparse.Namespace], int]


def lazily(module: str, function: str) -> Command:
    """A command that takes its options as they are; its module is loaded when it runs."""
    return lambda options: int(getattr(importlib.import_module(module), function)(options))


def paths_of(options: argparse.Namespace) -> Paths:
    """The folders of the box that the command is about."""
    return Paths.of(Path(options.data or os.environ.get("APPLIANCE_DATA") or "data"))


class Commands:
    """Adds subcommands, each with `--data` after it as well as before."""

    def __init__(self, under: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
        self._under = under

    def add(self, name: str, command: Command, what: str) -> argparse.ArgumentParser:
        parser = self._under.add_parser(name, help=what, description=what)
        parser.add_argument("--data", metavar="DIR", default=argparse.SUPPRESS, help="the data folder")
        parser.set_defaults(command=command, name=name)
        return parser

    def group(self, name: str, what: str) -> "Commands":
        parser = self._under.add_parser(name, help=what, description=what)
        return Commands(parser.add_subparsers(metavar="COMMAND", required=True))
