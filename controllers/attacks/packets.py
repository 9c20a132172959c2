"""Packets: attacks by packet-outs, floods, storms and forged topology.

Invariant: every packet that is forged here is for the victim's header, or LLDP.
"""

import time
from typing import Final

from ryu.lib.packet import lldp

from controllers.attacks.attack import (
    COOKIE,
    Attack,
    Field,
    Must,
    accepted,
    expect,
    refused,
)
from controllers.attacks.session import Session
from controllers.target import VICTIM_PORT, Request, Target

STORM: Final = 600
"""Packet-outs in a storm, for each sliver."""
OWN_PORT: Final = 5001
CHAIN: Final = 5


def _rewriting(on: Target) -> list[Request]:
    """Rewrite to the victim's header, and output everywhere."""
    return on.rewrite(tcp_dst=VICTIM_PORT) + on.output(*on.ports)


def chain(field: Field) -> None:
    """Packet-outs through tables and a group, each of which rewrites a little."""
    with field.sessions() as sessions:
        for session in sessions:
            on, parser, of = Target(session, COOKIE), session.ofproto_parser, session.ofproto
            group = parser.OFPActionGroup(CHAIN)
            goto = parser.OFPInstructionGotoTable(250)
            accepted(
                session,
                [
                    on.group(CHAIN, _rewriting(on)),
                    on.flow({}, on.apply(on.rewrite(eth_src="00:00:00:00:00:02")), goto),
                    on.flow({}, on.write([group]), table_id=250),
                    *(
                        on.packet_out(actions, in_port=on.ports[0], tcp_port=OWN_PORT)
                        for actions in (on.output(of.OFPP_TABLE), [group], _rewriting(on))
                        for _ in range(20)
                    ),
                ],
            )
        time.sleep(field.dwell)


def flood(field: Field) -> None:
    """Flood every packet, and a storm of packet-outs besides."""
    with field.sessions() as sessions:
        for session in sessions:
            on = Target(session, COOKIE)
            of = session.ofproto
            accepted(session, [on.flow({}, on.apply(on.output(of.OFPP_FLOOD)))])
            everywhere = on.output(of.OFPP_FLOOD)
            outs = [on.packet_out(everywhere, tcp_port=OWN_PORT) for _ in range(STORM // 4)]
            accepted(session, outs)
        time.sleep(field.dwell)


def skip_the_queue(field: Field) -> None:
    """FlowVisor: a packet-out could skip the queue that it was forced into."""
    with field.sessions() as sessions:
        for session in sessions:
            on, parser = Target(session, COOKIE), session.ofproto_parser
            for queue in (0, 1, 0xFFFF_FFFE):
                actions = [parser.OFPActionSetQueue(queue), *on.output(*on.ports)]
                accepted(session, [on.packet_out(actions, tcp_port=OWN_PORT)] * 50)


def storm(field: Field) -> None:
    """Packet-ins without end: every packet goes to the controller, and it sends itself more."""
    with field.sessions() as sessions:
        for session in sessions:
            on, of = Target(session, COOKIE), session.ofproto
            accepted(session, [on.flow({}, on.apply(on.output(of.OFPP_CONTROLLER)))])
        for session in sessions:
            _send_itself(session)


def _send_itself(session: Session) -> None:
    on = Target(session, COOKIE)
    table = on.output(session.ofproto.OFPP_TABLE)
    one = session.encode(on.packet_out(table, in_port=on.ports[0], tcp_port=OWN_PORT))
    heard = 0
    for _ in range(STORM // 100):
        session.say(*[one] * 100)
        heard += len(session.finish())
    expect(heard < STORM, f"{heard} packet-ins of {STORM}, expected the limit to hold")


def forge_links(field: Field) -> None:
    """LLDP that names other switches, with and without a seal that looks like the slicer's."""
    with field.sessions() as sessions:
        for session in sessions:
            on = Target(session, COOKIE)
            for dpid in range(1, 5):
                for ending in (b"", b"\xff" * 32, bytes(64)):
                    data = lldp_frame(dpid, 1) + ending
                    accepted(session, [_lldp_out(on, data, port) for port in on.ports])
        time.sleep(field.dwell)
        refused(sessions[0], [_victims(sessions[0])], {"OFPBAC_EPERM"})


def _victims(session: Session) -> Request:
    on = Target(session, COOKIE)
    return on.packet_out(on.output(on.ports[0]))


def _lldp_out(on: Target, data: bytes, port: int) -> Request:
    of = on.of
    return on.parser.OFPPacketOut(
        on.datapath,
        buffer_id=of.OFP_NO_BUFFER,
        in_port=of.OFPP_CONTROLLER,
        actions=on.output(port),
        data=data,
    )


def lldp_frame(dpid: int, port: int) -> bytes:
    """LLDP as controllers send it to find links: it names a switch and a port."""
    chassis = lldp.ChassisID(
        subtype=lldp.ChassisID.SUB_LOCALLY_ASSIGNED, chassis_id=f"dpid:{dpid:016x}".encode()
    )
    place = lldp.PortID(subtype=lldp.PortID.SUB_PORT_COMPONENT, port_id=port.to_bytes(4, "big"))
    body = lldp.lldp([chassis, place, lldp.TTL(ttl=120), lldp.End()])
    header = bytes.fromhex("0180c200000e") + bytes.fromhex("020000000001") + b"\x88\xcc"
    return header + bytes(body.serialize(None, None))


_PACKETS: Final = "every host's packets, and the victim's pings"
ATTACKS: Final = (
    Attack("rewrite in packet-out chains", Must.CONFINE, _PACKETS, chain),
    Attack("flood storm", Must.CONFINE, _PACKETS, flood),
    Attack("FlowVisor: skip the queue", Must.CONFINE, _PACKETS, skip_the_queue),
    Attack("packet-in storm", Must.LIMIT, "packet-ins within the limit", storm),
    Attack("forge LLDP", Must.CONFINE, "the victim's controller hears of no link", forge_links),
)
