"""Play: one conversation with one switch, and all that comes of it.

Every frame is followed by a barrier, so an answer belongs to the frame before it. Packets, and what
a switch says unasked, are collected once the switch is known to be quiet. Afterwards the switch is
as it was: without flows, groups and meters. Invariant: what is returned does not depend on timing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from struct import pack

from slicer.openflow import constants as of
from slicer.openflow.bundles import Control
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import MalformedError
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    FlowMod,
    FlowRemoved,
    GetConfigReply,
    GetConfigRequest,
    GroupMod,
    Message,
    MeterMod,
    PortMod,
    RoleReply,
    RoleRequest,
    SetAsync,
    SetConfig,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.discovery import is_discovery
from tests.differential import lists
from tests.differential.controller import Controller, Silence
from tests.differential.conversation import Conversation, Receive, Say, Step, speakers
from tests.differential.lists import BY_VERSION, List
from tests.differential.switches import PORTS, Side, address_of

MISS_SEND_LEN = 128
"""What a switch that dials its controller begins with; one that is dialled begins with 0, and says
nothing unasked until it is told (ovs-vswitchd's "service" controllers)."""
UNASKED = frozenset({Kind.PACKET_IN, Kind.FLOW_REMOVED, Kind.PORT_STATUS, Kind.EXPERIMENTER})
CHANGE_HEARING = frozenset({Kind.ROLE_REQUEST, Kind.SET_ASYNC, Kind.SET_CONFIG, Kind.PORT_MOD})
"""Messages that change who hears of what: before them all has to be heard that was to be heard."""
_BUNDLE_CONTROL = V13.encode(Control(0, 0).message(0))[8:16]
FAREWELL_XID = 0xA000_0000
_HEARS_REMOVALS = {
    V13.version: V13.encode(SetAsync(0, (0, 0), (0, 0), (0b1111, 0))),
    V10.version: pack("!BBHIII6I", 1, 4, 40, 0, 0x2320, 19, 0, 0, 0, 0, 0b1111, 0),
}
"""What has a switch tell of flows that go, and of nothing else; in OpenFlow 1.0 it is Nicira's
NXT_SET_ASYNC_CONFIG."""
_SENTINEL = FlowMod(
    0x5E17,
    cookie=0x5E17_5E17_5E17_5E17,
    table_id=200,
    flags=of.OFPFF_SEND_FLOW_REM,
    match=Match.of(eth_type=0x5E17),
)


@dataclass(frozen=True, slots=True)
class Version:
    """An OpenFlow version that conversations are held in."""

    dialect: Dialect
    opening: tuple[Message, ...]
    """What every controller says first."""
    farewell: tuple[Message, ...]
    """What leaves the switch without anything that a conversation can have made."""
    entries: List
    """In what a sliver differs on purpose."""


OPENFLOW_13 = Version(
    V13,
    (SetConfig(0, of.OFPC_FRAG_NORMAL, MISS_SEND_LEN),),
    (
        RoleRequest(FAREWELL_XID, of.OFPCR_ROLE_EQUAL, 0),
        FlowMod(FAREWELL_XID, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL),
        GroupMod(FAREWELL_XID, of.OFPGC_DELETE, of.OFPGT_ALL, of.OFPG_ALL),
        MeterMod(FAREWELL_XID, of.OFPMC_DELETE, of.OFPMF_KBPS, of.OFPM_ALL),
    ),
    BY_VERSION[V13.version],
)

OPENFLOW_10 = Version(
    V10,
    (SetConfig(0, of.OFPC_FRAG_NORMAL, MISS_SEND_LEN),),
    (FlowMod(FAREWELL_XID, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL),),
    BY_VERSION[V10.version],
)
CLIPPED = replace(OPENFLOW_10, entries=lists.CLIPPED)
"""In OpenFlow 1.0, with datapaths that speak nothing else."""


@dataclass(slots=True)
class Outcome:
    """All that came of a conversation."""

    answers: list[list[bytes]]
    """The frames that answer each step."""
    packets: dict[int, list[bytes]]
    """What left each port."""
    unasked: list[list[bytes]]
    """What each controller heard that nobody had asked for."""
    ended: int | None = None
    """The step at which the switch ended the connection."""

    def hear_packets(self, side: Side) -> None:
        """Add the packets that have left since the last call."""
        for port, packets in side.take().items():
            self.packets.setdefault(port, []).extend(packets)


def prepare(side: Side) -> None:
    """Have the manager hear when flows go, and of nothing else; have no generation id but 0. How
    fragments are handled stays as it is: behind the slicer that is the slicer's affair."""
    dialect = side.manager.dialect
    side.manager.say([dialect.encode(GetConfigRequest(0))])
    (reply,) = map(dialect.decode, side.manager.settle())
    assert isinstance(reply, GetConfigReply)
    hears = _HEARS_REMOVALS[dialect.version]
    side.manager.say([dialect.encode(SetConfig(0, reply.flags, MISS_SEND_LEN)), hears])
    errors = side.manager.settle()
    assert not errors, errors
    if dialect is V13:
        controller = side.connect(V13)
        forget_generation(controller)
        controller.close()


def play(
    side: Side, version: Version, conversation: Conversation, left_out: Collection[int] = ()
) -> Outcome:
    """Hold a conversation, but for the steps that are `left_out`, and take leave."""
    player = _Player(side, version, conversation, left_out)
    try:
        player.run()
    finally:
        player.close()
    return player.outcome


@dataclass(slots=True)
class _Player:
    side: Side
    version: Version
    conversation: Conversation
    left_out: Collection[int]
    outcome: Outcome = field(init=False)
    _controllers: list[Controller] = field(init=False)
    _kinds: set[Kind | None] = field(init=False)
    _farewell: list[Say] = field(init=False)
    _unread: list[tuple[int, int, int]] = field(default_factory=list)
    """(step, speaker, barrier) of what was said and not answered yet."""
    _last: int = 0
    """The step that was taken last."""
    _says_removed: bool = False
    """Can there be a flow whose removal is to be said?"""

    def __post_init__(self) -> None:
        said = [step.frame for step in self.conversation if isinstance(step, Say)]
        self._kinds = {self._kind(frame) for frame in said}
        farewell = [*self.version.farewell]
        if Kind.PORT_MOD in self._kinds:
            farewell += map(_as_it_was, PORTS)
        self._farewell = [Say(self.version.dialect.encode(each)) for each in farewell]
        steps = len(self.conversation) + len(farewell)
        count = speakers(self.conversation)
        self.outcome = Outcome([[] for _ in range(steps)], {}, [[] for _ in range(count)])
        self._controllers = [self.side.connect(self.version.dialect) for _ in range(count)]

    def run(self) -> None:
        opening = [self.version.dialect.encode(each) for each in self.version.opening]
        for controller in self._controllers:
            controller.say(opening)
        if len(self._controllers) > 1 or self._begins_with_packets:
            for controller in self._controllers:
                controller.settle()
        try:
            for index, step in enumerate((*self.conversation, *self._farewell)):
                if index not in self.left_out:
                    self._step(index, step)
            self._fall_quiet()
            if Kind.ROLE_REQUEST in self._kinds:
                forget_generation(self._controllers[0])
        except (Silence, OSError):
            self.outcome.ended = self._unread[0][0]
            _clean(self.side, self.version)

    @property
    def _begins_with_packets(self) -> bool:
        """Do packets come before anything is said? A switch may not have heard the opening yet."""
        steps = (step for index, step in enumerate(self.conversation) if index not in self.left_out)
        return isinstance(next(steps, None), Receive)

    def close(self) -> None:
        for controller in self._controllers:
            controller.close()

    def _step(self, index: int, step: Step) -> None:
        if isinstance(step, Receive):
            self._receive(step)
        else:
            self._say(index, step)
        self._last = index

    def _receive(self, step: Receive) -> None:
        self._read()
        for packet in step.packets:
            self.side.receive(step.port, packet)
            if is_discovery(packet):
                self._pass_discovery()
        self.outcome.hear_packets(self.side)

    def _say(self, index: int, step: Say) -> None:
        kind = self._kind(step.frame)
        if kind in CHANGE_HEARING:
            self._fall_quiet()
        if kind is Kind.FLOW_MOD:
            self._says_removed |= self._asks_for_removed(step.frame)
        if self._unread and self._unread[-1][1] != step.speaker:
            self._read()
        controller = self._controllers[step.speaker]
        controller.say([step.frame])
        self._unread.append((index, step.speaker, controller.barrier()))
        if kind is Kind.PORT_MOD:
            self._let_ports_change()

    def _let_ports_change(self) -> None:
        """Open vSwitch's datapath heeds a port's configuration from its next turn on."""
        self._read()
        for _ in range(2):
            self.side.manager.settle()

    def _asks_for_removed(self, frame: bytes) -> bool:
        try:
            message = self.version.dialect.decode(frame)
        except MalformedError:
            return False
        return isinstance(message, FlowMod) and bool(message.flags & of.OFPFF_SEND_FLOW_REM)

    def _kind(self, frame: bytes) -> Kind | None:
        return self.version.dialect.kind(frame)

    def _read(self) -> None:
        for controller in self._controllers:
            controller.flush()
        while self._unread:
            index, speaker, barrier = self._unread[0]
            self._hear(speaker, self._controllers[speaker].read(barrier), index)
            del self._unread[0]

    def _hear(self, speaker: int, frames: Iterable[bytes], index: int) -> None:
        for frame in frames:
            nameless = frame.replace(self.side.name.encode(), b"bridge")
            if self._kind(frame) not in UNASKED or _is_of_bundle(frame):
                self.outcome.answers[index].append(nameless)
            elif not _is_sentinels(self.version.dialect, frame):
                self.outcome.unasked[speaker].append(nameless)

    def _pass_discovery(self) -> None:
        """LLDP goes by way of the slicer: a first barrier has it there, a second one back."""
        for _ in range(2):
            self._hear(0, self._controllers[0].settle(), self._last)
        self.side.manager.settle()

    def _fall_quiet(self) -> None:
        """Wait until nothing is under way any more."""
        self._read()
        self.side.manager.settle()
        if self._says_removed:
            _pass_removals(self.side.manager)
        for speaker, controller in enumerate(self._controllers):
            self._hear(speaker, controller.settle(), self._last)
        self.outcome.hear_packets(self.side)


def _as_it_was(port: int) -> PortMod:
    return PortMod(FAREWELL_XID, port, address_of(port), 0, 0xFFFF_FFFF, 0)


def forget_generation(controller: Controller) -> None:
    """Bring the generation id to 0, in steps that do not look stale (OpenFlow 1.3.5 6.3.4)."""
    while (generation := _role(controller, of.OFPCR_ROLE_NOCHANGE, 0)) != 0:
        step = min(-generation % (1 << 64), (1 << 63) - 1)
        _role(controller, of.OFPCR_ROLE_SLAVE, (generation + step) % (1 << 64))


def _role(controller: Controller, role: int, generation: int) -> int:
    controller.say([V13.encode(RoleRequest(FAREWELL_XID, role, generation))])
    for frame in controller.settle():
        reply = V13.decode(frame)
        if isinstance(reply, RoleReply):
            return reply.generation_id
    raise Silence("no role reply")


def _pass_removals(manager: Controller) -> None:
    """Open vSwitch says that a flow is removed some time after it is, but in order: when that is
    said of a flow of the manager's own, it has been said of those before."""
    dialect = manager.dialect
    added = _SENTINEL if dialect is V13 else replace(_SENTINEL, table_id=0)
    manager.say(map(dialect.encode, (added, replace(added, command=of.OFPFC_DELETE_STRICT))))
    manager.flush()
    manager.wait_for(lambda frame: _is_sentinels(dialect, frame))


def _is_of_bundle(frame: bytes) -> bool:
    """Is it the ONF's message that answers about a bundle?"""
    return V13.kind(frame) is Kind.EXPERIMENTER and frame[8:16] == _BUNDLE_CONTROL


def _is_sentinels(dialect: Dialect, frame: bytes) -> bool:
    if dialect.kind(frame) is not Kind.FLOW_REMOVED:
        return False
    removed = dialect.decode(frame)
    return isinstance(removed, FlowRemoved) and removed.cookie == _SENTINEL.cookie


def _clean(side: Side, version: Version) -> None:
    """Leave a switch without anything, after a conversation that could not take its leave."""
    controller = side.connect(version.dialect)
    controller.say(version.dialect.encode(each) for each in version.farewell)
    controller.settle()
    controller.close()
    _pass_removals(side.manager)
    side.take()
