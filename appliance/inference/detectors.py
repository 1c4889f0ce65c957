"""The models of this process, those that are there."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from appliance.errors import ApplianceError
from appliance.inference import faces, models, voiceprint
from appliance.inference.faces import FaceFinder
from appliance.inference.hands import PalmFinder
from appliance.inference.iris import IrisFinder
from appliance.inference.likeness import LikenessFinder
from appliance.inference.mesh import MeshFinder
from appliance.inference.models import Model
from appliance.inference.objects import ObjectFinder
from appliance.inference.opinion import SecondOpinion, load_head
from appliance.inference.vad import VoiceFinder
from appliance.inference.voiceprint import VoicePrinter

log = logging.getLogger(__name__)

Finder = TypeVar("Finder")


@dataclass(slots=True)
class Detectors:
    """None where a model is missing; `missing` says why, by model; `models` are those that were loaded. One thread at a
    time may use them."""

    faces: FaceFinder | None = None
    meshes: MeshFinder | None = None
    irises: IrisFinder | None = None
    likeness: LikenessFinder | None = None
    objects: ObjectFinder | None = None
    palms: PalmFinder | None = None
    things: SecondOpinion | None = None
    vad: VoiceFinder | None = None
    voices: VoicePrinter | None = None
    missing: dict[str, str] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, str]:
        """Model -> version, of those that are there."""
        ours = {} if self.things is None else {"phones": self.things.version}
        return {name: model.version for name, model in self.models.items()} | ours


def load_detectors(folder: Path, *, threads: int, cache: Path | None = None) -> Detectors:
    """Load what is there. A missing or damaged file leaves its sentence in `missing`; the rest works."""
    found = Detectors()

    def load(
        name: str, make: Callable[[Model], Finder], shape: tuple[int, ...] | None = None, *, features: bool = False
    ) -> Finder | None:
        try:
            model = models.load(name, folder=folder, threads=threads, cache=cache, shape=shape, features=features)
            finder = make(model)
        except ApplianceError as error:
            log.error("%s", error)
            found.missing[name] = f"{error}. {error.hint}."
            return None
        found.models[name] = model
        return finder

    found.faces = load("faces", FaceFinder, faces.SHAPE)
    found.meshes = load("mesh", MeshFinder)
    found.irises = load("iris", IrisFinder)
    found.likeness = load("likeness", LikenessFinder)
    found.objects = load("objects", ObjectFinder)
    found.palms = load("palms", PalmFinder)
    found.things = load("things", lambda model: SecondOpinion(model, load_head(folder)), features=True)
    found.vad = load("vad", VoiceFinder)
    found.voices = load("voices", VoicePrinter, voiceprint.SHAPE)
    return found
