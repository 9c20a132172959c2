"""Attempts: what a hostile tenant tries, one row each, against the owner of TCP port 9999.

Each row makes the messages for one datapath and says what answer is due. Sending them and noting
the answers is `hostile.py`'s. To add an attempt, add a row to ATTEMPTS.

Invariant: an attempt's messages are Ryu's, of OpenFlow 1.3, or bytes with a header whose length is
right; so what is refused is their meaning and never their framing.
"""

import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Final

from controllers.target import TOP, VICTIM_PORT, Request, Target

BEYOND: Final = range(251, 255)
"""Tables that a switch of 254 tables has and a tenant has not."""
NO_SUCH_PORT: Final = 4000
DELETE_EVERYTHING: Final = "delete every flow"
"""After this attempt the tenant has no flows."""
OWN_GROUP: Final = 7
_TO_VICTIM: Final = {"eth_type": 0x0800, "ip_proto": 6, "tcp_dst": VICTIM_PORT}
_FROM_VICTIM: Final = {"eth_type": 0x0800, "ip_proto": 6, "tcp_src": VICTIM_PORT}
_ANY_TCP: Final = {"eth_type": 0x0800, "ip_proto": 6}


class Due(Enum):
    """The answer that is due."""

    ERROR = "error"
    """Every message is refused with an OpenFlow error of its own xid."""
    NONE = "none"
    """The tenant may do that, with what is its own: no error."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row: `messages(target)` are sent to each datapath, in this order."""

    name: str
    due: Due
    messages: Callable[[Target], Iterable[Request]]
    needs_packets: bool = False
    """The attempt shows something only once its flows have matched packets."""


# ---- flows ----


def delete_everything(on: Target) -> Iterable[Request]:
    """What FlowVisor's tenants did to each other: OFPTT_ALL and an empty match."""
    yield on.delete({})


def delete_by_output(on: Target) -> Iterable[Request]:
    """Delete whatever has an output to a port, or is any port's."""
    for port in on.ports:
        yield on.delete({}, out_port=port)


def delete_the_victims(on: Target) -> Iterable[Request]:
    """Delete the flows of TCP port 9999 as the policy names them, strictly and loosely."""
    for match, priority in product((_TO_VICTIM, _FROM_VICTIM), (1, 100)):
        strict = {"command": on.of.OFPFC_DELETE_STRICT, "table_id": 0, "priority": priority}
        yield on.delete(match, **strict)
        yield on.delete(match)


def take_every_priority(on: Target) -> Iterable[Request]:
    """Have every packet dropped, whatever other flows say."""
    for priority, table in product((0, 1, 100, TOP), (0, 1, 250)):
        yield on.flow({}, priority=priority, table_id=table)


def take_the_victims_packets(on: Target) -> Iterable[Request]:
    """Have the victim's packets sent here."""
    for match, table in product((_TO_VICTIM, _FROM_VICTIM), (0, 1)):
        yield on.flow(match, on.apply(on.output(on.of.OFPP_CONTROLLER)), table_id=table)


def drop_the_victims_packets(on: Target) -> Iterable[Request]:
    """Have them dropped, table by table."""
    for match, table in product((_TO_VICTIM, _FROM_VICTIM), (0, 1, 250)):
        yield on.flow(match, table_id=table)


def modify_every_flow(on: Target) -> Iterable[Request]:
    """Turn all flows there are into drops."""
    yield on.flow({}, command=on.of.OFPFC_MODIFY, table_id=0)


def take_every_packet(on: Target) -> Iterable[Request]:
    """Have every packet sent here."""
    yield on.flow({}, on.apply(on.output(on.of.OFPP_CONTROLLER)))


# ---- rewriting one's own packets into the victim's ----


def rewrite_into_the_victims(on: Target) -> Iterable[Request]:
    """Make own packets the victim's, and send them everywhere."""
    actions = on.rewrite(tcp_dst=VICTIM_PORT) + on.output(*on.ports)
    yield on.flow(_ANY_TCP, on.apply(actions))


def rewrite_in_the_action_set(on: Target) -> Iterable[Request]:
    """Likewise by write-actions, whose output comes last, once for each port in turn."""
    for port in on.ports:
        actions = on.rewrite(tcp_dst=VICTIM_PORT) + on.output(port)
        yield on.flow({**_ANY_TCP, "in_port": port % len(on.ports) + 1}, on.write(actions))


def rewrite_over_tables(on: Target) -> Iterable[Request]:
    """Rewrite in the first table, output in the last."""
    goto = on.parser.OFPInstructionGotoTable
    yield on.flow(_ANY_TCP, on.apply(on.rewrite(tcp_dst=VICTIM_PORT)), goto(250))
    yield on.flow(_ANY_TCP, on.apply(on.output(*on.ports)), table_id=250)


