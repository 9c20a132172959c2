"""Bandwidth: the meters that hold each slice to its share of each port.

One meter for each slice at each port where something holds it back, named by the slice's emit flow
at that port, so the datapath itself says which meter is whose and a restarted slicer goes on with
what is there. `tick` reads the counters of those meters at intervals and sets the rates anew; what
they should be is reckoned in `isolation/lending.py`. And one meter for what each slice sends to its
controller, and for the LLDP of each port.

A meter whose rate changes starts with empty counters and a full burst (tried on Open vSwitch 3.1),
so nothing is sent where nothing changes. Invariant: no two slices or ports have one meter, and the
rates of a port's meters add up to no more than its capacity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from slicer.isolation.entitlements import Bounds, Entitlements
from slicer.isolation.lending import Lending, Sample
from slicer.openflow import constants as of
from slicer.openflow.groups import DropBand
from slicer.openflow.instructions import MeterInstruction
from slicer.openflow.messages import Message, MeterMod
from slicer.openflow.multipart import (
    MeterConfig,
    MeterFeaturesReply,
    MeterFeaturesRequest,
    MeterStats,
    MeterStatsReply,
    MeterStatsRequest,
    QueueStats,
    QueueStatsReply,
    QueueStatsRequest,
)
from slicer.proxy.enforcement import NO_QUEUES, Queues, Unsuitable
from slicer.proxy.operation import Refused, Steps
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.holds import Hold, Meters
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.synchronise import Present, is_own_meter

INTERVAL = 0.4
"""Seconds between two looks at the counters. With `lending.REMEMBERED` looks until a slice counts
as idle, its share is lent within two seconds; it is back at the first look after it is wanted."""
METERS_PER_SECOND = 1000
"""No more counters than that are read in a second: where there are more, looks are rarer."""
FLAGS = of.OFPMF_KBPS | of.OFPMF_BURST | of.OFPMF_STATS
BURST_NUMERATOR, BURST_DENOMINATOR = 2, 5
"""A burst is what the rate lets through in 0.4 s. TCP reaches 50 % of a rate with a burst of 0.1 s,
92 % with 0.2 s and all of it with 0.4 s (docs/isolation.md)."""
LEAST_BURST = 128
"""kbit: ten packets of the greatest length, so that a connection gets started at any rate."""
LEAST_METERS = 0x1_0000
"""So many at once will do. Which ids they have is another matter: Open vSwitch takes any id that
OpenFlow has, also from its kernel datapath, which has room for 200,000 (tried on 3.1)."""
_DROPS = 1 << 1
"""The bit of OFPMBT_DROP among the band types (OpenFlow 1.3.5 7.3.5.14)."""
_ABILITIES = of.OFPMF_KBPS | of.OFPMF_PKTPS | of.OFPMF_BURST
UNLIMITED = 1_000_000_000
"""Packets a second."""
DISCOVERY_RATE = 100
"""So much LLDP a second from one port; a slice needs a packet for each port in a second or so."""
OTHER_RATE = 1000
"""So much a second that has no meter of its own: packets whose TTL has run out, of all slices."""
_MOST_KBPS = 0xFFFF_FFFF // 2

Key = tuple[str, int]
"""A slice and a port's number."""


@dataclass(slots=True)
class _Meter:
    """One meter: its id, the rate that it was last given (None: not yet), and its counters as last
    read: bytes offered, bytes dropped, and the meter's age in seconds."""

    number: int
    kbps: int | None = None
    read: tuple[int, int, float] | None = None


