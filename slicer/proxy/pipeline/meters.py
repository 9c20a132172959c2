"""A tenant's meters (OpenFlow 1.3.5 5.7, 7.3.4.5): meter-mods, and what is asked about meters.

One meter on the datapath for one of the tenant's, under an id of the datapath's that a flow notes
(`meter_ids.py`). Note and meter are made together or not at all. The virtual meters (OFPM_SLOWPATH,
OFPM_CONTROLLER) are the whole switch's, so to a tenant they are ids that no meter can have.
Invariant: nothing here is about a meter of another tenant's or of the slicer's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import Message, MeterMod
from slicer.openflow.multipart import (
    FlowStatsReply,
    FlowStatsRequest,
    MeterConfig,
    MeterConfigReply,
    MeterConfigRequest,
    MeterFeaturesReply,
    MeterFeaturesRequest,
    MeterStats,
    MeterStatsReply,
    MeterStatsRequest,
)
from slicer.proxy.enforcement import Forward, Plan
from slicer.proxy.operation import Refused, Steps
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage
from slicer.proxy.pipeline.meter_ids import MeterIds, MeterNote
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.refusal import Refusal

Entry = TypeVar("Entry", MeterConfig, MeterStats)


def learn(ids: MeterIds, *, is_new: bool) -> Steps[None]:
    """At first, take what a former run of the slicer's has left on the datapath. Later, notice
    what somebody else has deleted: what is under way meanwhile is answered later."""
    known = ids.made()
    cookie, mask = layout.stage_filter(Stage.METER_NOTE)
    noted, configured, _ = yield [
        FlowStatsRequest(0, table_id=layout.EMIT_TABLE, cookie=cookie, cookie_mask=mask),
        MeterConfigRequest(0),
    ]
    flows = [each for part in noted if isinstance(part, FlowStatsReply) for each in part.entries]
    there = {
        each.meter_id
        for part in configured
        if isinstance(part, MeterConfigReply)
        for each in part.entries
    }
    if is_new:
        ids.load(flows, there)
    else:
        ids.lose(known - there)


def meter_mod(terms: Terms, asked: MeterMod, limit: int | None = None) -> Plan:
    """Add, change or delete. Raises Refusal when there are no meters left, or when the slice has
    its `limit` already."""
    if asked.command == of.OFPMC_DELETE:
        return _delete(terms, asked)
    if asked.command == of.OFPMC_ADD and 0 < asked.meter_id <= of.OFPM_MAX:
        _check_room(terms, asked.meter_id, limit)
        return _add(terms, asked, terms.meters.claim(terms.tag, asked.meter_id))
    return Forward(replace(asked, meter_id=terms.meter(asked.meter_id)))


def _check_room(terms: Terms, number: int, limit: int | None) -> None:
    there = terms.meters.of(terms.tag)
    if limit is not None and len(there) >= limit and number not in there:
        raise Refusal(
            errors.METER_MOD_FAILED_OUT_OF_METERS,
            f"one meter more than the {limit} that the slice may have here",
        )


def _add(terms: Terms, asked: MeterMod, note: MeterNote | None) -> Steps[Sequence[Message]]:
    """`note` is None where the datapath has it already."""
    added = replace(asked, meter_id=terms.meter(asked.meter_id))
    noted = [note.flow()] if note is not None else []
    try:
        yield [*noted, added]
    except Refused as refused:
        stale = terms.meters.withdraw(terms.tag, asked.meter_id)
        if stale is not None:
            is_made = all(message is not added for message, _ in refused.failures)
            undo = [replace(added, command=of.OFPMC_DELETE)] if is_made else []
            yield [*undo, stale.flow(of.OFPFC_DELETE_STRICT)]
        raise
    terms.meters.confirm(terms.tag, asked.meter_id)
    return []


def _delete(terms: Terms, asked: MeterMod) -> Steps[Sequence[Message]]:
    every = asked.meter_id == of.OFPM_ALL
    doomed = terms.meters.of(terms.tag) if every else [asked.meter_id]
    yield [
        replace(asked, meter_id=physical)
        for physical in [*map(terms.meter, doomed)] or [layout.NO_METER]
    ]
    ended = (terms.meters.end(terms.tag, number) for number in doomed)
    stale = [note.flow(of.OFPFC_DELETE_STRICT) for note in ended if note is not None]
    if stale:
        yield stale
    return []


def meter_config(terms: Terms, asked: MeterConfigRequest) -> Plan:
    """The tenant's meters, as it set them up (7.3.5.13)."""

    def back(reply: Message) -> Message:
        assert isinstance(reply, MeterConfigReply)
        return replace(reply, entries=_tenants(terms, reply.entries))

    return Forward(replace(asked, meter_id=_meant(terms, asked.meter_id)), back)


def meter_stats(terms: Terms, asked: MeterStatsRequest) -> Plan:
    """The counters of one of the tenant's meters or of all (7.3.5.12)."""

    def back(reply: Message) -> Message:
        assert isinstance(reply, MeterStatsReply)
        return replace(reply, entries=_tenants(terms, reply.entries))

    return Forward(replace(asked, meter_id=_meant(terms, asked.meter_id)), back)


def _meant(terms: Terms, number: int) -> int:
    return number if number == of.OFPM_ALL else terms.meter(number)


def _tenants(terms: Terms, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    numbered = ((terms.tenants_meter(each.meter_id), each) for each in entries)
    return tuple(replace(each, meter_id=number) for number, each in numbered if number is not None)


def meter_features() -> Plan:
    """What the datapath's meters can do, and how many the tenants can have (7.3.5.14)."""

    def back(reply: Message) -> Message:
        assert isinstance(reply, MeterFeaturesReply)
        return replace(reply, max_meter=min(reply.max_meter, layout.LAST_TENANT_METER))

    return Forward(MeterFeaturesRequest(0), back)
