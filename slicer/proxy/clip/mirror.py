"""Mirror: what tenants have asked for on one datapath, and the pieces that stand for it there.

OpenFlow 1.0 has no room for the tenant's cookie, match and priority beside those of a piece, so
they are kept here, for as long as the datapath is connected. Where pieces of two of a tenant's
flows come to be one and the same, the later one is on the datapath and the earlier one waits
beneath it.

Not here: what is cut and why, and when messages are sent. An entry leaves when its flow is deleted
or its last piece is gone. Invariant: of the pieces of one place the last one given is the one that
the datapath was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from slicer.flowspace.match import Match as Region
from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Output
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.messages import FlowMod
from slicer.proxy.clip.cookies import NO_NUMBER, renumbered
from slicer.proxy.clip.cutting import Outlets
from slicer.proxy.clip.layers import Place
from slicer.proxy.clip.slots import Slots

Key = tuple[int, Region]
"""A tenant's priority and match: what makes it that flow of the tenant's."""


@dataclass(eq=False, slots=True)
class TenantFlow:
    """A flow as its tenant wrote it: `asked` is an OFPFC_ADD in the tenant's terms."""

    slice: str
    asked: FlowMod
    region: Region
    slots: Slots
    """Where its priority has a slot."""
    size: int = 0
    """Bytes of memory that it takes with its pieces, about."""
    pieces: list[Piece] = field(default_factory=list)
    packets: int = 0
    bytes: int = 0
    """What pieces that are gone have counted."""
    leaving: int = 0
    """How many of its pieces are being deleted."""
    instead_of: TenantFlow | None = None
    """The flow that it has replaced, which comes back if the datapath refuses this one; None once
    the datapath has taken this one."""
    is_over: bool = False
    """Has it given back its slot, as nothing of it will ever be there again?"""
    accept: Callable[[], None] | None = None
    reject: Callable[[], None] | None = None
    """What is to be done once the datapath has taken it, or refused it; None once that is done."""

    cut_for: Outlets | None = None
    """Where its slice's packets could leave when it was cut; None: it has to be cut anew."""

    def accepted(self) -> None:
        """The datapath has taken what was sent for it."""
        accept, self.accept, self.reject = self.accept, None, None
        if accept is not None:
            accept()

    def rejected(self) -> bool:
        """The datapath has refused what was sent for it; tells whether it had taken nothing of it
        before, so that the flow is no more."""
        reject, self.accept, self.reject = self.reject, None, None
        if reject is None:
            return False
        reject()
        return True

    @property
    def former(self) -> Iterator[TenantFlow]:
        """Those that it has replaced, the last one first, as far as the datapath may refuse what
        has replaced them."""
        flow = self.instead_of
        while flow is not None:
            yield flow
            flow = flow.instead_of

    @property
    def key(self) -> Key:
        """What makes it this flow."""
        return self.asked.priority, self.region

    @property
    def asks_for_packets(self) -> bool:
        """Does it output to the controller?"""
        return sends_to(actions_of(self.asked), of.OFPP_CONTROLLER)


@dataclass(eq=False, slots=True)
class Piece:
    """One flow on the datapath."""

    number: int
    cookie: int
    place: Place
    actions: tuple[Action, ...]
    flow: TenantFlow
    strays: bool = False
    """Is there an output that is left out, as it is not the slice's?"""


Swap = tuple[Piece | None, Piece | None]
"""(the piece that goes, the piece that comes); with the same number, it is one that changes."""

Renewal = tuple[Piece, int, int, int, int]
"""A piece that has another number: the one that it had, what its flow had counted itself, packets
and bytes, and the number that it has."""


class Change(NamedTuple):
    """Flows and pieces that go and come together."""

    removed: tuple[TenantFlow, ...] = ()
    added: tuple[TenantFlow, ...] = ()
    swaps: tuple[Swap, ...] = ()

    @property
    def inverse(self) -> Change:
        """The change that undoes this one."""
        back = tuple((new, old) for old, new in reversed(self.swaps))
        return Change(self.added, self.removed, back)


