"""An upstream with one exam, made once and copied for each test that spoils it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.box.paths import Paths
from appliance.exam import events
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from tests.report import evidence as made
from tests.sync.rig import Rig, whole_exam


@dataclass(frozen=True)
class Sample:
    """`first` has two manifests, `second` one, and so has two the exam."""

    root: Path
    exam: Path
    first: Path
    second: Path
    keys: Path


def made_in(folder: Path) -> Iterator[Sample]:
    """Two candidates through an exam that is over and stored; a flag came after the first one's manifest."""
    paths = Paths(data=folder / "data", run=folder / "run").make()
    with writer_module.opened(paths.database) as writer:
        evidence = made.build(writer, paths.media)
        with reader_module.opened(paths.database) as reader:
            rig = Rig(paths, evidence, reader)
            signed_in = events.UserSignedIn(user="lea")
            evidence.append(signed_in, events.BOX, actor="lea", exam=None)
            first, second = whole_exam(rig)
            evidence.flag(first, "camera_covered")
            rig.until(lambda: (rig.exam_folder / "manifest-2.json").exists() and not list(paths.outbox.glob("*/*")))
    exam = rig.exam_folder
    yield Sample(paths.upstream, exam, exam / first, exam / second, paths.keys)


def copied(original: Sample, folder: Path) -> Sample:
    root = folder / "upstream"
    shutil.copytree(original.root, root)

    def moved(path: Path) -> Path:
        return root / path.relative_to(original.root)

    return Sample(root, moved(original.exam), moved(original.first), moved(original.second), original.keys)


def commands(containing: str) -> str:
    """The block of commands in docs/verify.md in which this stands, word for word."""
    page = (Path(__file__).parents[2] / "docs" / "verify.md").read_text(encoding="utf-8")
    [script] = [part.split("```")[0] for part in page.split("```sh\n")[1:] if containing in part.split("```")[0]]
    return script
