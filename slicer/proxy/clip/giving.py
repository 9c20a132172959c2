"""Giving: pieces of tenants' flows that the slicer by itself sends to the datapath again.

A datapath that has no room for them, say, refuses them. Then it is their tenants that lose these
flows, and not all tenants the datapath. Invariant: a refusal of anything else is passed on.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from slicer.openflow import constants as of
from slicer.openflow.messages import FlowMod, Message
from slicer.proxy.clip.changes import removed, swaps_between
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.layers import Place
from slicer.proxy.clip.mirror import Change, TenantFlow, places_emptied
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.operation import Refused, Steps


def give(tenancy: Tenancy, messages: Sequence[Message]) -> Steps[None]:
    """Send these messages; a flow of which a piece is refused is lost as a whole, and so on with
    what has waited beneath its pieces. Without messages others have a turn. Raises Refused."""
    while True:
        try:
            yield messages
        except Refused as refused:
            if None in [_piece_of(message) for message, _ in refused.failures]:
                raise
            messages = _give_up(tenancy, refused)
        else:
            return


def _piece_of(message: Message) -> int | None:
    """The number of the piece that a message adds or changes."""
    cookie = Cookie.read(message.cookie) if isinstance(message, FlowMod) else None
    return cookie.number if cookie is not None and cookie.part is Part.PIECE else None


def _give_up(tenancy: Tenancy, refused: Refused) -> list[FlowMod]:
    """What takes away the rest of the flows of which the datapath has refused a piece."""
    flows: dict[TenantFlow, set[Place]] = {}
    for message, _ in refused.failures:
        number = _piece_of(message)
        piece = tenancy.mirror.piece(number) if number is not None else None
        if piece is None or piece.flow.leaving:
            continue
        missing = flows.setdefault(piece.flow, set())
        if isinstance(message, FlowMod) and message.command == of.OFPFC_ADD:
            missing.add(piece.place)
    taking: list[FlowMod] = []
    for flow, missing in flows.items():
        tenancy.note_lost(flow.slice, str(refused))
        taking += lose(tenancy, flow, missing)
    return taking


def lose(tenancy: Tenancy, flow: TenantFlow, missing: Set[Place] = frozenset()) -> list[FlowMod]:
    """A flow can't be had any more; returns what takes it away. Its tenant hears of it when the
    datapath has told of its pieces' ends, but for those that are `missing` there; if there are
    none, with the next report."""
    taking = tenancy.mirror.apply(Change((flow,), (), swaps_between(flow, None)))
    tenancy.mirror.await_ends(flow, places_emptied(taking) - missing)
    if not flow.leaving:
        tenancy.release([flow])
        if flow.asked.flags & of.OFPFF_SEND_FLOW_REM and flow.slice in tenancy.tags:
            told = removed(flow, of.OFPRR_DELETE, 0, 0)
            tenancy.ended.append((tenancy.tags[flow.slice], told))
    return taking