def meter_mod(number: int, kbps: int) -> MeterMod:
    """A meter of that rate, as it is to be added."""
    burst = max(kbps * BURST_NUMERATOR // BURST_DENOMINATOR, LEAST_BURST)
    return MeterMod(0, of.OFPMC_ADD, FLAGS, number, (DropBand(kbps, burst),))


def packet_in_mod(number: int, per_second: int) -> MeterMod:
    """A meter of so many packets a second, as it is to be added; it lets a second's worth through
    at once."""
    flags = of.OFPMF_PKTPS | of.OFPMF_BURST | of.OFPMF_STATS
    return MeterMod(0, of.OFPMC_ADD, flags, number, (DropBand(per_second, per_second),))


def _lacks(features: MeterFeaturesReply) -> str:
    """What a datapath's meters lack; nothing if they will do."""
    if features.max_meter < LEAST_METERS:
        return f"found {features.max_meter} meters, expected {LEAST_METERS} and more"
    if features.capabilities & _ABILITIES != _ABILITIES or not features.band_types & _DROPS:
        return "its meters don't drop both by kbit/s and by packets/s, with a burst"
    return ""


class Bandwidth:
    """The shares of one datapath's ports."""

    def __init__(self) -> None:
        self.has_meters = False
        """Has the datapath meters?"""
        self._entitlements = Entitlements()
        self._queues = NO_QUEUES
        self._meters: dict[Key, _Meter] = {}
        self._lendings: dict[int, Lending] = {}
        self._fixed: dict[Key, int] = {}
        self._left: dict[tuple[int, int], _Meter] = {}
        """What a former run of the slicer's has left, by (tag, port number)."""
        self._taken: set[int] = set()

    def entitle(self, entitlements: Entitlements, queues: Queues = NO_QUEUES) -> None:
        """What slices may have from now on, and the queues that see to it at some ports; it holds
        with the next synchronisation."""
        self._entitlements = entitlements
        self._queues = queues

    @property
    def is_needed(self) -> bool:
        """Is anybody held back by a meter, at a port or on the way to the controller?"""
        held = any(
            (name, number) not in self._queues
            for number, port in self._entitlements.ports.items()
            for name in port.limited
        )
        return held or bool(self._entitlements.packet_ins)

    @property
    def interval(self) -> float | None:
        """Seconds until `tick` is due, or None where there is nothing to lend."""
        shared = sum(len(lending.bounds) for lending in self._lendings.values())
        return max(INTERVAL, shared / METERS_PER_SECOND) if shared else None

    def check(self) -> Steps[None]:
        """Has the datapath meters? Raises Unsuitable where they are needed and it hasn't."""
        why = "it refuses to say what meters it has"
        try:
            replies, _ = yield [MeterFeaturesRequest(0)]
        except Refused as refused:
            why = str(refused)
        else:
            why = next(
                (_lacks(each) for each in replies if isinstance(each, MeterFeaturesReply)), why
            )
        self.has_meters = not why
        if self.is_needed and not self.has_meters:
            raise Unsuitable(f"the policy limits slices, which takes meters: {why}")

    def counted(self) -> Steps[list[MeterStats | QueueStats]]:
        """The counters of all the datapath's meters and queues, where it has any."""
        asked: list[Message] = [MeterStatsRequest(0)] if self.has_meters else []
        if self._queues:
            asked.append(QueueStatsRequest(0))
        if not asked:
            return []
        replies = yield asked
        return [
            entry
            for parts in replies
            for part in parts
            if isinstance(part, MeterStatsReply | QueueStatsReply)
            for entry in part.entries
        ]

    def packet_in_meter(self, tag: int) -> int | None:
        """The meter of a slice's packet-ins, or None where the datapath has no meters."""
        return layout.packet_in_meter(tag) if self.has_meters else None

    def hold(self, slice_name: str, port: int) -> Hold:
        """What holds a slice back at a port."""
        meter = self._meters.get((slice_name, port))
        queue = self._queues.get((slice_name, port))
        return Hold(None if meter is None else meter.number, queue)

    def holds(self, slice_name: str) -> bool:
        """Is a slice held back at any port? Then it must not have NORMAL, which passes no meter and
        takes no queue."""
        return any(name == slice_name for name, _ in (*self._meters, *self._queues))

    def free(self, tags: Mapping[str, int]) -> dict[str, int]:
        """The tags of the slices that nothing holds back at any port."""
        held = {name for name, _ in self._meters}
        return {name: tag for name, tag in tags.items() if name not in held}

    # ---- which meters there are ----

    def learn(self, present: Present) -> None:
        """Take what a former run of the slicer's has left."""
        rates = {config.meter_id: _rate_of(config) for config in present.meters}
        self._taken = set(rates)
        for flow in present.flows:
            cookie = StageCookie.read(flow.cookie)
            if cookie is None or cookie.stage is not Stage.EMIT:
                continue
            for each in flow.instructions:
                if isinstance(each, MeterInstruction) and is_own_meter(each.meter_id):
                    place = (cookie.tag, layout.port_number(cookie.port))
                    self._left[place] = _Meter(each.meter_id, rates.get(each.meter_id))

    def plan(self, tags: Mapping[str, int], ports: Mapping[str, Iterable[int]]) -> Meters:
        """The meters of these slices, at the ports that each has. Raises Unsuitable when there are
        more than ids for them."""
        queues = {
            (tags[name], number): queue
            for (name, number), queue in self._queues.items()
            if name in tags and number in ports[name]
        }
        if not self.has_meters:
            return Meters(queues=queues)
        held = self._held(tags, ports)
        self._forget(held.keys())
        self._divide(held)
        numbers = self._free()
        for key in held:
            if key not in self._meters:
                place = (tags[key[0]], key[1])
                left = self._left.pop(place, None)
                self._meters[key] = left if left is not None else _Meter(next(numbers))
        mods = {}
        for key, meter in self._meters.items():
            if meter.kbps is None or key in self._fixed:
                meter.kbps = self._wanted(key)
            mods[meter.number] = meter_mod(meter.number, meter.kbps)
        of_port = {(tags[name], port): each.number for (name, port), each in self._meters.items()}
        mods |= self._packet_in_meters(tags, ports)
        return Meters(mods, of_port, queues, of_packet_ins=True)

    def has_port_meters(self, tags: Mapping[str, int], ports: Mapping[str, Iterable[int]]) -> bool:
        """Will `plan` say of these that a slice has a meter at a port?"""
        return self.has_meters and bool(self._held(tags, ports))

    def _held(
        self, tags: Mapping[str, int], ports: Mapping[str, Iterable[int]]
    ) -> dict[tuple[str, int], Bounds]:
        """What is held to bounds by meters, by slice and port."""
        return {
            (name, number): bounds
            for number, shares in self._entitlements.ports.items()
            for name, bounds in shares.limited.items()
            if name in tags and number in ports[name] and (name, number) not in self._queues
        }

    def _packet_in_meters(
        self, tags: Mapping[str, int], ports: Mapping[str, Iterable[int]]
    ) -> dict[int, MeterMod]:
        """One for each slice, limited or not: a flow is bound to its meter when it is made, and a
        limit that comes later has to hold for it too."""
        limits = self._entitlements.packet_ins
        mods = {
            number: packet_in_mod(number, limits.get(name, UNLIMITED))
            for name, tag in tags.items()
            for number in [layout.packet_in_meter(tag)]
        }
        known: set[int | None] = {number for numbers in ports.values() for number in numbers}
        for number in map(layout.discovery_meter, {None, *known}):
            mods[number] = packet_in_mod(number, DISCOVERY_RATE)
        mods[of.OFPM_CONTROLLER] = packet_in_mod(of.OFPM_CONTROLLER, OTHER_RATE)
        return mods

    def _forget(self, kept: Iterable[Key]) -> None:
        kept = set(kept)
        for key in [key for key in self._meters if key not in kept]:
            del self._meters[key]

    def _divide(self, held: Mapping[Key, Bounds]) -> None:
        """A port whose slices have what they had goes on as it was."""
        lendings: dict[int, Lending] = {}
        self._fixed = {}
        by_port: dict[int, dict[str, Bounds]] = {}
        for (name, port), bounds in held.items():
            by_port.setdefault(port, {})[name] = bounds
        for number, shares in self._entitlements.ports.items():
            here = by_port.get(number, {})
            if shares.capacity is None:
                self._fixed |= {(name, number): each.ceiling for name, each in here.items()}
            elif here:
                known = self._lendings.get(number)
                same = known is not None and (known.capacity, known.bounds) == (
                    shares.capacity,
                    here,
                )
                lendings[number] = known if same and known else Lending(shares.capacity, here)
        self._lendings = lendings

    def _wanted(self, key: Key) -> int:
        """The rate that a meter should have, in kbit/s."""
        name, port = key
        bits = self._fixed[key] if key in self._fixed else self._lendings[port].rates[name]
        return min(max(bits // 1000, 1), _MOST_KBPS)

    def _free(self) -> Iterator[int]:
        """Ids that no meter has now, from the lowest."""
        used = {each.number for each in (*self._meters.values(), *self._left.values())}
        for number in range(layout.FIRST_PORT_METER, layout.LAST_PORT_METER + 1):
            if number not in used and number not in self._taken:
                yield number
        in_use = len(self._meters) + len(self._left)
        raise Unsuitable(f"it has more than {in_use} shares of ports")

    # ---- the control loop ----

    def tick(self) -> Steps[int]:
        """Read the meters' counters and set the rates that follow; returns how many were set.
        Raises Refused where a meter has gone, which a synchronisation mends."""
        shared = {key: meter for key, meter in self._meters.items() if key[1] in self._lendings}
        replies = yield [MeterStatsRequest(0, each.number) for each in shared.values()]
        counted = {
            entry.meter_id: entry
            for parts in replies
            for part in parts
            if isinstance(part, MeterStatsReply)
            for entry in part.entries
        }
        changes = self._changes(shared, counted)
        if changes:
            yield changes
        return len(changes)

    def _changes(
        self, shared: Mapping[Key, _Meter], counted: Mapping[int, MeterStats]
    ) -> list[MeterMod]:
        """What to set, rates that fall before those that rise."""
        samples: dict[int, dict[str, Sample]] = {}
        for (name, port), meter in shared.items():
            if self._meters.get((name, port)) is meter and meter.number in counted:
                sample = _sample(meter, counted[meter.number])
                if sample is not None:
                    samples.setdefault(port, {})[name] = sample
        for port, seen in samples.items():
            lending = self._lendings.get(port)
            if lending is not None and seen.keys() <= lending.bounds.keys():
                lending.observe(seen)
        moved: list[tuple[int, MeterMod]] = []
        for key, meter in self._meters.items():
            wanted = self._wanted(key)
            if meter.kbps is not None and wanted != meter.kbps:
                mod = MeterMod(
                    0, of.OFPMC_MODIFY, FLAGS, meter.number, meter_mod(meter.number, wanted).bands
                )
                moved.append((wanted - meter.kbps, mod))
                meter.kbps = wanted
                if meter.read is not None:
                    meter.read = (0, 0, meter.read[2])
        return [mod for _, mod in sorted(moved, key=lambda each: each[0])]


def _sample(meter: _Meter, now: MeterStats) -> Sample | None:
    """What a meter has seen since it was read last, or None at first."""
    dropped = sum(band.byte_count for band in now.band_stats)
    age = now.duration_sec + now.duration_nsec / 1e9
    before, meter.read = meter.read, (now.byte_in_count, dropped, age)
    if before is None or age <= before[2]:
        return None
    if now.byte_in_count < before[0]:
        before = (0, 0, before[2])
    offered = (now.byte_in_count - before[0]) * 8 / (age - before[2])
    return Sample(int(offered), dropped > before[1])


def _rate_of(config: MeterConfig) -> int | None:
    """The rate of a meter that this module can have made, otherwise None."""
    band = config.bands[0] if len(config.bands) == 1 else None
    if not isinstance(band, DropBand) or config.flags != FLAGS:
        return None
    return band.rate if meter_mod(config.meter_id, band.rate).bands == config.bands else None
