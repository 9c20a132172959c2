"""Messages: attacks by roles, xids, errors, multipart messages and bytes that make no sense.

Invariant: what is said has a right OpenFlow 1.3 header up to where the attack's own docstring says
that it hasn't.
"""

import random
import struct
import time
from typing import Final

from controllers.attacks.attack import COOKIE, Attack, Field, Must, accepted, expect, refused
from controllers.attacks.session import HEADER, HELLO, Closed, Session
from controllers.target import Target

SEED: Final = 6
COLLISIONS: Final = 300
XIDS: Final = (0, 1, 0xFFFF_FFFF)
OFPT_ERROR, OFPT_ECHO_REQUEST, OFPT_BARRIER, OFPT_MULTIPART = 1, 2, 20, 18
GARBLED: Final = (13, 14, 15, 16, 17, 18, 28, 29)
"""Types with a body to garble: packet-out to port-mod, statistics, set-async, meter-mod."""
MULTIPARTS: Final = (*range(14), 0xFFFF)


def claim_roles(field: Field) -> None:
    """Be master, take it from another connection, come with stale generations, act as a slave."""
    with field.session() as one, field.session() as two:
        of, parser = one.ofproto, one.ofproto_parser

        def ask(session: Session, role: int, generation: int) -> object:
            return parser.OFPRoleRequest(session, role, generation)

        now = time.monotonic_ns()  # later than any earlier attack's
        accepted(one, [ask(one, of.OFPCR_ROLE_MASTER, now)])
        accepted(two, [ask(two, of.OFPCR_ROLE_MASTER, now + 1)])
        stale = [ask(one, of.OFPCR_ROLE_MASTER, now), ask(one, of.OFPCR_ROLE_SLAVE, now - 5)]
        refused(one, stale, {"OFPRRFC_STALE"})
        refused(one, [Target(one, COOKIE).flow({})], {"OFPBRC_IS_SLAVE"})
        refused(one, [ask(one, 9, now + 2)], {"OFPRRFC_BAD_ROLE"})
        for session in (one, two):
            accepted(session, [ask(session, of.OFPCR_ROLE_EQUAL, 0)])


def collide(field: Field) -> None:
    """Ask everything under the same few xids, so that answers might meet another's."""
    with field.session() as session:
        for xid in XIDS:
            request = struct.pack("!HHI", 0, 0, 0)  # OFPMP_DESC
            for _ in range(COLLISIONS):
                session.say(HEADER.pack(4, OFPT_MULTIPART, 16, xid) + request)
            answers = session.finish()
            same = sum(frame.kind == 19 and frame.xid == xid for frame in answers)
            expect(same == COLLISIONS, f"{same} answers under xid {xid:#x}, not {COLLISIONS}")
            expect(len(answers) == COLLISIONS, f"{len(answers)} messages, not {COLLISIONS}")


def quote_into_others(field: Field) -> None:
    """Send errors and replies that quote xids of others, so that they might be passed on."""
    with field.session() as session:
        errors = [
            HEADER.pack(4, OFPT_ERROR, 20, xid) + struct.pack("!HH", 1, 1) + bytes(8)
            for xid in range(200)
        ]
        expect(accepted(session, errors) == [], "answers to errors")
        replies = [HEADER.pack(4, kind, 8, kind) for kind in (6, 8, 19, 21, 25)]
        refused(session, replies, {"OFPBRC_BAD_TYPE", "OFPBRC_BAD_LEN", "OFPBRC_BAD_MULTIPART"})


def never_finish(field: Field) -> None:
    """Ask for statistics in parts and say each time that more follows, so that buffers grow."""
    with field.session() as session:
        for _ in range(20):
            parts = [
                HEADER.pack(4, OFPT_MULTIPART, 16, 0x500 + each) + struct.pack("!HHI", each, 1, 0)
                for each in (0, 3, 7, 8, 11, 13)
            ]
            names = {"OFPBRC_MULTIPART_BUFFER_OVERFLOW", "OFPBRC_BAD_LEN"}
            refused(session, parts, names)


def garble(field: Field) -> None:
    """Garbage after a good header, of each type."""
    chance = random.Random(SEED)
    with field.session() as session:
        for number in range(400):
            kind = chance.choice(GARBLED)
            body = chance.randbytes(chance.randrange(8, 200))
            if kind == OFPT_MULTIPART:
                body = struct.pack("!HH", chance.choice(MULTIPARTS), 0) + body
            frame = HEADER.pack(4, kind, 8 + len(body), 0x10_0000 + number) + body
            session.say(frame)
            if number % 50 == 49:
                session.finish()


def lose_the_framing(field: Field) -> None:
    """A header whose length can't be right, and bytes that are no OpenFlow at all."""
    for data in (
        HEADER.pack(4, OFPT_ECHO_REQUEST, 7, 1),
        HEADER.pack(4, OFPT_ECHO_REQUEST, 0, 1),
        b"GET / HTTP/1.1\r\n\r\n\0\0\0\0",
    ):
        with Session(field.host, field.slivers[0]) as session:
            session.say(HELLO, data)
            if data.startswith(b"GET"):  # a message of type 'E' and 8,239 bytes that never come
                session.say(bytes(0x2F30))
            try:
                session.until_closed(2)
            except TimeoutError:
                expect(data.startswith(b"GET"), "the connection still open")


def speak_other_versions(field: Field) -> None:
    """Say hello in a version that there is not, or something else than hello."""
    for first in (HEADER.pack(9, 0, 8, 1), HEADER.pack(4, OFPT_BARRIER, 8, 1)):
        with Session(field.host, field.slivers[0]) as session:
            session.say(first)
            heard = session.until_closed() if first[1] else None
            if heard is not None:
                errors = list(filter(None, map(session.error_of, heard)))
                expect(errors == ["OFPHFC_INCOMPATIBLE"], f"{errors}, not OFPHFC_INCOMPATIBLE")
            else:  # a version above ours may mean ours too (OpenFlow 1.3.5 6.3.1)
                session.say(HEADER.pack(9, OFPT_ECHO_REQUEST, 8, 2))
                try:
                    session.finish(3)
                except Closed:
                    continue


_ERRORS: Final = "the answers; the victim's controller hears nothing"
ATTACKS: Final = (
    Attack("claim roles and generations", Must.CONFINE, "STALE, IS_SLAVE, BAD_ROLE", claim_roles),
    Attack("collide xids", Must.CONFINE, _ERRORS, collide),
    Attack("quote into others' connections", Must.IGNORE, _ERRORS, quote_into_others),
    Attack("multipart never finished", Must.REFUSE, "MULTIPART_BUFFER_OVERFLOW", never_finish),
    Attack("garbage after a good header", Must.REFUSE, "the connection stands after it", garble),
    Attack("lose the framing", Must.CLOSE, "BAD_LEN, and the end", lose_the_framing),
    Attack("speak other versions", Must.CLOSE, "HELLO_FAILED, and the end", speak_other_versions),
)
