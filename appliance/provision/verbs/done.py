"""What a verb says when it is done."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """`sentence` for a person, `hint` what to do next; `facts` depend on the verb."""

    sentence: str
    hint: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
