"""Losing: a flow that can't be had any more goes as a whole, and its tenant hears of it.

It can't where the rules or ports of now leave no way to cut it, and where the datapath refuses a
piece that the slicer, and not the tenant, has asked for. Not here: requests of tenants' that are
refused, which are undone (`changes.py`). Invariant: what is refused so costs its own flow, and no
other and nobody's connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from slicer.openflow import constants as of
from slicer.openflow.messages import FlowMod, Message
from slicer.proxy.clip.changes import removed, swaps_between
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.layers import Place
from slicer.proxy.clip.mirror import Change, Piece, TenantFlow, places_emptied
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.operation import Refused, Steps


def sent(tenancy: Tenancy, messages: Sequence[FlowMod]) -> Steps[None]:
    """Send what pieces need that are here already. The flows of which the datapath refuses any are
    lost, and so are those that come to light under them and are refused in their turn. Until that
    is clear nobody changes these flows."""
    while True:
        held = _flows_of(tenancy, messages) - tenancy.in_steps
        tenancy.in_steps |= held
        try:
            yield messages
            messages = ()
        except Refused as refused:
            messages = _given_up(tenancy, refused)
        finally:
            tenancy.in_steps -= held
        if not messages:
            return


def _flows_of(tenancy: Tenancy, messages: Iterable[Message]) -> set[TenantFlow]:
    """Whose pieces these messages make or change."""
    pieces = (_piece_of(tenancy, each) for each in messages)
    return {piece.flow for piece in pieces if piece is not None}


def lose(tenancy: Tenancy, flow: TenantFlow, missing: Set[Place] = frozenset()) -> list[FlowMod]:
    """A flow can't be had any more. Its tenant hears of it when the datapath has told of its
    pieces' ends, but for those that are `missing` there; if there are none, with the next
    report."""
    taking = tenancy.mirror.apply(Change((flow,), (), swaps_between(flow, None)))
    tenancy.mirror.await_ends(flow, places_emptied(taking) - missing)
    if not flow.leaving:
        tenancy.release([flow])
        if flow.asked.flags & of.OFPFF_SEND_FLOW_REM and flow.slice in tenancy.tags:
            told = removed(flow, of.OFPRR_DELETE, 0, 0)
            tenancy.ended.append((tenancy.tags[flow.slice], told))
    return taking


def _given_up(tenancy: Tenancy, refused: Refused) -> list[FlowMod]:
    flows: dict[TenantFlow, set[Place]] = {}
    for message, _ in refused.failures:
        piece = _piece_of(tenancy, message)
        if piece is None or piece.flow.leaving:
            continue
        missing = flows.setdefault(piece.flow, set())
        if isinstance(message, FlowMod) and message.command == of.OFPFC_ADD:
            missing.add(piece.place)
    messages: list[FlowMod] = []
    for flow, missing in flows.items():
        tenancy.note_lost(flow.slice, str(refused))
        messages += lose(tenancy, flow, missing)
    return messages


def _piece_of(tenancy: Tenancy, message: Message) -> Piece | None:
    cookie = Cookie.read(message.cookie) if isinstance(message, FlowMod) else None
    is_piece = cookie is not None and cookie.part is Part.PIECE
    return tenancy.mirror.piece(cookie.number) if cookie is not None and is_piece else None
