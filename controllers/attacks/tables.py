"""Tables: attacks by flows, groups and meters, and those that broke FlowVisor.

Invariant: each looks at what the attacker is shown of the switch, and no further; what the victim
has there is read by the victim itself.
"""

import random
import time
from typing import Any, Final

from controllers.attacks.attack import COOKIE, Attack, Field, Must, accepted, expect, refused
from controllers.attacks.session import Session
from controllers.target import TOP, VICTIM_PORT, Target

SLICERS_COOKIES: Final = (0x51CE_0100_0001_0000, 0x51CE_0500_0001_0000, 0x51CE_0700_0001_0001)
"""Of its flows in admit, owner and emit."""
SLICERS_METERS: Final = (0x1_0000, 0x3_0001, 0x3_8000)
SEED: Final = 5
ROUNDS: Final = 60


def _flows(session: Session) -> list[Any]:
    """The flows that the tenant is shown."""
    of, parser = session.ofproto, session.ofproto_parser
    session.say(
        parser.OFPFlowStatsRequest(
            session, 0, of.OFPTT_ALL, of.OFPP_ANY, of.OFPG_ANY, 0, 0, parser.OFPMatch()
        )
    )
    parts = [session.parse(frame) for frame in session.finish()]
    return [
        flow for part in parts if isinstance(part, parser.OFPFlowStatsReply) for flow in part.body
    ]


def take_cookies(field: Field) -> None:
    """Add, change and delete flows by the cookies of others: the slicer's, and any."""
    with field.sessions() as sessions:
        for session in sessions:
            on = Target(session, COOKIE)
            for cookie in SLICERS_COOKIES:
                accepted(session, [on.flow({}, cookie=cookie)])
                expect([each.cookie for each in _flows(session)] == [cookie], "another cookie")
                drop = {"command": session.ofproto.OFPFC_MODIFY, "table_id": 0}
                masked = {"cookie": cookie, "cookie_mask": 0xFFFF_0000_0000_0000}
                accepted(session, [on.flow({}, **masked, **drop), on.delete({}, **masked)])
                expect(_flows(session) == [], "flows left after a delete by cookie")
        time.sleep(field.dwell)


def add_any(field: Field) -> None:
    """FlowVisor: `ADD any` got extra flows in, with priorities of the slice's own choice."""
    with field.sessions() as sessions:
        for session in sessions:
            on = Target(session, COOKIE)
            accepted(session, [on.flow({}, on.apply(on.output(*on.ports)), priority=TOP)])
            shown = [(each.priority, each.table_id, each.match.items()) for each in _flows(session)]
            expect(shown == [(TOP, 0, [])], f"{shown}, not one flow as it was written")
        time.sleep(field.dwell)


def delete_any(field: Field) -> None:
    """FlowVisor: `DELETE any` reached the switch unrestricted."""
    with field.sessions() as sessions:
        for session in sessions:
            on = Target(session, COOKIE)
            accepted(session, [on.flow({}, priority=1), on.delete({}), on.delete({}, table_id=0)])
            expect(_flows(session) == [], "flows left after deleting all")
        time.sleep(field.dwell)


def drift_the_count(field: Field) -> None:
    """FlowVisor: counters of flows drifted, and a slice had more or fewer than its limit."""
    chance = random.Random(SEED)
    with field.session() as session:
        on = Target(session, COOKIE)
        for _ in range(ROUNDS):
            priority, port = chance.randrange(20), chance.randrange(1, 4)
            of = session.ofproto
            accepted(
                session,
                [
                    on.flow({}, on.apply(on.output(port)), priority=priority),
                    on.flow({}, priority=priority, command=of.OFPFC_MODIFY, table_id=0),
                    on.delete({}, priority=priority, command=of.OFPFC_DELETE_STRICT, table_id=0)
                    if chance.random() < 0.5
                    else on.delete({}, out_port=port),
                ],
            )
        room = field.flows - len(_flows(session))
        accepted(session, [on.flow({}, priority=100 + each) for each in range(room)])
        refused(session, [on.flow({}, priority=TOP)], {"OFPFMFC_TABLE_FULL"})
        expect(len(_flows(session)) == field.flows, "another number of flows than the limit")


