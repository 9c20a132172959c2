"""Network: an engine between fake switches and fake tenants, run until nobody says anything more.

It does what the server does with sockets, at once and in order: carries out the engine's commands
and brings what happens as events. Time passes when a test says so. Invariant: after a call
everything that was said has been heard.
"""

from __future__ import annotations

from collections import deque
from itertools import count

from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import Message, Port
from slicer.openflow.v13 import V13
from slicer.ovsdb import rows
from slicer.ovsdb.arranging import NotThere, arrange
from slicer.policy import Policy, parse
from slicer.proxy.engine import Engine
from slicer.proxy.events import (
    ArrangeQueues,
    Close,
    Command,
    Connected,
    ControllerEndpoint,
    DatapathEndpoint,
    DataReceived,
    Dial,
    DialFailed,
    Disconnected,
    Endpoint,
    Event,
    Listen,
    PauseReading,
    QueuesArranged,
    QueuesRefused,
    ResumeReading,
    Send,
    StopListening,
    TimePassed,
    Written,
)
from slicer.proxy.settings import Settings
from tests.fakes.ovsdb import FakeDatabase
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

Fake = FakeSwitch | FakeTenant

DATAPATHS = DatapathEndpoint("127.0.0.1", 6633)


def port(number: int, name: str | None = None, state: int = 0) -> Port:
    """A port as the fakes have it."""
    short = number & 0xFFFF
    address = bytes((2, 0, 0, 0, short >> 8, short & 0xFF))
    return Port(number, address, name or f"p{short}", 0, state)


class Network:
    """One engine, and who is connected to it. `refuses` are controllers that can't be dialled.
    Dialled ones speak `dialect`."""

    def __init__(
        self, policy: Policy | str, settings: Settings | None = None, dialect: Dialect = V13
    ) -> None:
        self._dialect = dialect
        self.policy = parse(policy, "policy.yaml") if isinstance(policy, str) else policy
        self.engine = Engine(self.policy, settings or Settings())
        self.now = 0.0
        self.peers: dict[int, Fake] = {}
        self.listening: list[Endpoint] = []
        self.refused: list[ControllerEndpoint] = []
        """Dials that were answered with a failure, because of `refuses_dials`."""
        self.refuses_dials = False
        self.database: FakeDatabase | None = None
        """What every datapath's database is; None: out of reach."""
        self._numbers = count(1)
        self._paused: set[int] = set()
        self._events: deque[Event] = deque()
        self._carry_out(self.engine.start())

    # ---- who is there ----

    @property
    def tenants(self) -> list[FakeTenant]:
        """The connected tenants."""
        return [each for each in self.peers.values() if isinstance(each, FakeTenant)]

    def tenant(self, slice_name: str, dpid: int = 1) -> FakeTenant:
        """The first connected tenant of a slice on a datapath."""
        return next(
            each for each in self.tenants if (each.slice, each.endpoint.dpid) == (slice_name, dpid)
        )

    def peer_of(self, fake: Fake) -> int:
        """Under which number the engine knows a connected fake."""
        return next(number for number, each in self.peers.items() if each is fake)

    def plug(self, switch: FakeSwitch) -> int:
        """A switch connects. Returns its peer number."""
        number = next(self._numbers)
        switch.connect()
        self.peers[number] = switch
        self.tell(Connected(DATAPATHS, number, f"10.9.9.{number}:40000"))
        return number

    def unplug(self, fake: Fake) -> None:
        """A switch or tenant is gone."""
        number = self.peer_of(fake)
        del self.peers[number]
        self.tell(Disconnected(number, "connection reset by peer"))

    def connect(self, endpoint: ControllerEndpoint, dialect: Dialect = V13) -> FakeTenant:
        """A tenant connects to an endpoint that the slicer listens at."""
        tenant = self._meet(endpoint, dialect)
        self.run()
        return tenant

    # ---- what happens ----

    def say(self, fake: FakeTenant, *messages: Message | bytes) -> list[Message]:
        """A tenant says something; returns what it heard until everything was quiet."""
        fake.take_heard()
        fake.say(*messages)
        self.run()
        return fake.take_heard()

    def tell(self, event: Event) -> None:
        """Bring the engine an event, and see it through."""
        self._events.append(event)
        self.run()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (deadline := self.engine.next_deadline) is not None and deadline <= end:
            self.now = max(deadline, self.now)
            self.tell(TimePassed())
        self.now = end

    def run(self) -> None:
        """Until nobody has anything more to say."""
        while self._events or self._collect():
            while self._events:
                self._carry_out(self.engine.handle(self._events.popleft(), self.now))

    def _collect(self) -> bool:
        for number, fake in list(self.peers.items()):
            data = fake.take() if number not in self._paused else b""
            if data:
                self._events.append(DataReceived(number, data))
        return bool(self._events)

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Send(peer=number, data=data):
                    self.peers[number].receive(data)
                    self._events.append(Written(number, len(data)))
                case Close(peer=number):
                    fake = self.peers.pop(number)
                    if isinstance(fake, FakeTenant):
                        fake.is_connected = False
                case Dial(endpoint=endpoint):
                    self._dial(endpoint)
                case Listen(endpoint=listening):
                    self.listening.append(listening)
                case StopListening(endpoint=listening):
                    self.listening.remove(listening)
                case PauseReading(peer=number):
                    self._paused.add(number)
                case ResumeReading(peer=number):
                    self._paused.discard(number)
                case ArrangeQueues():
                    self._events.append(self._arrange(command))

    def _arrange(self, asked: ArrangeQueues) -> QueuesArranged | QueuesRefused:
        if self.database is None:
            return QueuesRefused(asked.peer, f"OVSDB at {asked.where}: Connection refused")
        present = rows.present(self.database.transact(rows.READ))
        try:
            made = arrange(present, asked.dpid, asked.ports)
        except NotThere as why:
            return QueuesRefused(asked.peer, str(why))
        self.database.transact(made.operations)
        return QueuesArranged(asked.peer, made.queues, tuple(made.notes))

    def _dial(self, endpoint: ControllerEndpoint) -> None:
        if self.refuses_dials:
            self.refused.append(endpoint)
            self._events.append(DialFailed(endpoint, "connection refused"))
        else:
            self._meet(endpoint, self._dialect)

    def _meet(self, endpoint: ControllerEndpoint, dialect: Dialect = V13) -> FakeTenant:
        number = next(self._numbers)
        tenant = FakeTenant(endpoint, number, dialect)
        self.peers[number] = tenant
        self._events.append(Connected(endpoint, number, f"10.8.8.{number}:6653"))
        return tenant