def rewrite_and_flood(on: Target) -> Iterable[Request]:
    """Likewise with the outputs that stand for many ports, and the way back."""
    many = (on.of.OFPP_FLOOD, on.of.OFPP_ALL, on.of.OFPP_IN_PORT)
    yield on.flow(_ANY_TCP, on.apply(on.rewrite(tcp_dst=VICTIM_PORT) + on.output(*many)))


def rewrite_in_a_group(on: Target) -> Iterable[Request]:
    """Likewise by a group, with a bucket for each port."""
    yield on.group(OWN_GROUP, *(on.rewrite(tcp_dst=VICTIM_PORT) + on.output(p) for p in on.ports))
    yield on.flow(_ANY_TCP, on.apply([on.parser.OFPActionGroup(OWN_GROUP)]))


def push_a_tag(on: Target) -> Iterable[Request]:
    """Hide a packet behind a VLAN tag."""
    push = on.parser.OFPActionPushVlan(0x8100)
    actions = [*on.rewrite(tcp_dst=VICTIM_PORT), push, *on.output(*on.ports)]
    yield on.flow(_ANY_TCP, on.apply(actions))


# ---- outputs ----


def flood(on: Target) -> Iterable[Request]:
    """Send each packet out by every port, for a second."""
    yield on.flow({}, on.apply(on.output(on.of.OFPP_FLOOD)), hard_timeout=1)


def output_to_no_port_of_its_own(on: Target) -> Iterable[Request]:
    """Send packets out by ports that the tenant has not."""
    outputs = on.output(NO_SUCH_PORT, *(port + 100 for port in on.ports))
    yield on.flow({}, on.apply(outputs))


def output_to_odd_ports(on: Target) -> Iterable[Request]:
    """Hand packets to the switch's own stack or pipeline."""
    for port in (on.of.OFPP_NORMAL, on.of.OFPP_TABLE, on.of.OFPP_ANY):
        yield on.flow({}, on.apply(on.output(port)))


# ---- packet-outs ----


def forge_packets(on: Target) -> Iterable[Request]:
    """Send packets that bear the victim's header."""
    for port in on.ports:
        yield on.packet_out(on.output(port))


def forge_by_rewriting(on: Target) -> Iterable[Request]:
    """Send own packets, and have the switch write the victim's header."""
    for port in on.ports:
        yield on.packet_out(on.rewrite(tcp_dst=VICTIM_PORT) + on.output(port), tcp_port=5001)


def forge_into_the_tables(on: Target) -> Iterable[Request]:
    """Send the victim's packets through the tables, as if they had just come in."""
    yield on.flow({}, on.apply(on.output(*on.ports)))
    yield on.packet_out(on.output(on.of.OFPP_TABLE), in_port=on.ports[0])


def forge_the_ingress(on: Target) -> Iterable[Request]:
    """Claim that a packet came in by a port that the tenant has not."""
    yield on.packet_out(on.output(on.ports[0]), in_port=NO_SUCH_PORT, tcp_port=5001)


# ---- the pipeline around the tenant's tables ----


def goto_tables_beyond(on: Target) -> Iterable[Request]:
    """Go on in a table that only the slicer has."""
    for table in BEYOND:
        yield on.flow({}, on.parser.OFPInstructionGotoTable(table))


def write_tables_beyond(on: Target) -> Iterable[Request]:
    """Write flows there."""
    for table in BEYOND:
        yield on.flow({}, table_id=table)


def write_registers(on: Target) -> Iterable[Request]:
    """Set the registers that hold the slice's tag, in each way there is."""
    output = on.output(*on.ports)
    load = on.parser.NXActionRegLoad(ofs_nbits=31, dst="reg0", value=1)
    yield on.flow({}, on.apply([*on.rewrite(reg0=1), *output]))
    yield on.flow({}, on.apply([load, *output]))


def match_registers(on: Target) -> Iterable[Request]:
    """Match on another slice's tag."""
    for tag in range(1, 4):
        yield on.flow({"reg0": tag})
        yield on.delete({"reg0": tag})


def resubmit(on: Target) -> Iterable[Request]:
    """Go to the slicer's tables by Open vSwitch's own action."""
    for table in (0, *BEYOND):
        action = on.parser.NXActionResubmitTable(on.of.OFPP_IN_PORT & 0xFFFF, table)
        yield on.flow({}, on.apply([action]))


def _guessed_groups(on: Target) -> Iterable[int]:
    """Numbers that the slicer's own groups may have."""
    return (0x8000_0000 | tag << 16 | port for tag, port in product(range(1, 3), on.ports))


def use_the_slicers_groups(on: Target) -> Iterable[Request]:
    """Send packets to groups that the tenant did not make."""
    for number in _guessed_groups(on):
        yield on.flow({}, on.apply([on.parser.OFPActionGroup(number)]))


