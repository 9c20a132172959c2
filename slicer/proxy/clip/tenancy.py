"""Tenancy: the tenants' flows on one datapath under the layers and ports that hold now.

It makes flows of tenants' requests, cuts them, gives their pieces places and numbers, and cuts them
anew when the flowspace or the ports change. Not here: commands and messages (`changes.py`), and
what is where (`mirror.py`). A slot leaves with its last flow. Invariant: a flow that is made has
all its pieces, and no piece has another's number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from slicer.flowspace.match import Match as Region
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import FlowMod, FlowRemoved
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import MAX_TAG, NUMBERS, piece_cookie
from slicer.proxy.clip.cutting import MOST_EFFORT, Cut, Outlets, cut
from slicer.proxy.clip.effort import Effort
from slicer.proxy.clip.layers import HIGHEST, Layers, Place
from slicer.proxy.clip.mirror import Mirror, Piece, TenantFlow, actions_of, adding
from slicer.proxy.clip.slots import NoSlot, Slots
from slicer.proxy.clip.wording import Vocabulary, region_of
from slicer.proxy.enforcement import Unsuitable
from slicer.proxy.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most pieces that a flow of a sliver's may need, and the most flows that it may have."""

    pieces: int
    flows: int
    bytes: float = inf
    """Of memory that these may take, about."""


@dataclass(slots=True)
class Lost:
    """Flows of a slice's that it can't have any more: why, of the first, and how many."""

    why: str
    flows: int = 0


NO_OUTLETS = Outlets()
FLOW, PIECE, ACTION = 1_700, 750, 64
"""Bytes of memory that a flow takes, each of its pieces, and each thing that either does, measured
and rounded up."""
FIT_ALWAYS = 4000
"""So many actions fit into a flow-mod, whichever they are: 16 bytes at most, of 65,535."""


