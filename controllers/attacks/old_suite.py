"""Old suite: named attacks on a datapath that speaks only OpenFlow 1.0, and what broke FlowVisor.

Invariant: each looks at what the attacker is shown of the switch, and no further; what becomes of
the victim is for whoever runs it to look at.
"""

import random
import struct
import time
from collections.abc import Iterator
from typing import Any, Final

from ryu.lib.packet import ethernet, ipv4, packet, tcp

from controllers.attacks.attack import COOKIE, Attack, Field, Must, accepted, expect, refused
from controllers.attacks.old import PACKET_IN, OldSession, session
from controllers.attacks.packets import lldp_frame
from controllers.attacks.session import HEADER, Closed
from controllers.target import TOP, VICTIM_PORT, Request

SLICERS_COOKIES: Final = (0x51CE_1000_1000_0000, 0x51CE_5000_1000_0001, 0x51CE_2000_0000_0000)
"""Of a guard, a tenant's piece, and the flow for what nobody owns."""
NICIRA: Final = 0x2320
OWN_PORT: Final = 5001
STORM: Final = 600
SEED: Final = 10
_TCP: Final = {"dl_type": 0x0800, "nw_proto": 6}


class _Target:
    """Shorthands for what can be asked in OpenFlow 1.0."""

    def __init__(self, on: OldSession) -> None:
        self.session, self.of, self.parser = on, on.ofproto, on.ofproto_parser
        self.ports = sorted(port for port in on.ports if port < self.of.OFPP_MAX)

    def output(self, *ports: int) -> list[Any]:
        return [self.parser.OFPActionOutput(port, 0xFFFF) for port in ports]

    def everywhere(self) -> list[Any]:
        return self.output(*self.ports)

    def flow(self, match: dict[str, Any], actions: list[Any] | None = None, **more: Any) -> Request:
        about = {"cookie": COOKIE, "priority": TOP, **more}
        wanted = self.parser.OFPMatch(**match)
        return self.parser.OFPFlowMod(self.session, wanted, actions=actions or [], **about)

    def delete(self, match: dict[str, Any], **more: Any) -> Request:
        return self.flow(match, **{"command": self.of.OFPFC_DELETE, **more})

    def packet_out(self, actions: list[Any], tcp_port: int = VICTIM_PORT, **more: Any) -> Request:
        about = {"buffer_id": self.of.OFP_NO_BUFFER, "in_port": self.of.OFPP_NONE, **more}
        return self.parser.OFPPacketOut(
            self.session, actions=actions, **{"data": forged(tcp_port), **about}
        )


def forged(port: int) -> bytes:
    """A TCP packet of nobody's connection, to a port."""
    made = packet.Packet()
    made.add_protocol(ethernet.ethernet(dst="00:00:00:00:00:04", src="00:00:00:00:00:02"))
    made.add_protocol(ipv4.ipv4(src="10.0.0.2", dst="10.0.0.4", proto=6))
    made.add_protocol(tcp.tcp(src_port=6666, dst_port=port))
    made.serialize()
    return bytes(made.data)


def add_any(field: Field) -> None:
    """FlowVisor: `ADD any` of the lowest slice got extra flows in, at priorities of its choice."""
    with session(field) as on:
        to = _Target(on)
        for priority in (TOP, 0x8000, 1, 0):
            accepted(on, [to.flow({}, to.everywhere(), priority=priority)])
            shown = [(each.priority, each.match.wildcards & 0x3FFFFF) for each in on.flows()]
            expect(shown[-1:] != [] and len(shown) == 1, f"{shown}, not one flow")
            expect(shown[0][0] == priority, f"{shown}, not priority {priority}")
            time.sleep(field.dwell)
            accepted(on, [to.flow({}, priority=priority)])
            time.sleep(field.dwell)
            accepted(on, [to.delete({})])


def delete_any(field: Field) -> None:
    """FlowVisor: `DELETE any` of the lowest slice reached the switch unrestricted."""
    with session(field) as on:
        to = _Target(on)
        strict = to.of.OFPFC_DELETE_STRICT
        accepted(on, [to.flow({}, priority=1), to.delete({})])
        expect(on.flows() == [], "flows left after deleting all")
        accepted(on, [to.delete({}, priority=each, command=strict) for each in (0, 1, 9999, TOP)])
        accepted(on, [to.delete({}, out_port=port) for port in to.ports])
        time.sleep(field.dwell)


