"""SteppedSwitch10: a switch of OpenFlow 1.0 at which something may happen before a barrier's reply.

What takes the slicer several turns is answered by a barrier each, so a test can look in between.
Invariant: it says what a `FakeSwitch10` says, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowMod, Port
from slicer.openflow.v10 import V10
from tests.fakes.switch10 import FakeSwitch10

Between = Callable[[list[FlowMod]], None]


class SteppedSwitch10(FakeSwitch10):
    """One switch. `between(turn)` is called before each barrier's reply goes out, with the
    flow-mods that have come since the one before; it may have anybody say anything."""

    def __init__(self, dpid: int, ports: Iterable[Port], *, most_flows: int = 1_000_000) -> None:
        super().__init__(dpid, ports, most_flows=most_flows)
        self.between: Between | None = None
        self._turn: list[FlowMod] = []

    def _handle(self, frame: bytes) -> None:
        message = V10.decode(frame) if frame[1] else None
        if isinstance(message, FlowMod):
            self._turn.append(message)
        super()._handle(frame)

    def take(self) -> bytes:
        """What there is to say, up to a barrier's reply."""
        for index, frame in enumerate(self._out):
            if frame[1] and V10.kind(frame) is Kind.BARRIER_REPLY:
                data = b"".join(self._out[: index + 1])
                del self._out[: index + 1]
                turn, self._turn = self._turn, []
                if self.between is not None:
                    self.between(turn)
                return data
        return super().take()
