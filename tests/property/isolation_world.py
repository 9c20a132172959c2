"""World: slicer, switch and tenants for the isolation theorem, and what must hold of them.

Beside the real thing each slice has a mirror: a switch of its own that is given what the slicer
accepted from its tenants, as they wrote it, and the packets that the flowspace says are its. What
the slice's flows do on the shared switch is what they do in the mirror, less the outputs that the
flowspace does not grant and of packets that the next switch would read otherwise than this one.

Asserted here, and nothing else is a reason to fail:

(a) a packet that enters at port p with header h is matched only by flows of owner(p, h), and only
    that slice hears of it;
(b) a packet that leaves at port q with header h' was sent there by flows of owner(q, h');
(c) what a tenant asks for changes no flow and no group of another's, nor of the slicer's;
(d) a tenant reads exactly the flows and groups that it wrote, with the counts of its own packets.
(e) a flow-mod or group-mod that a switch takes is refused only for what slivers don't have.

Invariant: `space` is the flowspace of the ports that the switch has now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slicer.flowspace.space import FlowSpace
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.errors import MalformedError
from slicer.openflow.framing import Framer
from slicer.openflow.messages import Message, Port
from slicer.openflow.v13 import V13
from slicer.policy import Policy
from slicer.proxy.pipeline import layout
from tests.fakes.checks import Refused, check_flow_mod, check_group_mod
from tests.fakes.execution import Result
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch
from tests.fakes.tables import Key
from tests.fakes.tenant import FakeTenant
from tests.fakes.texts import text
from tests.property.isolation_headers import ALL_PORTS
from tests.property.isolation_requests import XID

DPID = 1
SLICER = "slicer"
NOT_FOR_SLIVERS = (
    errors.BAD_ACTION_BAD_EXPERIMENTER,  # the slicer's actions
    errors.BAD_ACTION_BAD_OUT_PORT,  # NORMAL and TABLE
    errors.BAD_ACTION_BAD_QUEUE,
    errors.BAD_ACTION_BAD_SET_TYPE,  # registers
    errors.BAD_ACTION_BAD_TYPE,  # push-vlan in an action set
    errors.BAD_MATCH_BAD_FIELD,  # registers
    errors.GROUP_MOD_FAILED_BAD_WATCH,  # others' ports
)
_BARRIER = 0xBA
_CHANGES = (m.FlowMod, m.GroupMod, m.PacketOut)
_QUESTIONS = (mp.FlowStatsRequest, mp.AggregateRequest)
_ASYNCHRONOUS = (m.PacketIn, m.FlowRemoved, m.PortStatus)

State = tuple[Mapping[Key, tuple[str, tuple[object, ...]]], Mapping[int, m.GroupMod], int]


class World:
    """One switch, sliced by one policy after another."""

    def __init__(self, policy: Policy) -> None:
        self.switch = FakeSwitch(DPID, [port(number) for number in ALL_PORTS])
        self.mirrors: dict[str, FakeSwitch] = {}
        self.network = Network(policy)
        self.space = FlowSpace(())
        self.restart(policy)

    # ---- what happens to it ----

    def restart(self, policy: Policy) -> None:
        """The slicer ends and another one starts, perhaps with another policy."""
        before = self._state_but_of(None)
        unchanged = policy == self.network.policy and bool(self.mirrors)
        self.switch.author = SLICER
        self.network = Network(policy)
        self.network.plug(self.switch)
        assert not unchanged or self._state_but_of(None) == before, "a restart changed the switch"
        self._ports_changed()
        for tenant in self.network.tenants:
            tenant.take_heard()

    def _ports_changed(self) -> None:
        names = {each.name: number for number, each in self.switch.ports.items()}
        self.space = self.network.policy.flowspace_on(DPID, names)
        former = set(self.mirrors) - self.space.slices
        for name in former:
            del self.mirrors[name]
        for name in self.space.slices:
            mirror = self.mirrors.setdefault(name, _mirror())
            mirror.author, mirror.now = name, self.switch.now
            mirror.fragments = self.switch.fragments
            mirror.ports = self._ports_of(name)
            datapath = self.network.engine.datapaths[DPID]
            assert datapath.slivers[name].ports == mirror.ports, f"ports of {name}"

    def _ports_of(self, name: str) -> dict[int, Port]:
        mine = self.space.ports_of(name)
        return {
            number: each
            for number, each in self.switch.ports.items()
            if mine is None or number in mine
        }

    def set_port(self, changed: Port) -> None:
        """A port comes, changes, or is another's."""
        self.switch.author = SLICER
        self.switch.set_port(changed)
        self._settle_ports()

    def remove_port(self, number: int) -> None:
        """A port goes, if it is there."""
        self.switch.author = SLICER
        if number in self.switch.ports:
            self.switch.remove_port(number)
            self._settle_ports()

    def _settle_ports(self) -> None:
        self.network.run()
        self._ports_changed()
        for tenant in self.network.tenants:
            heard = tenant.take_heard()
            assert all(isinstance(each, m.PortStatus) for each in heard), heard

    def flush(self) -> None:
        """Somebody deletes all flows and groups of the switch."""
        self.switch.author = SLICER
        self.switch.flush()
        for mirror in self.mirrors.values():
            mirror.flush()
        self.network.run()
        self._compare_asynchronous("")

    def wait(self, seconds: float) -> None:
        """Time passes; flows expire."""
        self.switch.author = SLICER
        self.switch.pass_time(seconds)
        for mirror in self.mirrors.values():
            mirror.pass_time(seconds)
        self.network.run()
        self.network.wait(seconds)
        self._compare_asynchronous("")

    # ---- tenants ----

    def request(self, tenant: FakeTenant, frame: bytes) -> None:
        """A tenant asks for something. Holds (a), (b), (c) and the answers against the mirror."""
        before = self._state_but_of(tenant.slice)
        self.switch.author = tenant.slice
        self.switch.results.clear()
        barrier = V13.encode(m.BarrierRequest(_BARRIER))
        heard = self.network.say(tenant, frame, barrier)
        tenant.heard = [each for each in heard if isinstance(each, _ASYNCHRONOUS)]
        answers = [each for each in heard if not isinstance(each, _ASYNCHRONOUS)]
        assert self._state_but_of(tenant.slice) == before, "(c) somebody else's was changed"
        if tenant.is_connected:
            self._compare_answers(tenant, frame, answers)

    def _compare_answers(self, tenant: FakeTenant, frame: bytes, answers: list[Message]) -> None:
        assert m.BarrierReply(_BARRIER) in answers
        mirror = self.mirrors[tenant.slice]
        refusals = [
            each for each in answers if isinstance(each, m.ErrorMessage) and each.xid == XID
        ]
        for refusal in refusals:
            assert refusal.data == frame[:64], "an error quotes somebody else's bytes"
        asked = _decoded(frame)
        if refusals:
            self._check_refusal(tenant.slice, asked, refusals[0])
        is_carried_out = isinstance(asked, _CHANGES) and not refusals
        mirror.results.clear()
        if is_carried_out or _is_foreign_packet(refusals):
            mirror.receive(frame)
        self._compare_packet_out(tenant.slice)
        if isinstance(asked, _QUESTIONS) and not refusals:
            mirror.receive(frame)
            found = [each for each in answers if each.xid == XID]
            expected = _normal(_said(mirror))
            assert _normal(found) == expected, f"(d) {_apart(_normal(found), expected)}"
        self._compare_asynchronous(tenant.slice)

    def _check_refusal(self, name: str, asked: Message | None, refusal: m.ErrorMessage) -> None:
        """(e)"""
        mirror = self.mirrors[name]
        try:
            if isinstance(asked, m.FlowMod):
                check_flow_mod(asked, mirror.groups, mirror.n_tables)
            elif isinstance(asked, m.GroupMod):
                check_group_mod(asked, mirror.groups)
            else:
                return
        except Refused:
            return
        error = errors.ALL[refusal.type, refusal.code]
        overlaps = error is errors.FLOW_MOD_FAILED_OVERLAP
        assert error in NOT_FOR_SLIVERS or overlaps, f"(e) {error}: {text(asked)}"

    def _compare_packet_out(self, name: str) -> None:
        mirrored = self.mirrors[name].results
        for result in self.switch.results:
            self._check_flows(result, name)
            self._check_outputs(result, name)
        granted = [self._granted(each, name) for each in mirrored]
        done = [each.outputs for each in self.switch.results if not each.is_given_up]
        assert granted == (done or [[]] * len(granted)), "a packet-out went elsewhere"

    def _compare_asynchronous(self, name: str) -> None:
        """Every tenant has heard what its mirror said by itself; for `name` only, if given."""
        for each, mirror in self.mirrors.items():
            expected = _normal(_said(mirror))
            assert not expected or name in ("", each)
            for tenant in self.network.tenants:
                if tenant.slice == each:
                    found = tenant.take_heard()
                    assert _normal(found) == expected, _apart(_normal(found), expected)

    # ---- packets ----

    def arrive(self, number: int, packet: Packet) -> None:
        """A packet comes in by a port. Holds (a) and (b), and its way against the mirror."""
        if number not in self.switch.ports:
            return
        owner = self.space.owner(packet.header.at(number))
        result = self.switch.inject(number, packet)
        self.network.run()
        self._check_flows(result, owner)
        self._check_outputs(result, owner)
        if owner is not None:
            mirrored = self.mirrors[owner].inject(number, packet)
            if not result.is_given_up:
                expected = self._granted(mirrored, owner)
                assert result.outputs == expected, f"{result}\nmirror:\n{mirrored}"
        self._compare_asynchronous(owner or "")

    def _check_flows(self, result: Result, owner: str | None) -> None:
        """(a)"""
        for step in result.trace:
            if _is_tenants(step.table) and step.flow is not None:
                assert step.flow.author == owner, f"(a) {owner}'s packet:\n{result}"

    def _check_outputs(self, result: Result, sender: str | None) -> None:
        """(b)"""
        for number, packet in result.outputs:
            owner = self.space.owner(packet.header.at(number))
            assert owner == sender, f"(b) {owner}'s packet from {sender}:\n{result}"

    def _granted(self, result: Result, name: str) -> list[tuple[int, Packet]]:
        return [
            (number, packet)
            for number, packet in result.outputs
            if packet.is_plain and self.space.owner(packet.header.at(number)) == name
        ]

    # ---- flows ----

    def compare_flows(self) -> None:
        """(d), for every tenant."""
        for tenant in self.network.tenants:
            asked = (mp.FlowStatsRequest(XID), mp.GroupDescRequest(XID))
            found = _normal(self.network.say(tenant, *asked))
            mirror = self.mirrors[tenant.slice]
            mirror.receive(b"".join(map(V13.encode, asked)))
            expected = _normal(_said(mirror))
            assert found == expected, f"(d) {tenant.slice}: {_apart(found, expected)}"

    def _state_but_of(self, name: str | None) -> State:
        """All flows and groups but those of an author, and the configuration."""
        flows = {
            key: (flow.author, flow.meaning)
            for key, flow in self.switch.tables.flows.items()
            if flow.author != name
        }
        authors = self.switch.group_authors
        groups = {
            number: group for number, group in self.switch.groups.items() if authors[number] != name
        }
        return flows, groups, self.switch.fragments


def _mirror() -> FakeSwitch:
    return FakeSwitch(DPID, (), n_tables=layout.TENANT_TABLES, is_sliver=True)


def _is_tenants(table: int) -> bool:
    return layout.FIRST_TENANT_TABLE <= table < layout.OWNER_TABLE


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
    frames = Framer().feed(mirror.take())
    return [V13.decode(frame) for frame in frames]


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
