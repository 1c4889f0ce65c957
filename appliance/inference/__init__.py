"""Detection: pictures -> observations (OpenVINO) -> ticks (pure) -> episodes (`exam.episode`, pure) -> flags."""
