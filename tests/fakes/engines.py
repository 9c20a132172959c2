"""Engines: several that share their switches, and whoever keeps account of all dpids between them.

What an engine asks of the others goes by way of `Holders`, as between workers. What is told to one
that is `deaf` waits. Invariant: what is told to one engine arrives in order.
"""

from __future__ import annotations

from collections import deque

from slicer.proxy.engine import Engine
from slicer.proxy.events import Claim, Command, Defend, Joined, Left, Release
from slicer.proxy.settings import Settings
from slicer.workers.holders import Answer, Answers, Holders
from tests.fakes.network import Network


class SharedNetwork(Network):
    """A network whose engine is one of several."""

    def __init__(self, number: int, policy: str, engines: Engines) -> None:
        self._number = number
        self._engines = engines
        super().__init__(policy)
        self.engine = Engine(self.policy, Settings(), b"theirs", is_shared=True)
        self.left: list[int] = []
        """The peers of datapaths that are gone."""
        self.joined: list[int] = []
        """The peers of datapaths that have become ready."""

    def _carry_out(self, commands: list[Command]) -> None:
        super()._carry_out(commands)
        for command in commands:
            if isinstance(command, Left):
                self.left.append(command.peer)
            elif isinstance(command, Joined):
                self.joined.append(command.peer)
            elif isinstance(command, Claim | Release | Defend):
                self._engines.asked(self._number, command)


class Engines:
    """So many engines, from 1."""

    def __init__(self, policy: str, count: int = 2) -> None:
        self.holders = Holders()
        self.networks = {each: SharedNetwork(each, policy, self) for each in range(1, count + 1)}
        self.deaf: set[int] = set()
        self._told: dict[int, deque[Answer]] = {each: deque() for each in self.networks}

    def asked(self, number: int, command: Claim | Release | Defend) -> None:
        """An engine asks for something."""
        if isinstance(command, Claim):
            self._tell(self.holders.claim(number, command))
        elif isinstance(command, Release):
            self._tell(self.holders.release(number, command))
        else:
            self._tell(self.holders.defend(number, command))

    def end(self, number: int) -> None:
        """One of them dies."""
        del self.networks[number]
        self._tell(self.holders.ended(number))
        self.run()

    def run(self) -> None:
        """Until each has heard what it was told, but for those that are deaf."""
        while waiting := [
            number for number in self.networks if self._told[number] and number not in self.deaf
        ]:
            for number in waiting:
                self.networks[number].tell(self._told[number].popleft())

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.1)):
            for network in self.networks.values():
                network.wait(0.1)
            self.run()

    def _tell(self, answers: Answers) -> None:
        for number, answer in answers:
            self._told[number].append(answer)
