"""Endpoints: where the slivers meet their tenant controllers.

For each sliver it keeps one connection to every controller that the slicer dials, with backoff,
and one listening port for every controller that dials the slicer. It opens no socket: it asks for
`Dial`, `Listen` and `StopListening`. Invariant: an endpoint is dialled, waiting to be dialled,
connected or listened on only while its sliver exists.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from slicer.policy import Policy
from slicer.policy.endpoints import Dial as Dialled
from slicer.proxy.events import (
    Command,
    ControllerEndpoint,
    Dial,
    Listen,
    StopListening,
)
from slicer.proxy.routes import State
from slicer.proxy.settings import Settings
from slicer.proxy.timers import Timers

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath

log = logging.getLogger(__name__)


class Endpoints:
    """The controller endpoints of all slivers."""

    def __init__(
        self,
        settings: Settings,
        timers: Timers,
        command: Callable[[Command], None],
        name_of: Callable[[int], str],
    ) -> None:
        """`name_of(dpid)` is what people call a datapath."""
        self._settings = settings
        self._name_of = name_of
        self._timers = timers
        self._command = command
        self._known: dict[int, dict[ControllerEndpoint, int]] = {}
        """By dpid: each endpoint and how often in a row it could not be reached."""

    def knows(self, endpoint: ControllerEndpoint) -> bool:
        """Is the endpoint wanted?"""
        return endpoint in self._known.get(endpoint.dpid, {})

    def set(self, dpid: int, endpoints: Iterable[ControllerEndpoint], now: float) -> None:
        """Want these endpoints for a datapath and no others."""
        before = self._known.pop(dpid, {})
        wanted = dict.fromkeys(endpoints, 0)
        for endpoint in [each for each in before if each not in wanted]:
            self._timers.cancel(endpoint)
            if endpoint.passive:
                self._command(StopListening(endpoint))
        if wanted:
            self._known[dpid] = {each: before.get(each, 0) for each in wanted}
        for endpoint in wanted:
            if endpoint not in before:
                self._command(Listen(endpoint) if endpoint.passive else Dial(endpoint))

    def connected(self, endpoint: ControllerEndpoint) -> None:
        """A connection stands: a later failure is a first one again."""
        self._known[endpoint.dpid][endpoint] = 0

    def unreachable(self, endpoint: ControllerEndpoint, reason: str, now: float) -> None:
        """Dialling has failed, or listening has: try again later."""
        failures = self._known[endpoint.dpid][endpoint] + 1
        self._known[endpoint.dpid][endpoint] = failures
        if failures == 1:
            log.warning(
                "%s on %s: no %s at %s: %s; trying again until there is",
                endpoint.slice,
                self._name_of(endpoint.dpid),
                "watcher" if endpoint.is_watchers else "controller",
                endpoint,
                reason,
            )
        self.retry(endpoint, now)

    def retry(self, endpoint: ControllerEndpoint, now: float) -> None:
        """Dial or listen again after a pause that grows with each failure in a row."""
        failures = self._known[endpoint.dpid][endpoint]
        doublings = min(max(failures - 1, 0), 16)
        delay = min(self._settings.retry_first * 2**doublings, self._settings.retry_most)
        command = Listen(endpoint) if endpoint.passive else Dial(endpoint)
        self._timers.set(endpoint, now + delay, lambda _: self._command(command))


def wanted(policy: Policy, datapath: Datapath) -> Iterator[ControllerEndpoint]:
    """Where the slivers of a datapath are to meet their controllers and watchers; says what can't
    be had."""
    dpid = datapath.dpid
    for name in datapath.slivers:
        own = len(policy.slices[name].controllers)
        for index, controller in enumerate(policy.slices[name].met):
            who, watches = (name, dpid, index), index >= own
            if isinstance(controller, Dialled):
                where = controller.endpoint
                yield ControllerEndpoint(*who, where.host, where.port, False, watches)
                continue
            port = policy.listen_port(name, index, dpid)
            if port is not None:
                yield ControllerEndpoint(*who, controller.base.host, port, True, watches)
            elif datapath.state is not State.READY:
                log.error(
                    "%s on %s: no listening port: name the datapath in the policy's datapaths",
                    name,
                    datapath,
                )