def modify_any(field: Field) -> None:
    """`MODIFY any`, which changes every flow there is, or adds one."""
    with session(field) as on:
        to = _Target(on)
        accepted(on, [to.flow({}, to.everywhere(), command=to.of.OFPFC_MODIFY)])
        expect(len(on.flows()) == 1, "not one flow")
        accepted(on, [to.flow({}, [], command=to.of.OFPFC_MODIFY)])
        time.sleep(field.dwell)


def match_the_victim(field: Field) -> None:
    """Flows for the victim's header: drop it, send it to the controller, send it elsewhere."""
    with session(field) as on:
        to = _Target(on)
        victims = ({**_TCP, "tp_dst": VICTIM_PORT}, {"dl_type": 0x0800, "nw_proto": 1})
        for match in victims:
            for actions in ([], to.output(to.of.OFPP_CONTROLLER)):
                accepted(on, [to.flow(match, actions)])
                time.sleep(field.dwell)


def rewrite_to_the_victim(field: Field) -> None:
    """Rewrite packets to the victim's header and send them everywhere."""
    with session(field) as on:
        to = _Target(on)
        rewrite = [to.parser.OFPActionSetTpDst(VICTIM_PORT), *to.everywhere()]
        names = {"OFPBAC_EPERM"}
        refused(on, [to.flow(_TCP, rewrite)], names)
        refused(on, [to.flow({}, rewrite)], names)
        refused(on, [to.packet_out(rewrite, OWN_PORT)], names)
        tags = [to.parser.OFPActionVlanVid(7), *rewrite]
        refused(on, [to.flow(_TCP, tags)], names)
        refused(on, [to.flow({}, [to.parser.OFPActionSetNwDst("10.0.0.1"), *rewrite])], names)


def forge(field: Field) -> None:
    """Packet-outs with the victim's header, from any port to any port."""
    with session(field) as on:
        to = _Target(on)
        wheres = ([port] for port in (*to.ports, to.of.OFPP_FLOOD, to.of.OFPP_ALL))
        outs = [to.packet_out(to.output(*where)) for where in wheres]
        refused(on, outs, {"OFPBAC_EPERM"})
        on.say(to.packet_out(to.everywhere(), in_port=77))
        # OpenFlow 1.0 has no BAD_PORT; Open vSwitch has one as a vendor's.
        found = [on.error_of(each) for each in on.finish()]
        expect(len(found) == 1 and found[0] is not None, f"{found}, not one error")
        in_by = to.packet_out(to.output(to.of.OFPP_TABLE), in_port=to.ports[0])
        refused(on, [in_by], {"OFPBAC_EPERM"})


def skip_the_queue(field: Field) -> None:
    """FlowVisor: a packet-out could skip the queue that it was forced into."""
    with session(field) as on:
        to = _Target(on)
        for queue in (0, 1, 0xFFFF_FFFE):
            enqueue = [to.parser.OFPActionEnqueue(to.ports[0], queue)]
            accepted(on, [to.packet_out(enqueue, OWN_PORT), to.flow({}, enqueue)])
            accepted(on, [to.delete({})])


def take_buffers(field: Field) -> None:
    """Send packets by buffer ids, which might be others'."""
    with session(field) as on:
        to = _Target(on)
        for number in (0, 1, 7, 256, 0xFFFF_FFFE):
            out = to.packet_out(to.everywhere(), buffer_id=number, data=None)
            flow = to.flow({}, to.everywhere(), buffer_id=number)
            refused(on, [out, flow], {"OFPBRC_BUFFER_UNKNOWN"})
        expect(on.flows() == [], "flows of what was refused")


