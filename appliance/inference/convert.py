"""A network as its authors published it -> OpenVINO IR (FP32)."""

from pathlib import Path

import openvino as ov
from openvino.frontend import FrontEndManager

from appliance.errors import IntegrityError


def convert(original: Path, target: Path) -> None:
    """Write `target` (.xml) and its .bin. IntegrityError when OpenVINO cannot read the original."""
    try:
        model = _read(original)
        ov.save_model(model, target, compress_to_fp16=False)
    except RuntimeError as error:
        raise IntegrityError(
            f"OpenVINO cannot convert {original.name}: {str(error).splitlines()[0]}",
            hint="Use the OpenVINO version of pyproject.toml.",
        ) from None


def _read(original: Path) -> ov.Model:
    if original.suffix == ".pb":
        return _ssd(original)
    model = ov.Core().read_model(original)
    return _logits(model) if original.name.startswith("efficientnet") else model


def _ssd(original: Path) -> ov.Model:
    """The part of the frozen graph between the resized picture and the decoded boxes: [1, 300, 300, 3] -> scores
    [1, 1917, 91] (class 0 is background) and boxes [1, 1917, 1, 4] (ymin, xmin, ymax, xmax in 0..1). The graph's own
    resize and suppression loops are slow and left out."""
    front_end = FrontEndManager().load_by_framework("tf")
    graph = front_end.load(str(original))
    picture = graph.get_place_by_tensor_name("Preprocessor/sub:0")
    scores = graph.get_place_by_tensor_name("Postprocessor/convert_scores:0")
    boxes = graph.get_place_by_tensor_name("Postprocessor/ExpandDims_1:0")
    graph.extract_subgraph([picture], [scores, boxes])
    graph.set_partial_shape(picture, ov.PartialShape([1, 300, 300, 3]))
    model = front_end.convert(graph)
    for parameter in model.get_parameters():
        if parameter.get_friendly_name() == "image_tensor":
            model.remove_parameter(parameter)
    return model


def _logits(model: ov.Model) -> ov.Model:
    """The classifier up to what goes into its softmax, which would round everything unlikely to nothing."""
    softmax = next(node for node in model.get_ordered_ops() if node.get_type_name() == "Softmax")
    logits = softmax.input(0).get_source_output()
    if logits.get_node().get_type_name() == "FakeQuantize":  # rounding to steps of 1/10
        logits = logits.get_node().input(0).get_source_output()
    return ov.Model([logits], model.get_parameters(), "logits")