class Tenancy:
    """The tenants' flows of one datapath."""

    def __init__(self, bounds_of: Callable[[str], Bounds]) -> None:
        self.bounds_of = bounds_of
        self.mirror = Mirror()
        self.layers = Layers(FlowSpace(()), Vocabulary(), 1)
        self.tags: dict[str, int] = {}
        self.outlets: Mapping[str, Outlets] = {}
        self.lost: dict[str, Lost] = {}
        """By slice, what could not be cut anew since `synchronise` has told of it."""
        self.ended: list[tuple[int, FlowRemoved]] = []
        """(tag, what its tenants are to hear) of flows that were lost without a piece, likewise."""
        self.in_steps: set[TenantFlow] = set()
        """Flows of operations that the datapath may still refuse."""
        self.compared = 0
        """How much has been compared to cut flows, ever (`Effort`)."""
        self._slots: dict[str, Slots] = {}
        self._next_number = 0

    def outlets_of(self, slice_name: str) -> Outlets:
        """Where a slice's packets may leave."""
        return self.outlets.get(slice_name, NO_OUTLETS)

    def is_settled(self, flow: TenantFlow) -> bool:
        """Has the datapath taken a flow, so that it is not undone any more?"""
        return flow.reject is None and flow not in self.in_steps

    @property
    def next_number(self) -> int:
        """A number that no piece has had, which is used up by asking."""
        number = self.free_number
        self.use_up(number)
        return number

    @property
    def free_number(self) -> int:
        """The number that the next piece would have."""
        number, taken = self._next_number % NUMBERS, self.mirror.pieces
        while number in taken:
            number = (number + 1) % NUMBERS
        return number

    def use_up(self, number: int) -> None:
        """Numbers up to this one have been given out."""
        self._next_number = number + 1

    def lay_out(self, layers: Layers) -> None:
        """Take other layers, with slots of their own."""
        self.layers = layers
        self._slots = {}

    def make(
        self,
        slice_name: str,
        asked: FlowMod,
        instead_of: TenantFlow | None,
        region: Region | None = None,
    ) -> TenantFlow:
        """A flow as asked for, cut, with a slot for its priority; its pieces have the numbers of
        those in the same places of the flow that it is made instead of. `region` is what it
        matches, where that is known. Raises Refusal."""
        limit = self.bounds_of(slice_name).pieces
        outlets = self.outlets_of(slice_name)
        if instead_of is not None:
            region = instead_of.region
        elif region is None:
            region = region_of(asked.match)
        wanted = asked.match, region
        effort = Effort(MOST_EFFORT)
        try:
            cuts = cut(self.layers, outlets, slice_name, wanted, actions_of(asked), limit, effort)
        finally:
            self.compared += effort.spent
        size = _size(actions_of(asked), cuts)
        now = self.mirror.flows_of(slice_name).get((asked.priority, region))
        self.check_room(slice_name, size - (now.size if now is not None else 0))
        slots = self._slots.get(slice_name)
        if slots is None:
            slots = self._slots[slice_name] = Slots(self.layers.span - 1)
        try:
            slot = slots.take(asked.priority)
        except NoSlot as why:
            raise Refusal(errors.FLOW_MOD_FAILED_TABLE_FULL, str(why)) from why
        flow = TenantFlow(slice_name, asked, region, slots, size)
        flow.cut_for = outlets
        if instead_of is not None:
            flow.packets, flow.bytes = instead_of.packets, instead_of.bytes
        flow.pieces = self._pieces(flow, cuts, slot, instead_of)
        try:
            _check_lengths(flow)
        except EncodeError as too_long:
            self.release([flow])
            raise Refusal(errors.BAD_REQUEST_BAD_LEN, str(too_long)) from too_long
        return flow

    def check_room(self, slice_name: str, growth: int) -> None:
        """May a slice's flows take so many bytes more? Raises Refusal."""
        size, most = self.mirror.size_of(slice_name) + growth, self.bounds_of(slice_name).bytes
        if growth > 0 and size > most:
            raise Refusal(
                errors.FLOW_MOD_FAILED_TABLE_FULL,
                f"the sliver's flows would take {size} bytes, expected {most:.0f} at most",
            )

    def _pieces(
        self, flow: TenantFlow, cuts: Iterable[Cut], slot: int, instead_of: TenantFlow | None
    ) -> list[Piece]:
        numbers = {each.place: each.number for each in instead_of.pieces} if instead_of else {}
        tag = self.tags.get(flow.slice, 0)
        pieces: dict[Place, Piece] = {}
        for match, held, actions, is_exact, strays in cuts:
            priority = HIGHEST if is_exact else self.layers.priority(held, slot)
            place = match.canonical(), priority
            number = numbers.get(place)
            if number is None:
                number = self.next_number
            cookie = piece_cookie(tag, number)
            pieces.setdefault(place, Piece(number, cookie, place, actions, flow, strays))
        return list(pieces.values())

    @staticmethod
    def release(flows: Iterable[TenantFlow]) -> None:
        """These flows need their slots no more, if that hasn't been said before."""
        for flow in flows:
            if not flow.is_over:
                flow.is_over = True
                flow.slots.release(flow.asked.priority)

    def remade(self, flow: TenantFlow) -> TenantFlow | None:
        """The flow under the layers and ports of now, or None where it can't be had any more. It
        has taken a slot of its own."""
        if flow.slice not in self.tags:
            return None
        try:
            return self.make(flow.slice, flow.asked, flow)
        except Refusal as why:
            self.note_lost(flow.slice, str(why))
            return None

    def note_lost(self, slice_name: str, why: str) -> None:
        """A flow of a slice's can't be had any more."""
        self.lost.setdefault(slice_name, Lost(why)).flows += 1


def _check_lengths(flow: TenantFlow) -> None:
    """Raises EncodeError where a piece does so much that no message can say it."""
    for piece in flow.pieces:
        if len(piece.actions) > FIT_ALWAYS:
            V10.encode(adding(piece))


def _size(actions: tuple[Action, ...], cuts: Sequence[Cut]) -> int:
    """Bytes of memory for a flow; a piece that does what its tenant wrote shares that."""
    others = sum(len(each.actions) for each in cuts if each.actions is not actions)
    return FLOW + PIECE * len(cuts) + ACTION * (len(actions) + others)


def as_add(asked: FlowMod) -> FlowMod:
    """What a flow-mod that adds a flow asks for, whatever its command."""
    if asked.command == of.OFPFC_ADD:
        return asked
    return replace(asked, xid=0, command=of.OFPFC_ADD, upsert=False)


def assigned(space: FlowSpace, tags: Mapping[str, int]) -> dict[str, int]:
    """A tag for each slice: its own, or the lowest that is free. Raises Unsuitable."""
    names = list(dict.fromkeys(rule.slice for rule in space.rules))
    if len(names) > MAX_TAG:
        raise Unsuitable(f"{len(names)} slices, expected at most {MAX_TAG}")
    taken = {tags[name] for name in names if name in tags}
    free = (tag for tag in range(1, MAX_TAG + 1) if tag not in taken)
    return {name: tags[name] if name in tags else next(free) for name in names}