def change_the_slicers_groups(on: Target) -> Iterable[Request]:
    """Turn them into drops."""
    for number in _guessed_groups(on):
        yield on.group(number, command=on.of.OFPGC_MODIFY)


def delete_every_group(on: Target) -> Iterable[Request]:
    """Delete all groups there are."""
    yield on.group(on.of.OFPG_ALL, command=on.of.OFPGC_DELETE)


# ---- the switch itself ----


def take_ports_down(on: Target) -> Iterable[Request]:
    """Switch off the ports that the tenant shares with others."""
    for number in on.ports:
        yield on.port(number, config=on.of.OFPPC_PORT_DOWN)


def take_the_switch(on: Target) -> Iterable[Request]:
    """Claim to be the only controller."""
    generation = time.monotonic_ns()  # later than any earlier attempt's
    yield on.parser.OFPRoleRequest(on.datapath, on.of.OFPCR_ROLE_MASTER, generation)


def change_fragment_handling(on: Target) -> Iterable[Request]:
    """Have fragments dropped, everybody's."""
    yield on.parser.OFPSetConfig(on.datapath, on.of.OFPC_FRAG_DROP, 128)


def send_experimenter_messages(on: Target) -> Iterable[Request]:
    """Use Nicira's extensions, through which FlowVisor let anything pass."""
    for subtype in (10, 12, 24):
        yield on.parser.OFPExperimenter(on.datapath, 0x2320, subtype, bytes(8))


def send_malformed_messages(on: Target) -> Iterable[Request]:
    """A flow-mod that ends in its middle, and a type that does not exist."""
    version = on.of.OFP_VERSION
    yield struct.pack("!BBHI", version, on.of.OFPT_FLOW_MOD, 16, 0xBAD1) + bytes(8)
    yield struct.pack("!BBHI", version, 99, 8, 0xBAD2)


ATTEMPTS: Final = (
    Attempt("have port 9999 sent to it", Due.NONE, take_the_victims_packets),
    Attempt(DELETE_EVERYTHING, Due.NONE, delete_everything),
    Attempt("delete flows by output port", Due.NONE, delete_by_output),
    Attempt("delete the flows of port 9999", Due.NONE, delete_the_victims),
    Attempt("modify all flows into drops", Due.NONE, modify_every_flow),
    Attempt("drop all, at every priority", Due.NONE, take_every_priority, True),
    Attempt("have every packet sent to it", Due.NONE, take_every_packet, True),
    Attempt("have port 9999 dropped", Due.NONE, drop_the_victims_packets),
    Attempt("rewrite to port 9999", Due.NONE, rewrite_into_the_victims, True),
    Attempt("rewrite by the action set", Due.NONE, rewrite_in_the_action_set, True),
    Attempt("rewrite over two tables", Due.NONE, rewrite_over_tables, True),
    Attempt("rewrite in a group's buckets", Due.NONE, rewrite_in_a_group, True),
    Attempt("rewrite and flood", Due.NONE, rewrite_and_flood, True),
    Attempt("rewrite behind a VLAN tag", Due.NONE, push_a_tag, True),
    Attempt("flood every packet", Due.NONE, flood, True),
    Attempt("output to ports it has not", Due.NONE, output_to_no_port_of_its_own, True),
    Attempt("output to NORMAL, TABLE, ANY", Due.ERROR, output_to_odd_ports),
    Attempt("packet-out to port 9999", Due.ERROR, forge_packets),
    Attempt("packet-out rewritten to 9999", Due.NONE, forge_by_rewriting),
    Attempt("packet-out to its own tables", Due.NONE, forge_into_the_tables, True),
    Attempt("packet-out from another port", Due.ERROR, forge_the_ingress),
    Attempt("go to tables 251 to 254", Due.ERROR, goto_tables_beyond),
    Attempt("write to tables 251 to 254", Due.ERROR, write_tables_beyond),
    Attempt("set the slicer's registers", Due.ERROR, write_registers),
    Attempt("match the slicer's registers", Due.ERROR, match_registers),
    Attempt("resubmit to slicer's tables", Due.ERROR, resubmit),
    Attempt("use the slicer's groups", Due.ERROR, use_the_slicers_groups),
    Attempt("change the slicer's groups", Due.ERROR, change_the_slicers_groups),
    Attempt("delete every group", Due.NONE, delete_every_group),
    Attempt("take ports down", Due.NONE, take_ports_down),
    Attempt("become master, by its role", Due.NONE, take_the_switch),
    Attempt("have fragments dropped", Due.ERROR, change_fragment_handling),
    Attempt("send Nicira's own messages", Due.ERROR, send_experimenter_messages),
    Attempt("send malformed messages", Due.ERROR, send_malformed_messages),
)