def take_cookies(field: Field) -> None:
    """Add, change and delete flows with the cookies of the slicer's own."""
    with session(field) as on:
        to = _Target(on)
        for cookie in SLICERS_COOKIES:
            accepted(on, [to.flow({}, cookie=cookie)])
            expect([each.cookie for each in on.flows()] == [cookie], "another cookie")
            accepted(on, [to.delete({}, cookie=cookie)])
            expect(on.flows() == [], "flows left after a delete")


def fill_the_table(field: Field) -> None:
    """Add flow after flow until the switch is full."""
    with session(field) as on:
        to = _Target(on)
        beyond = [to.flow({}, priority=field.flows + each) for each in range(field.flows)]
        accepted(on, [to.flow({}, priority=each) for each in range(field.flows)])
        refused(on, beyond, {"OFPFMFC_ALL_TABLES_FULL"})
        expect(len(on.flows()) == field.flows, "another number of flows than the limit")


def take_ports(field: Field) -> None:
    """Take ports down, have them receive nothing, and change the switch's fragment handling."""
    with session(field) as on:
        to = _Target(on)
        bits = (to.of.OFPPC_PORT_DOWN, to.of.OFPPC_NO_RECV, to.of.OFPPC_NO_RECV_STP)
        changes = [
            to.parser.OFPPortMod(on, port, on.ports[port].hw_addr, bit, bit)
            for port in to.ports
            for bit in bits
        ]
        fragments = to.parser.OFPSetConfig(on, to.of.OFPC_FRAG_DROP, 0xFFFF)
        refused(on, [*changes, fragments], {"OFPBRC_EPERM"})
        forward = to.of.OFPPC_NO_FWD | to.of.OFPPC_NO_FLOOD | to.of.OFPPC_NO_PACKET_IN
        own = [
            to.parser.OFPPortMod(on, each, on.ports[each].hw_addr, forward, forward)
            for each in to.ports
        ]
        accepted(on, own)
        time.sleep(field.dwell)


