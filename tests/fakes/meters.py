"""Meters: the fake switch's, as Open vSwitch 3.1 on its userspace datapath keeps and refuses them.

They let every packet pass; what they have counted is what a test says. Not here: which flows use a
meter, and go with it.
Invariant: a refused request has changed nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import multipart as mp
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import DropBand
from slicer.openflow.messages import MeterMod
from slicer.proxy.pipeline.layout import LAST_TENANT_METER
from tests.fakes.checks import Refused

MOST, MOST_BANDS = 262_144, 8
_VIRTUAL = (of.OFPM_SLOWPATH, of.OFPM_CONTROLLER)
_UNITS = of.OFPMF_KBPS | of.OFPMF_PKTPS
_FLAGS = _UNITS | of.OFPMF_BURST | of.OFPMF_STATS


def fault(asked: MeterMod, known: dict[int, MeterMod]) -> ErrorCode | None:
    """With which error a request is refused, if it is."""
    if asked.command == of.OFPMC_DELETE:
        return None
    if asked.flags & _UNITS == _UNITS:
        return errors.METER_MOD_FAILED_BAD_FLAGS
    if not 0 < asked.meter_id <= of.OFPM_MAX and asked.meter_id not in _VIRTUAL:
        return errors.METER_MOD_FAILED_INVALID_METER
    exists = asked.meter_id in known
    if asked.command == of.OFPMC_ADD and exists:
        return errors.METER_MOD_FAILED_METER_EXISTS
    if asked.command == of.OFPMC_MODIFY and not exists:
        return errors.METER_MOD_FAILED_UNKNOWN_METER
    if not asked.flags & _UNITS or asked.flags & ~_FLAGS:
        return errors.METER_MOD_FAILED_BAD_FLAGS
    if not 1 <= len(asked.bands) <= MOST_BANDS:
        return errors.METER_MOD_FAILED_OUT_OF_BANDS
    if not all(isinstance(band, DropBand) for band in asked.bands):
        return errors.METER_MOD_FAILED_BAD_BAND
    if any(isinstance(band, DropBand) and not band.rate for band in asked.bands):
        return errors.METER_MOD_FAILED_BAD_RATE
    return None


def carry_out(asked: MeterMod, known: dict[int, MeterMod]) -> set[int]:
    """Make, change or delete; returns the ids of meters that have gone."""
    if asked.command != of.OFPMC_DELETE:
        known[asked.meter_id] = replace(asked, xid=0, command=of.OFPMC_ADD)
        return set()
    every = asked.meter_id == of.OFPM_ALL
    gone = set(known) if every else {asked.meter_id} & known.keys()
    for number in gone:
        del known[number]
    return gone


def of_tenants(known: Mapping[int, MeterMod]) -> dict[int, MeterMod]:
    """Those with ids for tenants' meters."""
    return {number: each for number, each in known.items() if number <= LAST_TENANT_METER}


def meant(number: int, known: dict[int, MeterMod]) -> list[MeterMod]:
    """The meters that a question is about. Raises Refused."""
    if number == of.OFPM_ALL:
        return [known[each] for each in sorted(known)]
    if number not in known:
        raise Refused(errors.METER_MOD_FAILED_UNKNOWN_METER)
    return [known[number]]


def features(xid: int) -> mp.MeterFeaturesReply:
    """What the switch says its meters can do."""
    return mp.MeterFeaturesReply(xid, MOST, 1 << 1, _FLAGS, MOST_BANDS, 0)


def configured(meter: MeterMod) -> mp.MeterConfig:
    """A meter as it was set up."""
    return mp.MeterConfig(meter.flags, meter.meter_id, meter.bands)


def counted(
    meter: MeterMod, flow_count: int, offered: tuple[int, int] = (0, 0), age: float = 0.0
) -> mp.MeterStats:
    """A meter's counters: `offered` are bytes that came and, of these, bytes that were dropped."""
    bands = (mp.Counter(0, offered[1]),) * len(meter.bands)
    seconds, nanoseconds = int(age), int(age % 1 * 1e9)
    return mp.MeterStats(meter.meter_id, flow_count, 0, offered[0], seconds, nanoseconds, bands)
