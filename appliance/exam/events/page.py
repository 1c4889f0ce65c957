"""What the candidate's page reports. Chain: the attempt. A browser can be made to lie: it is a report, no proof."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("page.reported")
@dataclass(frozen=True, kw_only=True)
class PageReported(Payload):
    """`fact` as in `exam.page.Fact`; `value`: what goes with it (characters pasted, displays, a surface, a device's
    label); `happened_at`: wall seconds by the page's clock, corrected by its offset."""

    fact: str
    value: str
    happened_at: float
