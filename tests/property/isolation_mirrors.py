"""MirroredWorld: each slice's mirror, a switch of its own, and the slicer held against it.

A mirror is given what the slicer accepted from the slice's tenants, as they wrote it, and the
packets that the flowspace says are the slice's. What the slice's flows do on the shared switch is
what they do in the mirror, less the outputs that the flowspace does not grant and of packets that
the next switch would read otherwise than this one. Beyond (a) to (c) it asserts:

(d) a tenant reads exactly the flows, groups and meters that it wrote, with the counts of its own
    packets;
(e) a flow-mod, group-mod or meter-mod that a switch takes is refused only for what slivers don't
    have;
(f) a packet goes where it goes in the mirror, and tenants hear what the mirror says by itself.

Invariant: a mirror has the ports of its sliver.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.errors import MalformedError
from slicer.openflow.framing import Framer
from slicer.openflow.messages import Message
from slicer.openflow.v13 import V13
from slicer.policy import Policy
from slicer.proxy.pipeline import layout
from tests.fakes import meters
from tests.fakes.checks import Refused, check_flow_mod, check_group_mod, check_meter
from tests.fakes.execution import Result
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant
from tests.fakes.texts import text
from tests.property.isolation_requests import XID
from tests.property.isolation_world import DPID, Heard, World

NOT_FOR_SLIVERS = (
    errors.BAD_ACTION_BAD_EXPERIMENTER,  # the slicer's actions
    errors.BAD_ACTION_BAD_OUT_PORT,  # NORMAL and TABLE
    errors.BAD_ACTION_BAD_SET_TYPE,  # registers
    errors.BAD_ACTION_BAD_TYPE,  # push-vlan in an action set
    errors.BAD_MATCH_BAD_FIELD,  # registers
    errors.GROUP_MOD_FAILED_BAD_WATCH,  # others' ports
)
_CHANGES = (m.FlowMod, m.GroupMod, m.MeterMod, m.PacketOut)
_QUESTIONS = (mp.FlowStatsRequest, mp.AggregateRequest)
_EVERYTHING = (
    mp.FlowStatsRequest(XID),
    mp.GroupDescRequest(XID),
    mp.MeterConfigRequest(XID),
    mp.MeterStatsRequest(XID),
)


class MirroredWorld(World):
    """The world with its mirrors."""

    def __init__(self, policy: Policy) -> None:
        self.mirrors: dict[str, FakeSwitch] = {}
        super().__init__(policy)

    def after_ports(self) -> None:
        """Slices may have gone and come."""
        for name in set(self.mirrors) - self.space.slices:
            del self.mirrors[name]
        for name in self.space.slices:
            if name not in self.mirrors:
                tables = layout.TENANT_TABLES
                self.mirrors[name] = FakeSwitch(DPID, (), n_tables=tables, is_sliver=True)
            mirror = self.mirrors[name]
            mirror.now, mirror.fragments = self.switch.now, self.switch.fragments
            mirror.ports = self.ports_of(name)

    def after_flush(self, heard: Heard) -> None:
        """(f)"""
        for mirror in self.mirrors.values():
            mirror.flush()
        self._compare_heard(heard)

    def after_wait(self, seconds: float, heard: Heard) -> None:
        """(f)"""
        for mirror in self.mirrors.values():
            mirror.pass_time(seconds)
        self._compare_heard(heard)

    def after_arrival(
        self, number: int, packet: Packet, owner: str | None, result: Result, heard: Heard
    ) -> None:
        """(f)"""
        if owner is not None:
            mirrored = self.mirrors[owner].inject(number, packet)
            if not result.is_given_up:
                expected = self.granted(mirrored, owner)
                assert result.outputs == expected, f"(f) {result}\nmirror:\n{mirrored}"
        self._compare_heard(heard)

    def after_request(
        self, tenant: FakeTenant, frame: bytes, answers: Sequence[Message], heard: Heard
    ) -> None:
        """(d), (e) and (f)"""
        mirror = self.mirrors[tenant.slice]
        refusals = [
            each for each in answers if isinstance(each, m.ErrorMessage) and each.xid == XID
        ]
        for refusal in refusals:
            assert frame.startswith(refusal.data), "an error quotes somebody else's bytes"
            assert len(refusal.data) >= min(64, len(frame))
        asked = _decoded(frame)
        if refusals:
            _check_refusal(mirror, asked, refusals[0])
        mirror.results.clear()
        if (isinstance(asked, _CHANGES) and not refusals) or _is_foreign_packet(refusals):
            mirror.receive(frame)
        self._compare_packet_out(tenant.slice, mirror)
        if isinstance(asked, _QUESTIONS) and not refusals:
            mirror.receive(frame)
            found = _normal(each for each in answers if each.xid == XID)
            expected = _normal(_said(mirror))
            assert found == expected, f"(d) {_apart(found, expected)}"
        self._compare_heard(heard)

    def _compare_packet_out(self, name: str, mirror: FakeSwitch) -> None:
        granted = [self.granted(each, name) for each in mirror.results]
        done = [each.outputs for each in self.switch.results if not each.is_given_up]
        assert granted == (done or [[]] * len(granted)), "(f) a packet-out went elsewhere"

    def _compare_heard(self, heard: Heard) -> None:
        said = {name: _normal(_said(mirror)) for name, mirror in self.mirrors.items()}
        for tenant, messages in heard.items():
            found, expected = _normal(messages), said[tenant.slice]
            assert found == expected, f"(f) {tenant.slice}: {_apart(found, expected)}"

    def after_step(self) -> None:
        """(d), for every tenant."""
        for tenant in self.network.tenants:
            found = _normal(self.network.say(tenant, *_EVERYTHING))
            mirror = self.mirrors[tenant.slice]
            mirror.receive(b"".join(map(V13.encode, _EVERYTHING)))
            expected = _normal(_said(mirror))
            assert found == expected, f"(d) {tenant.slice}: {_apart(found, expected)}"


def _check_refusal(mirror: FakeSwitch, asked: Message | None, refusal: m.ErrorMessage) -> None:
    """(e)"""
    try:
        if isinstance(asked, m.FlowMod):
            check_flow_mod(asked, mirror.groups, mirror.n_tables)
            if asked.command == of.OFPFC_ADD or mirror.tables.meant(asked):
                check_meter(asked, mirror.meters)
        elif isinstance(asked, m.GroupMod):
            check_group_mod(asked, mirror.groups)
        elif isinstance(asked, m.MeterMod):
            assert meters.fault(asked, mirror.meters) is not None, f"(e) {text(asked)}"
            return
        else:
            return
    except Refused:
        return
    error = errors.ALL[refusal.type, refusal.code]
    overlaps = error is errors.FLOW_MOD_FAILED_OVERLAP
    assert error in NOT_FOR_SLIVERS or overlaps, f"(e) {error}: {text(asked)}"


def _is_foreign_packet(refusals: Iterable[m.ErrorMessage]) -> bool:
    """Was a packet-out refused for its payload? Then the mirror says that nothing was lost."""
    eperm = errors.BAD_ACTION_EPERM
    return any((each.type, each.code) == (eperm.type, eperm.code) for each in refusals)


def _decoded(frame: bytes) -> Message | None:
    try:
        return V13.decode(frame)
    except MalformedError:
        return None


def _said(mirror: FakeSwitch) -> list[Message]:
    return [V13.decode(frame) for frame in Framer().feed(mirror.take())]


def _normal(messages: Iterable[Message]) -> list[object]:
    """Messages in a form that is equal where they mean the same: parts put together, matches in
    their canonical form, in no order."""
    normal: list[object] = []
    for message in messages:
        match message:
            case mp.FlowStatsReply(entries=entries):
                normal += [replace(each, match=each.match.canonical()) for each in entries]
            case mp.GroupDescReply(entries=groups):
                normal += groups
            case mp.MeterConfigReply(entries=configs):
                normal += configs
            case mp.MeterStatsReply(entries=counted):
                normal += counted
            case m.FlowRemoved() | m.PacketIn():
                normal.append(replace(message, match=message.match.canonical()))
            case _:
                normal.append(message)
    return sorted(normal, key=repr)


def _apart(found: list[object], expected: list[object]) -> str:
    """What differs, for people."""
    more = [text(each) for each in found if each not in expected]
    less = [text(each) for each in expected if each not in found]
    return "\n".join(["found:", *more, "expected:", *less])
