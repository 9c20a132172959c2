"""Tally: what conversations amounted to, so that a generator which tests nothing is seen.

Counts only, of what the switch that is reached directly did. Invariant: each number counts things
that both switches did alike.
"""

from collections import Counter
from dataclasses import dataclass, field

from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowMod, GroupMod, MeterMod
from tests.differential import normal
from tests.differential.compare import Held
from tests.differential.conversation import Receive, Say

CHANGES = (FlowMod, GroupMod, MeterMod)


@dataclass(slots=True)
class Tally:
    """Sums over conversations."""

    conversations: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    """Frames by kind, and packets that came in."""
    did: Counter[str] = field(default_factory=Counter)
    """What came of them."""
    listed: Counter[str] = field(default_factory=Counter)
    """Requests that the sliver alone refuses, by the list's title."""
    having: Counter[str] = field(default_factory=Counter)
    """In how many conversations there was any of `did`."""

    def add(self, dialect: Dialect, held: Held) -> None:
        """Count one conversation."""
        self.conversations += 1
        did: Counter[str] = Counter()
        for index, step in enumerate(held.conversation):
            if isinstance(step, Receive):
                self.steps["packets in"] += len(step.packets)
                continue
            kind = dialect.kind(step.frame)
            self.steps[kind.name if kind else "of no kind"] += 1
            if index in held.refused:
                self.listed[held.refused[index].title] += 1
            else:
                did.update(_came_of(dialect, step, held.direct.answers[index]))
        did["packets out"] += sum(map(len, held.direct.packets.values()))
        for frames in held.direct.unasked:
            did.update(kind.name for frame in frames if (kind := dialect.kind(frame)))
        self.did += did
        self.having.update(name for name, count in did.items() if count)

    def __str__(self) -> str:
        lines = [f"{self.conversations} conversations"]
        for name, count in self.did.most_common():
            lines.append(f"  {count} {name}, in {self.having[name]} conversations")
        lines.append(f"  said: {dict(self.steps.most_common())}")
        lines.append(f"  refused by the sliver alone: {dict(self.listed.most_common())}")
        return "\n".join(lines)


def _came_of(dialect: Dialect, step: Say, answers: list[bytes]) -> Counter[str]:
    kinds = [dialect.kind(frame) for frame in answers]
    if Kind.ERROR in kinds:
        return Counter({"errors": 1})
    if kinds:
        return Counter({"replies": 1})
    message = normal.said(dialect, step.frame)
    if isinstance(message, CHANGES):
        return Counter({f"{message.kind.name} accepted": 1})
    return Counter()