class Mirror:
    """The tenants' flows of one datapath."""

    def __init__(self) -> None:
        self._flows: dict[str, dict[Key, TenantFlow]] = {}
        self._asking: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()
        self._stacks: dict[Place, list[Piece]] = {}
        self._pieces: dict[int, Piece] = {}
        self._leaving: dict[int, Piece] = {}

    def flows_of(self, slice_name: str) -> Mapping[Key, TenantFlow]:
        """A slice's flows."""
        return self._flows.get(slice_name, {})

    def last_of(self, slice_name: str) -> TenantFlow | None:
        """The one that came last."""
        return next(reversed(self._flows.get(slice_name, {}).values()), None)

    def asks_for_packets(self, slice_name: str) -> bool:
        """Has any of a slice's flows an output to the controller?"""
        return self._asking[slice_name] > 0

    def size_of(self, slice_name: str) -> int:
        """Bytes of memory that a slice's flows take, about."""
        return self._sizes[slice_name]

    @property
    def flows(self) -> list[TenantFlow]:
        """All slices' flows."""
        return [flow for flows in self._flows.values() for flow in flows.values()]

    @property
    def pieces(self) -> Mapping[int, Piece]:
        """Those that are here or on their way out, by number."""
        return self._pieces

    def piece(self, number: int) -> Piece | None:
        """The piece of a number, if it is here or on its way out."""
        return self._pieces.get(number)

    def on_top(self, place: Place) -> Piece | None:
        """The piece that the datapath has at a place."""
        stack = self._stacks.get(place)
        return stack[-1] if stack else None

    @property
    def tops(self) -> Iterable[Piece]:
        """Every piece that the datapath has."""
        return [stack[-1] for stack in self._stacks.values()]

    def apply(self, change: Change) -> list[FlowMod]:
        """Make a change here; returns what makes it on the datapath."""
        for flow in change.removed:
            self.remove(flow)
        for flow in change.added:
            self._flows.setdefault(flow.slice, {})[flow.key] = flow
            self._sizes[flow.slice] += flow.size
            if flow.asks_for_packets:
                self._asking[flow.slice] += 1
        coming = [self._put(new) for old, new in change.swaps if old is None and new is not None]
        if len(coming) == len(change.swaps):
            return coming
        changing = [self._alter(old, new) for old, new in change.swaps if old and new]
        going = [self._take(old) for old, new in change.swaps if new is None and old is not None]
        return [each for each in (*coming, *changing, *going) if each is not None]

    def _put(self, piece: Piece) -> FlowMod:
        self._pieces[piece.number] = piece
        self._stacks.setdefault(piece.place, []).append(piece)
        return adding(piece)

    def _alter(self, old: Piece, new: Piece) -> FlowMod | None:
        stack = self._stacks.get(old.place, [])
        if old not in stack:
            return self._put(new)
        was_on_top = stack[-1] is old
        self._pieces.pop(old.number, None)
        self._pieces[new.number] = new
        if old.number == new.number:
            stack[stack.index(old)] = new
            return _modifying(new) if was_on_top and old.actions != new.actions else None
        stack.remove(old)
        stack.append(new)
        return adding(new)

    def _take(self, piece: Piece) -> FlowMod | None:
        stack = self._stacks.get(piece.place, [])
        if piece not in stack:
            return None
        was_on_top = stack[-1] is piece
        self._drop(piece, stack)
        if not was_on_top:
            return None
        return adding(stack[-1]) if stack else deleting(piece)

    def _drop(self, piece: Piece, stack: list[Piece]) -> None:
        stack.remove(piece)
        if not stack:
            del self._stacks[piece.place]
        self._pieces.pop(piece.number, None)

    def stack(self, piece: Piece) -> list[Piece] | None:
        """The pieces of a piece's place, this one among them, or None where it is not there."""
        stack = self._stacks.get(piece.place, [])
        return stack if piece in stack else None

    def renumber(self, piece: Piece, number: int, stack: list[Piece]) -> bool:
        """A piece that is alone at its place has another number from now on; tells whether it
        was so."""
        if len(stack) != 1 or stack[0] is not piece:
            return False
        self._pieces.pop(piece.number, None)
        piece.number, piece.cookie = number, renumbered(piece.cookie, number)
        self._pieces[number] = piece
        return True

    def renew(self, renewed: Iterable[tuple[int, Piece, int]]) -> dict[int, Renewal]:
        """(key, piece, number) of pieces that are alone at their places: each has that number from
        now on, and its flow counts anew. What they were is returned by key."""
        pieces = self._pieces
        were: dict[int, Renewal] = {}
        for key, piece, number in renewed:
            flow, before = piece.flow, piece.number
            were[key] = piece, before, flow.packets, flow.bytes, number
            flow.packets = flow.bytes = 0
            pieces.pop(before, None)
            piece.number, piece.cookie = number, piece.cookie & NO_NUMBER | number
            pieces[number] = piece
        return were

    def take_back(self, renewal: Renewal) -> None:
        """A piece that has been renewed, and is there as it was then, is what it was before."""
        piece, before, packets, octets, _ = renewal
        stack = self.stack(piece)
        if stack is not None and self.renumber(piece, before, stack):
            piece.flow.packets, piece.flow.bytes = packets, octets

    def await_ends(self, flow: TenantFlow, deleted: Set[Place]) -> None:
        """Those pieces of a flow that are deleted from these places are known until the datapath
        has said what they counted."""
        for piece in flow.pieces:
            if piece.place in deleted:
                self._pieces[piece.number] = self._leaving[piece.number] = piece
                flow.leaving += 1

    @property
    def leaving(self) -> frozenset[int]:
        """The numbers of those."""
        return frozenset(self._leaving)

    def forget(self, piece: Piece) -> None:
        """The datapath has the piece no more."""
        stack = self._stacks.get(piece.place, [])
        if piece in stack:
            self._drop(piece, stack)
        self._pieces.pop(piece.number, None)
        self._leaving.pop(piece.number, None)
        if piece in piece.flow.pieces:
            piece.flow.pieces.remove(piece)

    def remove(self, flow: TenantFlow) -> bool:
        """The flow is no more; tells whether it was here until now."""
        flows = self._flows.get(flow.slice, {})
        if flows.get(flow.key) is not flow:
            return False
        del flows[flow.key]
        self._sizes[flow.slice] -= flow.size
        if flow.asks_for_packets:
            self._asking[flow.slice] -= 1
        return True


