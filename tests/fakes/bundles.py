"""Bundles: the fake switch's, after Open vSwitch 3.1's `ofproto/bundles.c`.

Opened, added to, closed, committed, discarded and expired; committed all or nothing. Left out:
port-mods, and the check of a bundled message before the commit beyond what decoding finds.
Invariant: after a refused commit the switch's flows and groups are what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slicer.openflow import bundles, errors
from slicer.openflow import messages as m
from slicer.openflow.bundles import Control, Step
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.messages import Message
from slicer.openflow.v13 import V13
from tests.fakes.checks import Refused, check_gotos

if TYPE_CHECKING:
    from tests.fakes.switch import FakeSwitch

IDLE = 10.0
_REQUESTS = frozenset(each for each in Step if each.name.endswith("_REQUEST"))
_MESSAGES = (m.FlowMod, m.GroupMod, m.PacketOut)


@dataclass(slots=True)
class _Bundle:
    flags: int
    opened_by: m.Experimenter
    used: float
    is_closed: bool = False
    added: list[m.Experimenter] = field(default_factory=list)


class Bundles:
    """Those of one connection."""

    def __init__(self) -> None:
        self._open: dict[int, _Bundle] = {}

    def handle(self, switch: FakeSwitch, asked: m.Experimenter) -> Iterator[Message]:
        """What is said to an experimenter's message. Raises Refused."""
        try:
            if (asked.experimenter, asked.exp_type) == (bundles.ONF, bundles.CONTROL):
                yield from self._control(switch, asked)
            elif (asked.experimenter, asked.exp_type) == (bundles.ONF, bundles.ADD):
                self._add(switch, asked)
            else:
                raise Refused(errors.BAD_REQUEST_BAD_EXPERIMENTER)
        except MalformedError as malformed:
            raise Refused(malformed.error) from malformed

    def expire(self, now: float) -> Iterator[Message]:
        """Bundles that nobody has used for long, said to their openers."""
        for number, bundle in list(self._open.items()):
            if now - bundle.used >= IDLE:
                del self._open[number]
                yield _error(errors.BUNDLE_FAILED_TIMEOUT, V13.encode(bundle.opened_by))

    def _control(self, switch: FakeSwitch, asked: m.Experimenter) -> Iterator[Message]:
        control = bundles.read_control(asked)
        if control.step not in _REQUESTS:
            raise Refused(errors.BUNDLE_FAILED_BAD_TYPE)
        number, bundle = control.bundle_id, self._open.pop(control.bundle_id, None)
        if control.step == Step.OPEN_REQUEST and bundle is None:
            self._open[number] = _Bundle(control.flags, asked, switch.now)
        elif bundle is None or control.step == Step.OPEN_REQUEST:
            raise Refused(errors.BUNDLE_FAILED_BAD_ID)
        elif control.step == Step.CLOSE_REQUEST:
            if bundle.is_closed:
                raise Refused(errors.BUNDLE_FAILED_BUNDLE_CLOSED)
            _check_flags(bundle, control.flags)
            bundle.is_closed = True
            self._open[number] = bundle
        elif control.step == Step.COMMIT_REQUEST:
            _check_flags(bundle, control.flags)
            refused = _commit(switch, bundle)
            if refused is not None:
                yield refused
                raise Refused(errors.BUNDLE_FAILED_MSG_FAILED)
        yield Control(number, control.step + 1).message(asked.xid)

    def _add(self, switch: FakeSwitch, asked: m.Experimenter) -> None:
        add = bundles.read_add(asked)
        message = V13.decode(add.frame)
        if not isinstance(message, _MESSAGES):
            raise Refused(errors.BUNDLE_FAILED_MSG_UNSUP)
        if isinstance(message, m.FlowMod):
            check_gotos(message)
        bundle = self._open.pop(add.bundle_id, None)
        if bundle is None:
            bundle = _Bundle(add.flags, asked, switch.now)
        if bundle.is_closed:
            raise Refused(errors.BUNDLE_FAILED_BUNDLE_CLOSED)
        _check_flags(bundle, add.flags)
        bundle.added.append(asked)
        bundle.used = switch.now
        self._open[add.bundle_id] = bundle


def _check_flags(bundle: _Bundle, flags: int) -> None:
    if bundle.flags != flags:
        raise Refused(errors.BUNDLE_FAILED_BAD_FLAGS)


def _commit(switch: FakeSwitch, bundle: _Bundle) -> Message | None:
    """The error about the message because of which nothing is done, if there is one."""
    before = deepcopy((switch.tables, switch.groups, switch.group_authors))
    for each in bundle.added:
        try:
            switch.carry_out(V13.decode(bundles.read_add(each).frame))
        except Refused as refused:
            switch.tables, switch.groups, switch.group_authors = before
            return _error(refused.error, V13.encode(each))
    return None


def _error(error: ErrorCode, quote: bytes) -> Message:
    whose = errors.ONF if error.type == errors.EXPERIMENTER_TYPE else None
    xid = int.from_bytes(quote[4:8], "big")
    return m.ErrorMessage(xid, error.type, error.code, quote, whose)
