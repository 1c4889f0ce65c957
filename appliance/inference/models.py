"""A network of the pack, compiled for this machine."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from appliance.errors import Unavailable
from appliance.inference import pack

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, BGR, 0-255."""

Numbers = npt.NDArray[np.float32]

FEATURES = "features"
"""The output that `load` adds to a classifier."""


class Model:
    """Runs one thing at a time on `threads` threads; not to be shared between threads. `calls` and `seconds`: how
    often it ran, and for how long in all; `shapes`: of its inputs, by name, 1 where anything goes."""

    def __init__(self, compiled: ov.CompiledModel, *, name: str) -> None:
        self.name = name
        self.version = pack.version(name)
        self.calls = 0
        self.seconds = 0.0
        self.shapes = {
            given.any_name: tuple(side.get_length() if side.is_static else 1 for side in given.partial_shape)
            for given in compiled.inputs
        }
        self._request = compiled.create_infer_request()
        self._outputs = {name: output for output in compiled.outputs for name in output.names}

    def __call__(self, *tensors: Numbers | Picture) -> dict[str, Numbers]:
        """Inputs in the authors' order -> outputs by the name that the authors gave them."""
        began = time.perf_counter()
        results = self._request.infer(dict(enumerate(tensors)), share_inputs=True)
        self.seconds += time.perf_counter() - began
        self.calls += 1
        return {name: results[output] for name, output in self._outputs.items()}


def load(
    name: str,
    *,
    folder: Path,
    threads: int,
    cache: Path | None = None,
    shape: tuple[int, ...] | None = None,
    features: bool = False,
) -> Model:
    """A model of the pack in `folder`, its input reshaped to `shape`. What OpenVINO compiles is kept in `cache`. With
    `features` a classifier also gives what its last layer decides by, as the output FEATURES.
    NotFound, IntegrityError or Unavailable says what is wrong with the file and what to do."""
    file = pack.locate(folder, name)
    options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    if cache is not None:
        options["CACHE_DIR"] = str(cache)
    try:
        core = ov.Core()
        core.set_property({"ENABLE_MMAP": False})  # read it once and let the file go
        model = core.read_model(file)
        if shape is not None:
            model.reshape(list(shape))
        if features:
            _add_features(model)
        return Model(core.compile_model(model, "CPU", options), name=name)
    except RuntimeError as error:
        raise Unavailable(
            f"OpenVINO cannot load {file.name}: {str(error).strip().splitlines()[0]}",
            hint="Run: appliance models prepare",
        ) from None


def _add_features(model: ov.Model) -> None:
    """Nodes have other names after each conversion: the last layer is found by what it is."""
    last = [node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul"][-1]
    features = last.input(0).get_source_output()
    features.get_tensor().set_names({FEATURES})
    model.add_outputs([features])
