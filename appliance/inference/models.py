"""A network of the pack, compiled for this machine."""

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


class Model:
    """Runs one picture at a time on `threads` threads; not to be shared between threads."""

    def __init__(self, compiled: ov.CompiledModel, *, name: str) -> None:
        self.name = name
        self.version = pack.version(name)
        self._request = compiled.create_infer_request()
        self._outputs = {name: output for output in compiled.outputs for name in output.names}

    def __call__(self, tensor: Numbers | Picture) -> dict[str, Numbers]:
        """Outputs by the name that the authors gave them."""
        results = self._request.infer({0: tensor}, share_inputs=True)
        return {name: results[output] for name, output in self._outputs.items()}


def load(
    name: str, *, folder: Path, threads: int, cache: Path | None = None, shape: tuple[int, ...] | None = None
) -> Model:
    """A model of the pack in `folder`, its input reshaped to `shape`. What OpenVINO compiles is kept in `cache`.
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
        return Model(core.compile_model(model, "CPU", options), name=name)
    except RuntimeError as error:
        raise Unavailable(
            f"OpenVINO cannot load {file.name}: {str(error).strip().splitlines()[0]}",
            hint="Run: appliance models prepare",
        ) from None