def sends_to(actions: Iterable[Action], port: int) -> bool:
    """Is there an output to this port among them?"""
    return any(isinstance(each, Output) and each.port == port for each in actions)


def actions_of(asked: FlowMod) -> tuple[Action, ...]:
    """A flow's actions; OpenFlow 1.0 has one list of them."""
    for instruction in asked.instructions:
        if isinstance(instruction, ApplyActions):
            return instruction.actions
    return ()


def adding(piece: Piece) -> FlowMod:
    """The datapath's flow of a piece. It always says when the flow is gone: the mirror needs it."""
    asked = piece.flow.asked
    match, priority = piece.place
    return FlowMod(
        0,
        cookie=piece.cookie,
        command=of.OFPFC_ADD,
        idle_timeout=asked.idle_timeout,
        hard_timeout=asked.hard_timeout,
        priority=priority,
        flags=of.OFPFF_SEND_FLOW_REM,
        match=match,
        instructions=_applied(piece.actions, asked),
    )


def _applied(actions: tuple[Action, ...], asked: FlowMod) -> tuple[Instruction, ...]:
    if actions and actions is actions_of(asked):
        return asked.instructions
    return (ApplyActions(actions),) if actions else ()


def _modifying(piece: Piece) -> FlowMod:
    return replace(adding(piece), command=of.OFPFC_MODIFY_STRICT, upsert=True)


def deleting(piece: Piece) -> FlowMod:
    """Removes the datapath's flow of a piece, and no other."""
    return emptying(piece.place)


def places_emptied(messages: Iterable[FlowMod]) -> Set[Place]:
    """The places that these messages empty."""
    return {
        (each.match, each.priority) for each in messages if each.command == of.OFPFC_DELETE_STRICT
    }


def emptying(place: Place) -> FlowMod:
    """Removes the flow of a place."""
    match, priority = place
    return FlowMod(0, command=of.OFPFC_DELETE_STRICT, priority=priority, match=match)
