"""Attack: what a hostile tenant tries, what must happen, and how one sees it.

A row's function does the attack and raises `Unexpected` where something else happens. What becomes
of the victim meanwhile is for whoever runs it to look at. Invariant: an attack leaves nothing of
the attacker's on the switch, however it ends.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from controllers.attacks.session import Closed, Frame, Session
from controllers.target import Request, Target

COOKIE: Final = 0xBAD_0001


class Must(Enum):
    """What must happen."""

    REFUSE = "refused"
    """An OpenFlow error for each message, with its own xid, that quotes its own bytes."""
    CONFINE = "confined"
    """No error; it concerns only what is the attacker's own."""
    IGNORE = "ignored"
    """No answer, and no effect."""
    CLOSE = "closed"
    """The slicer ends that connection."""
    LIMIT = "limited"
    """It is held to the slice's or the slicer's bounds."""


class Unexpected(Exception):
    """Something else happened than what must; the text says what was found."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where the attacker stands."""

    host: str
    slivers: tuple[int, ...]
    """The port that the slicer listens at for each of the attacker's slivers."""
    datapaths: int
    """The port that the slicer listens at for switches."""
    flows: int
    """How many flows the policy lets the attacker have in a sliver."""
    dwell: float = 0.3
    """Seconds that flows have to meet packets."""
    watching: tuple[int, ...] = ()
    """The port that the slicer listens at for watchers, for each of the victim's slivers."""

    @contextmanager
    def sessions(self) -> Iterator[list[Session]]:
        """A connection to each sliver; what was made there is deleted at the end."""
        with ExitStack() as stack:
            sessions = [
                stack.enter_context(Session.ready(self.host, port)) for port in self.slivers
            ]
            try:
                yield sessions
            finally:
                for session in sessions:
                    with suppress(Closed, OSError):
                        clear(session)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection to the first sliver, likewise."""
        with Session.ready(self.host, self.slivers[0]) as session:
            try:
                yield session
            finally:
                with suppress(Closed, OSError):
                    clear(session)


@dataclass(frozen=True, slots=True)
class Attack:
    """One row."""

    name: str
    must: Must
    seen: str
    """How to see that it did."""
    run: Callable[[Field], None]
    """Raises Unexpected."""

    @property
    def tries(self) -> str:
        """What it tries: the first line of its function's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


def clear(session: Session) -> None:
    """Delete all that the tenant has on a switch, and have its ports as they were."""
    target = Target(session, COOKIE)
    of, parser = session.ofproto, session.ofproto_parser
    session.say(
        *(target.port(number) for number in target.ports),
        target.group(of.OFPG_ALL, command=of.OFPGC_DELETE),
        parser.OFPMeterMod(session, of.OFPMC_DELETE, of.OFPMF_KBPS, of.OFPM_ALL, []),
        target.delete({}),
    )
    session.finish()


def refused(session: Session, messages: Iterable[Request], names: Collection[str]) -> None:
    """Say messages; each must be answered by one error of these names, that quotes it.

    Raises:
        Unexpected: one is not.
    """
    sent = session.say(*messages)
    heard = session.finish()
    for frame in sent:
        errors = [each for each in heard if each.xid == Frame(frame).xid and session.error_of(each)]
        found = [session.error_of(each) for each in errors]
        if len(found) != 1 or found[0] not in names:
            raise Unexpected(f"found {found} for {frame[:16].hex()}, expected one of {names}")
        if not frame.startswith(errors[0].quote) or len(errors[0].quote) < min(64, len(frame)):
            raise Unexpected(f"found {errors[0].quote[:32].hex()} quoted of {frame[:32].hex()}")


def accepted(session: Session, messages: Iterable[Request]) -> list[Frame]:
    """Say messages; no error must come. Returns what came.

    Raises:
        Unexpected: one comes.
    """
    session.say(*messages)
    heard = session.finish()
    errors = list(filter(None, map(session.error_of, heard)))
    if errors:
        raise Unexpected(f"found {errors}, expected no error")
    return heard


def expect(holds: bool, found: str) -> None:
    """Raises Unexpected, with what was found, unless it holds."""
    if not holds:
        raise Unexpected(found)
