"""The days that exams of this lab begin with. `config` reads them."""

from dataclasses import dataclass

from appliance.errors import ConfigError

_MOST = {"evidence_days": 3650, "identity_days": 365, "scan_days": 365, "personal_days": 3650}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """Days; 0: as the box does by default. Whoever plans an exam may set others."""

    evidence_days: int = 0
    identity_days: int = 0
    scan_days: int = 0
    personal_days: int = 0

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            if not 0 <= getattr(self, name) <= most:
                raise ConfigError(f"[retention] {name} is {getattr(self, name)}", hint=f"Use 0 to {most} days.")

    @property
    def of_plan(self) -> dict[str, int]:
        """What is set, by the names of `exam.plan.ExamPlan`."""
        said = {
            "evidence_days": self.evidence_days,
            "identity_days": self.identity_days,
            "scan_retention_days": self.scan_days,
            "personal_days": self.personal_days,
        }
        return {name: days for name, days in said.items() if days}
