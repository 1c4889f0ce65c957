"""Detection: pictures -> observations (OpenVINO) -> ticks (pure) -> episodes (`exam.episode`, pure) -> flags."""

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_modules["openvino_telemetry"] = None
"""Importing OpenVINO would send usage figures to a server on the internet; without this package it does not. Nothing
leaves a box but what its institution is sent."""