def change_ports(field: Field) -> None:
    """Have flows that flood, each rewriting, follow a port's configuration again and again."""
    with session(field) as on:
        to = _Target(on)
        port, bit = to.ports[0], to.of.OFPPC_NO_FLOOD
        doing = [to.parser.OFPActionSetDlDst(forged(OWN_PORT)[:6]), *to.output(to.of.OFPP_FLOOD)]
        accepted(on, [to.flow({}, doing, priority=each) for each in range(field.flows)])
        address = on.ports[port].hw_addr
        accepted(
            on,
            [
                to.parser.OFPPortMod(on, port, address, config, bit)
                for config in (bit, 0) * (STORM // 10)
            ],
        )
        expect(len(on.flows()) == field.flows, "another number of flows than before")


def speak_as_a_vendor(field: Field) -> None:
    """Vendor messages and actions, which reach what no tenant has: tables, registers, roles."""
    with session(field) as on:
        to = _Target(on)
        asked = [
            HEADER.pack(1, 4, 20, 0x700 + kind) + struct.pack("!III", NICIRA, kind, 2)
            for kind in (10, 12, 13, 15, 19, 21)
        ]
        refused(on, asked, {"OFPBRC_BAD_VENDOR"})
        flows = list(_vendor_flows(to))
        refused(on, flows, {"OFPBAC_BAD_VENDOR", "OFPBAC_BAD_VENDOR_TYPE"})


def _vendor_flows(to: _Target) -> Iterator[bytes]:
    """Flows that resubmit, load a register, and note."""
    head = bytearray(to.session.encode(to.flow({})))
    actions = (
        struct.pack("!HHIHHB3x", 0xFFFF, 16, NICIRA, 1, 0xFFF8, 0),
        struct.pack("!HHIHHIQ", 0xFFFF, 24, NICIRA, 7, 31, 0x0001_0004, 2),
        struct.pack("!HHIH6s", 0xFFFF, 16, NICIRA, 8, b"a note"),
    )
    for number, action in enumerate(actions):
        frame = head + action
        struct.pack_into("!HI", frame, 2, len(frame), 0x900 + number)
        yield bytes(frame)


def flood(field: Field) -> None:
    """Flood every packet, and a storm of packet-outs besides."""
    with session(field) as on:
        to = _Target(on)
        everywhere = to.output(to.of.OFPP_FLOOD)
        accepted(on, [to.flow({}, everywhere)])
        accepted(on, [to.packet_out(everywhere, OWN_PORT) for _ in range(STORM // 4)])
        time.sleep(field.dwell)


def storm(field: Field) -> None:
    """Packet-ins without end: every packet goes to the controller, and it sends itself more."""
    with session(field) as on:
        to = _Target(on)
        accepted(on, [to.flow({}, to.output(to.of.OFPP_CONTROLLER))])
        table = to.output(to.of.OFPP_TABLE)
        one = on.encode(to.packet_out(table, OWN_PORT, in_port=to.ports[0]))
        heard = 0
        for _ in range(STORM // 100):
            on.say(*[one] * 100)
            heard += sum(frame.kind == PACKET_IN for frame in on.finish())
        expect(heard < STORM, f"{heard} packet-ins of {STORM}, expected the limit to hold")


def forge_links(field: Field) -> None:
    """LLDP that names other switches, with and without a seal that looks like the slicer's."""
    with session(field) as on:
        to = _Target(on)
        for ending in (b"", b"\xff" * 32, bytes(64)):
            data = lldp_frame(7, 1) + ending
            accepted(on, [to.packet_out(to.output(port), data=data) for port in to.ports])
            everywhere = to.output(to.of.OFPP_FLOOD)
            accepted(on, [to.packet_out(everywhere, data=data)])
        time.sleep(field.dwell)


def garble(field: Field) -> None:
    """Garbage after a good header, of each type that has a body."""
    chance = random.Random(SEED)
    with session(field) as on:
        for number in range(300):
            kind = chance.choice((4, 9, 13, 14, 15, 16, 20))
            body = chance.randbytes(chance.randrange(8, 200))
            on.say(HEADER.pack(1, kind, 8 + len(body), 0x10_0000 + number) + body)
            if number % 50 == 49:
                on.finish()


def lose_the_framing(field: Field) -> None:
    """A header whose length can't be right."""
    with session(field) as on:
        on.say(HEADER.pack(1, 2, 7, 1))
        on.until_closed()
    with session(field) as again:
        try:
            again.finish()
        except Closed:
            expect(False, "another connection closed too")


_FLOWS: Final = "the attacker's own flow statistics; the victim's flows stay as they are"
_PACKETS: Final = "every host's packets, and the victim's pings"
OLD_SUITE: Final[tuple[Attack, ...]] = (
    Attack("FlowVisor: add any", Must.CONFINE, _FLOWS, add_any),
    Attack("FlowVisor: delete any", Must.CONFINE, _FLOWS, delete_any),
    Attack("modify any", Must.CONFINE, _FLOWS, modify_any),
    Attack("match the victim's header", Must.CONFINE, _PACKETS, match_the_victim),
    Attack("rewrite to the victim's header", Must.REFUSE, "EPERM", rewrite_to_the_victim),
    Attack("forge the victim's packets", Must.REFUSE, "EPERM", forge),
    Attack("FlowVisor: skip the queue", Must.CONFINE, _PACKETS, skip_the_queue),
    Attack("take others' buffers", Must.REFUSE, "BUFFER_UNKNOWN", take_buffers),
    Attack("take others' cookies", Must.CONFINE, _FLOWS, take_cookies),
    Attack("fill the table", Must.LIMIT, "ALL_TABLES_FULL beyond the limit", fill_the_table),
    Attack("take ports", Must.REFUSE, "EPERM, and the victim's pings", take_ports),
    Attack("port-mod storm", Must.CONFINE, _PACKETS, change_ports),
    Attack("speak as a vendor", Must.REFUSE, "BAD_VENDOR", speak_as_a_vendor),
    Attack("flood storm", Must.CONFINE, _PACKETS, flood),
    Attack("packet-in storm", Must.LIMIT, "packet-ins within the limit", storm),
    Attack("forge LLDP", Must.CONFINE, "the victim's controller hears of no link", forge_links),
    Attack("garbage after a good header", Must.REFUSE, "the connection stands after it", garble),
    Attack("lose the framing", Must.CLOSE, "the end of that connection alone", lose_the_framing),
)
