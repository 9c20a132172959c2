"""Watching: attacks by one who reaches the victim's own slivers, but by its watchers' ports.

Invariant: nothing here is the attacker's own, so nothing is cleared up.
"""

from typing import Final

from controllers.attacks.attack import COOKIE, Attack, Field, Must, accepted, expect, refused
from controllers.attacks.session import Session
from controllers.target import Request, Target

CONTROL: Final = (0x4F4E_4600, 2300)
"""The ONF's bundle control (EXT-230): experimenter and type."""
FAR: Final = 1 << 62
"""A generation id that would fence every master for long, if it were kept."""


def write_as_a_watcher(field: Field) -> None:
    """Change the victim's flows, groups, meters and ports where one may only look; be master."""
    for port in field.watching:
        with Session.ready(field.host, port) as session:
            of, parser = session.ofproto, session.ofproto_parser
            expect(bool(session.ports), "a watcher without ports")
            refused(session, _changes(session) + _changes(session), {"OFPBRC_IS_SLAVE"})
            frags = parser.OFPSetConfig(session, of.OFPC_FRAG_DROP, 0)
            refused(session, [frags], {"OFPSCFC_BAD_FLAGS"})
            role = parser.OFPRoleRequest
            refused(session, [role(session, of.OFPCR_ROLE_MASTER, FAR)], {"OFPRRFC_UNSUP"})
            accepted(session, [role(session, of.OFPCR_ROLE_SLAVE, FAR)])
            refused(session, _changes(session), {"OFPBRC_IS_SLAVE"})


def _changes(session: Session) -> list[Request]:
    target = Target(session, COOKIE)
    of, parser = session.ofproto, session.ofproto_parser
    first, *_ = target.ports
    everything = target.apply(target.output(of.OFPP_ALL))
    return [
        target.delete({}),
        target.flow({}, everything),
        target.group(of.OFPG_ALL, command=of.OFPGC_DELETE),
        target.group(7, target.output(first)),
        parser.OFPMeterMod(session, of.OFPMC_DELETE, of.OFPMF_KBPS, of.OFPM_ALL, []),
        target.port(first, of.OFPPC_PORT_DOWN),
        parser.OFPTableMod(session, of.OFPTT_ALL, 0),
        target.packet_out(target.output(of.OFPP_FLOOD)),
        parser.OFPExperimenter(session, *CONTROL, bytes(8)),
    ]


ATTACKS: Final = (
    Attack(
        "write through a watcher's port",
        Must.REFUSE,
        "IS_SLAVE, BAD_FLAGS, UNSUP",
        write_as_a_watcher,
    ),
)