def fill_the_tables(field: Field) -> None:
    """Add flow after flow until the switch is full."""
    with field.sessions() as sessions:
        for session in sessions:
            on = Target(session, COOKIE)
            session.say(*(on.flow({}, priority=each) for each in range(2 * field.flows)))
            heard = session.finish()
            errors = list(filter(None, map(session.error_of, heard)))
            full = ["OFPFMFC_TABLE_FULL"] * field.flows
            expect(errors == full, f"{len(errors)} errors, expected {len(full)}: TABLE_FULL")


def use_metadata(field: Field) -> None:
    """Write and match metadata, all bits of it, as if others had theirs there."""
    with field.sessions() as sessions:
        for session in sessions:
            on, parser = Target(session, COOKIE), session.ofproto_parser
            everything = 0xFFFF_FFFF_FFFF_FFFF
            write = parser.OFPInstructionWriteMetadata(everything, everything)
            goto = parser.OFPInstructionGotoTable(1)
            flood = on.apply(on.output(session.ofproto.OFPP_FLOOD))
            accepted(
                session,
                [
                    on.flow({}, write, goto),
                    *(on.flow({"metadata": each}, flood, table_id=1) for each in (1, everything)),
                ],
            )
        time.sleep(field.dwell)


def take_meters(field: Field) -> None:
    """Use and change meters that are the slicer's, and those of the switch's own slow path."""
    with field.sessions() as sessions:
        for session in sessions:
            on, of, parser = Target(session, COOKIE), session.ofproto, session.ofproto_parser
            drop = [parser.OFPMeterBandDrop(1, 1)]
            for meter in SLICERS_METERS:
                flow = on.flow({}, parser.OFPInstructionMeter(meter))
                refused(session, [flow], {"OFPMMFC_UNKNOWN_METER", "OFPMMFC_INVALID_METER"})
                change = parser.OFPMeterMod(session, of.OFPMC_MODIFY, of.OFPMF_KBPS, meter, drop)
                refused(session, [change], {"OFPMMFC_UNKNOWN_METER", "OFPMMFC_INVALID_METER"})
            for meter in (of.OFPM_SLOWPATH, of.OFPM_CONTROLLER):
                take = parser.OFPMeterMod(session, of.OFPMC_ADD, of.OFPMF_KBPS, meter, drop)
                refused(session, [take], {"OFPMMFC_INVALID_METER"})
            everything = parser.OFPMeterMod(session, of.OFPMC_DELETE, 0, of.OFPM_ALL, [])
            accepted(session, [everything])


def play_with_tags(field: Field) -> None:
    """Push, set and pop VLAN tags around a header of the victim's."""
    with field.sessions() as sessions:
        for session in sessions:
            on, parser = Target(session, COOKIE), session.ofproto_parser
            push = [parser.OFPActionPushVlan(0x8100)]
            tag = on.rewrite(vlan_vid=0x1000 | 7)
            pop = [parser.OFPActionPopVlan()]
            victims = on.rewrite(tcp_dst=VICTIM_PORT)
            out = on.output(*on.ports)
            of_tcp = {"eth_type": 0x0800, "ip_proto": 6}
            games = (
                push + out + pop + victims + out,
                victims + push + tag + out + pop + out,
                push + tag + push + tag + out + pop + pop + victims + out,
                [*pop, *out],
            )
            for priority, actions in enumerate(games, 10):
                match = {**of_tcp, "vlan_vid": (0x1000, 0x1000)} if actions[0] is pop[0] else of_tcp
                accepted(session, [on.flow(match, on.apply(actions), priority=priority)])
        time.sleep(field.dwell)


_FLOWS: Final = "the attacker's own flow statistics; the victim's flows stay as they are"
_PACKETS: Final = "every host's packets; the counter of outputs that are not the slice's"
ATTACKS: Final = (
    Attack("take others' cookies", Must.CONFINE, _FLOWS, take_cookies),
    Attack("FlowVisor: add any", Must.CONFINE, _FLOWS, add_any),
    Attack("FlowVisor: delete any", Must.CONFINE, _FLOWS, delete_any),
    Attack("FlowVisor: drift of the count", Must.LIMIT, "TABLE_FULL at the limit", drift_the_count),
    Attack("fill the tables", Must.LIMIT, "TABLE_FULL beyond the limit", fill_the_tables),
    Attack("use all metadata", Must.CONFINE, _PACKETS, use_metadata),
    Attack("take the slicer's meters", Must.REFUSE, "METER_MOD_FAILED", take_meters),
    Attack("play with VLAN tags", Must.CONFINE, _PACKETS, play_with_tags),
)
