"""One sense of one feed, from what is seen, heard or reported to flags: its judge, what that remembers, its watch."""

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import replace
from typing import Generic, TypeVar

from appliance.exam.detection import RuleSet
from appliance.exam.episode import Episode, Tick
from appliance.exam.feed import Position
from appliance.inference.baseline import Baseline
from appliance.inference.judges.context import Context
from appliance.inference.watch import Begun, Over, Shot, Watch

Memory = TypeVar("Memory")
Seen = TypeVar("Seen")

Judge = Callable[[Memory, Seen, Context], tuple[Memory, dict[str, Tick]]]


class Track(Generic[Memory, Seen]):
    """See the module. What it may judge follows from its context: the rules in force, the feed, where its camera
    stands."""

    def __init__(self, judge: Judge[Memory, Seen], memory: Memory, context: Context) -> None:
        self.memory = memory
        self.context = context
        self.watch = Watch(context.rules)
        self.ticks: Mapping[str, Tick] = {}  # what was said last, of the rules in force
        self._judge = judge
        self._fresh = memory

    def see(
        self,
        seen: Seen,
        shot: Shot | None = None,
        *,
        resting: Collection[str] = (),
        active: Set[str] = frozenset(),
    ) -> list[Begun | Over]:
        """What follows. `resting`: rules that judge nothing now; `active`: rules that hold on other senses."""
        self.memory, ticks = self._judge(self.memory, seen, self.context)
        return self.fold(ticks, shot, resting=resting, active=active)

    def fold(
        self,
        ticks: Mapping[str, Tick],
        shot: Shot | None = None,
        *,
        resting: Collection[str] = (),
        active: Set[str] = frozenset(),
    ) -> list[Begun | Over]:
        """The same for ticks that somebody else made."""
        codes = self.context.codes
        self.ticks = {code: tick for code, tick in ticks.items() if code in codes}
        return self.watch.fold(self.ticks, shot, resting=resting, active=active)

    def resume(self, code: str, begun: Episode) -> None:
        """Go on with a flag that an earlier process raised."""
        self.watch.resume(code, begun)

    def forget(self) -> None:
        """What was seen so far says nothing about what comes."""
        self.memory = self._fresh

    def place(self, position: Position | None, now: float) -> list[Begun | Over]:
        """The camera stands so from now on."""
        self.context = replace(self.context, position=position)
        return self.watch.keep_only(self.context.codes, now)

    def use(self, rules: RuleSet, now: float) -> list[Begun | Over]:
        """These rules hold from now on."""
        self.context = replace(self.context, rules=rules)
        self.watch.use(rules)
        return self.watch.keep_only(self.context.codes, now)

    def rest_on(self, base: Baseline) -> None:
        """How the candidate sat at check-in is known."""
        self.context = replace(self.context, base=base)

    def declare(self, phone: bool | None) -> None:
        """As `Context.declared`."""
        self.context = replace(self.context, declared=phone)
