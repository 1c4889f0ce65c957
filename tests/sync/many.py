"""Many boxes at the same time into one store: each with its own ledger, key, name and thread, all off at one shot."""

import contextlib
import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from appliance.bundle.keys import BoxKey
from appliance.stores.s3 import Keeping, S3Store
from appliance.stores.s3_client import Client, Server
from appliance.sync.checkpoint import Checkpoints
from appliance.sync.claim import claim
from tests.sync import boxes
from tests.sync.rig import Rig

SITE = "north"
TURNS = 5_000


@dataclass
class Racer:
    """One box on its way. `sent`: (seconds since the shot, objects so far); `asked`: what it asked its store for, how
    often."""

    rig: Rig
    client: Client
    sent: list[tuple[float, int]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    error: BaseException | None = None

    @property
    def took(self) -> float:
        return self.sent[-1][0]

    def had(self, moment: float) -> int:
        """Objects that were upstream by then."""
        return max((objects for at, objects in self.sent if at <= moment), default=0)

    @property
    def longest_wait(self) -> float:
        """Between two objects."""
        times = [0.0, *(at for at, _ in self.sent)]
        return max(later - before for before, later in itertools.pairwise(times))

    def run(self, shot: threading.Barrier) -> None:
        try:
            shot.wait()
            self._run(time.monotonic())
        except BaseException as error:  # told by the test's own thread
            self.error = error
            shot.abort()

    def _run(self, began: float) -> None:
        rig, before = self.rig, 0
        for _ in range(TURNS):
            idle = rig.turn()
            objects = rig.service.sender.sent_objects
            if objects != before:
                self.sent.append((time.monotonic() - began, objects))
                before = objects
            if any(failure.kind == "refused" for failure in rig.service.sender.trouble.now):
                break
            if idle and rig.exam_stored():
                return
        raise AssertionError(f"{rig.box} is not through: {rig.service.sender.trouble.now} {rig.service.status()}")


class Counting(Client):
    """Notes what is asked for."""

    asked: Counter[str]

    def ask(self, call: str, **more):
        self.asked[call] += 1
        return super().ask(call, **more)


@contextlib.contextmanager
def raced(
    folder: Path, count: int, *, bucket: str, endpoint: str, credentials_of: Callable[[str], Path]
) -> Iterator[list[Racer]]:
    """`count` boxes, each with an exam that is over, all of them upstream when the block begins."""
    with contextlib.ExitStack() as stack:
        racers = []
        for number in range(1, count + 1):
            rig = stack.enter_context(boxes.box(folder, folder, f"lab-{number}", site=SITE, seats=1))
            key = str(credentials_of(rig.box))
            client = Counting(Server(bucket=bucket, endpoint=endpoint, credentials_file=key, at_once=1))
            client.asked = Counter()
            stack.callback(client.close)
            racers.append(Racer(rig, client, asked=client.asked))
            _ready(rig, client)
        shot = threading.Barrier(count)
        threads = [threading.Thread(target=racer.run, args=(shot,), name=racer.rig.box) for racer in racers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for racer in racers:
            if racer.error is not None:
                raise racer.error
        yield racers


def _ready(rig: Rig, client: Client) -> None:
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.evidence.end_exam()
    store = rig.store = S3Store(client, keeping=Keeping())
    key = BoxKey.from_folder(rig.paths.keys)
    rig.start(
        boxes.report_without_pages,
        claim=lambda: claim(store, rig.site, rig.box, key.public.pem),
        checkpoints=Checkpoints(key=key, site=rig.site, box=rig.box, seconds=60),
    )


def keys_of(racers: list[Racer], folder: Path) -> Path:
    """The boxes' public keys as central IT keeps them: SITE/BOX.pub."""
    for racer in racers:
        rig = racer.rig
        file = folder / rig.site / f"{rig.box}.pub"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(BoxKey.from_folder(rig.paths.keys).public.pem)
    return folder


def said(racers: list[Racer]) -> str:
    """In a line."""
    took = sorted(racer.took for racer in racers)
    waits = max(racer.longest_wait for racer in racers)
    objects = sum(racer.sent[-1][1] for racer in racers)
    asked = sum((racer.asked for racer in racers), Counter())
    return (
        f"{len(racers)} boxes, {objects} objects: through after {took[0]:.1f} to {took[-1]:.1f} s, median"
        f" {statistics.median(took):.1f} s; longest wait of one between two objects {waits:.1f} s; {dict(asked)}"
    )
