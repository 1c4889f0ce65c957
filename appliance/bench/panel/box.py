"""A box around the real panel process: the ledger is served by this process, as the web process would; what the others
say of themselves is said for them, once a second."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from appliance.bench.review import day
from appliance.box import health
from appliance.box import panel as front
from appliance.box.paths import Paths
from appliance.box.workers import services
from appliance.config import Settings
from appliance.errors import Unavailable
from appliance.exam import events
from appliance.exam.feed import Kind
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.record import Draft
from appliance.ledger.socket import LedgerServer
from appliance.ledger.writer import Writer

PATIENCE_SECONDS = 30.0
_SETTINGS = '[panel]\nlights = "gpio"\nbuttons = "gpio"\npins = "mock"\n'


class Box:
    """`silent`: a process that says nothing, so that the panel goes on starting; "" for none."""

    def __init__(self, paths: Paths, writer: Writer, attempts: list[str]) -> None:
        self._paths, self._writer, self._attempts = paths, writer, attempts
        self._process: subprocess.Popen[str] | None = None
        self._pins: list[tuple[float, str, float]] = []
        self._changed = threading.Condition()
        self.silent = "sync"

    @classmethod
    @contextlib.contextmanager
    def made(cls, data: Path, *, attempts: int) -> Iterator[Self]:
        """With an exam whose candidates have arrived, and the panel running."""
        paths = Paths.of(data).make()
        paths.config.write_text(_SETTINGS, encoding="utf-8")
        begins_at = time.time() - 600
        with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
            names = day.plan(writer, kinds=[Kind.WEBCAM], seats=attempts, begins_at=begins_at, minutes=120)
            for name in names:
                writer.append(_draft(events.AttemptArrived(browser="bench"), name, "candidate"))
            ledger = LedgerServer(paths.ledger_socket, writer=writer, reader=reader)
            ledger.start()
            box = cls(paths, writer, names)
            over = threading.Event()
            saying = threading.Thread(target=box._say, args=(over,), name="bench-health")
            saying.start()
            try:
                with box._panel():
                    yield box
            finally:
                over.set()
                saying.join()
                ledger.stop()

    @property
    def pid(self) -> int:
        """Of the panel."""
        assert self._process is not None
        return self._process.pid

    def sign(self, number: int) -> float:
        """A candidate signs, and is recorded from now on: the exam is on. -> when it was committed (monotonic)."""
        signed = events.AttemptSigned(statement_version="1", statement_sha256="0" * 64, signature="C. N.")
        self._writer.append(_draft(signed, self._attempts[number], "candidate"))
        return time.monotonic()

    def end(self, number: int) -> None:
        """...and has gone: nobody is here any more."""
        ended = events.AttemptEnded(by="pia", reason="bench", warnings=0, overridden=False)
        self._writer.append(_draft(ended, self._attempts[number], "pia"))

    def shows(self, status: str) -> None:
        """Wait until it does; Unavailable where it never does."""
        until = time.monotonic() + PATIENCE_SECONDS
        while (said := front.read(self._paths.run)) is None or said.status != status:
            if time.monotonic() > until:
                raise Unavailable(f"the panel shows {said.status if said else 'nothing'}, and not {status}")
            time.sleep(0.05)

    def lit(self, pin: str, *, after: float) -> float:
        """When this light first got bright after that moment (monotonic)."""
        until = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while True:
                for at, name, value in self._pins:
                    if at >= after and name == pin and value > 0:
                        return at
                if not self._changed.wait(until - time.monotonic()):
                    raise Unavailable(f"the {pin} light stays dark")

    @contextlib.contextmanager
    def _panel(self) -> Iterator[None]:
        # by its file, so that nothing of the benchmarks is imported: its memory is measured
        command = [sys.executable, "-P", str(Path(__file__).with_name("child.py")), str(self._paths.data)]
        with (
            open(self._paths.data / "panel.log", "wb") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as self._process,
        ):
            assert self._process.stdout is not None
            reading = threading.Thread(target=self._read, args=(self._process.stdout,), name="bench-pins")
            reading.start()
            try:
                yield
            finally:
                self._process.terminate()
                self._process.wait(10)
                reading.join()

    def _read(self, said: IO[str]) -> None:
        """`MONOTONIC PIN VALUE` for each change of a pin."""
        for line in said:
            at, name, value = line.split()
            with self._changed:
                self._pins = [*self._pins[-100:], (float(at), name, float(value))]
                self._changed.notify_all()

    def _say(self, over: threading.Event) -> None:
        while not over.is_set():
            for name in services(Settings()):
                if name != self.silent:
                    health.write(self._paths.health, name, healthy=True, sentence="well")
            over.wait(1.0)


def _draft(payload: events.Payload, attempt: str, actor: str) -> Draft:
    return Draft(payload=payload, chain=attempt, exam=day.EXAM, actor=actor)
