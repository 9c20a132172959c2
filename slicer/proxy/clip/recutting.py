"""Recutting: tenants' flows are cut anew, in turns, when their slices' ports or regions change.

Each flow knows for which outlets it was cut, so what has to be done can be left and gone on with at
any time; what a tenant asks for meanwhile is cut for what holds by then. One turn is under way on a
datapath at a time, and slices have theirs one after the other. However often a slice's ports
change, one pass over its flows is under way at most, and one more asked for. Not here: when flows
are to be cut anew, and how. Invariant: all pieces of a flow are changed in one turn, or none.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from slicer.openflow.actions import Output
from slicer.openflow.messages import FlowMod
from slicer.proxy.clip.changes import swaps_between
from slicer.proxy.clip.cutting import Outlets
from slicer.proxy.clip.giving import give, lose
from slicer.proxy.clip.mirror import Change, TenantFlow, actions_of
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.operation import OTHERS_TURN, Steps
from slicer.proxy.pace import ACTED, COMPARED, MADE, TOUCHED, Pace


@dataclass(slots=True)
class _Behind:
    """A slice some of whose flows may have to be cut anew: what of all that was asked for it is
    wanted, what the pass under way will have done, what has been done; and the flows that the pass
    has still to look at."""

    wanted: int
    done: int
    doing: int = 0
    left: deque[TenantFlow] = field(default_factory=deque)


class Recutting:
    """The flows of one datapath's slices."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._behind: OrderedDict[str, _Behind] = OrderedDict()
        """By slice, the one that is to have the next turn first."""
        self._asked = 0
        self._is_busy = False
        self.is_held = False
        """May nothing be cut now, as the layers are not known?"""

    @property
    def behind(self) -> tuple[str, ...]:
        """The slices some of whose flows may have to be cut anew."""
        return tuple(self._behind)

    def ask(self, slice_name: str) -> None:
        """A slice's outlets, or its layers, have changed."""
        if slice_name not in self._behind and not self._tenancy.mirror.flows_of(slice_name):
            return
        self._asked += 1
        behind = self._behind.setdefault(slice_name, _Behind(0, self._asked - 1))
        behind.wanted = self._asked

    def until_done(self, names: Iterable[str]) -> Steps[None]:
        """Cut these slices' flows anew as far as that has been asked for by now."""
        due = {name: self._behind[name].wanted for name in names if name in self._behind}
        while late := {name for name, wanted in due.items() if self._is_late(name, wanted)}:
            first = next(iter(self._behind))
            if self._is_busy or self.is_held or first not in late:
                yield OTHERS_TURN
            else:
                yield from self._turn(first)

    def _is_late(self, name: str, wanted: int) -> bool:
        behind = self._behind.get(name)
        return behind is not None and behind.done < wanted

    def _turn(self, name: str) -> Steps[None]:
        """Where a turn ends otherwise than it should, nobody goes on with the slice, so that others
        have theirs."""
        behind = self._behind[name]
        self._behind.move_to_end(name)
        self._is_busy, goes_on = True, False
        try:
            yield from give(self._tenancy, self._cut_some(name, behind))
            if not behind.left:
                behind.done, behind.doing = behind.doing, 0
            goes_on = behind.wanted > behind.done
        finally:
            self._is_busy = False
            if not goes_on:
                del self._behind[name]

    def _cut_some(self, name: str, behind: _Behind) -> list[FlowMod]:
        """Cut as many flows as a turn is for; returns what makes them so on the datapath."""
        if not behind.doing:
            behind.doing = behind.wanted
            behind.left.extend(self._tenancy.mirror.flows_of(name).values())
        messages: list[FlowMod] = []
        pace, left = Pace(), behind.left
        while left:
            made, work = self._cut(left.popleft(), left)
            messages += made
            if pace.is_turn_over(work):
                break
        return messages

    def _cut(self, seen: TenantFlow, later: deque[TenantFlow]) -> tuple[list[FlowMod], float]:
        """(messages, work) for the flow that is now where this one was. One that the datapath may
        still refuse is for later, when it is clear which flow is there."""
        tenancy = self._tenancy
        flow = tenancy.mirror.flows_of(seen.slice).get(seen.key)
        if flow is None:
            return [], TOUCHED * MADE
        if not tenancy.is_settled(flow):
            later.append(flow)
            return [], MADE
        looked_at = TOUCHED * (MADE + len(actions_of(flow.asked)))
        if not _has_to_be(flow, tenancy.outlets_of(flow.slice)):
            return [], looked_at
        before = tenancy.compared
        new = tenancy.remade(flow)
        if new is None:
            messages = lose(tenancy, flow)
        else:
            messages = tenancy.mirror.apply(Change((flow,), (new,), swaps_between(flow, new)))
            tenancy.release([flow])
        work = (tenancy.compared - before) * COMPARED + MADE * (1 + len(messages))
        acted = sum(len(each.actions) for each in new.pieces) if new is not None else 0
        return messages, looked_at + work + ACTED * acted


def _has_to_be(flow: TenantFlow, outlets: Outlets) -> bool:
    """Does a flow have to be cut for these outlets? One that sends where it did does not."""
    before = flow.cut_for
    if before is outlets:
        return False
    if before is None or any(
        isinstance(each, Output) and before.of(each.port) != outlets.of(each.port)
        for each in actions_of(flow.asked)
    ):
        return True
    flow.cut_for = outlets
    return False
