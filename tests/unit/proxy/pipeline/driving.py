"""Driving: an operation's steps carried out at a fake switch, or answered by hand.

Not the way of a message through the proxy: xids are the messages' places. Invariant: a step goes on
when everything that it sent has been answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from slicer.openflow.framing import Framer
from slicer.openflow.messages import BarrierReply, BarrierRequest, ErrorMessage, Hello, Message
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Forward, Plan
from slicer.proxy.operation import Refused, Steps
from tests.fakes.switch import FakeSwitch

Result = TypeVar("Result")
Answers = Callable[[Message], list[Message]]


def drive(steps: Steps[Result], answers: Answers) -> tuple[Result, list[Message]]:
    """Run steps to their end: (their result, all that they sent). Raises what they raise, such as
    Refused where an answer is an error and the steps do not care."""
    sent: list[Message] = []
    try:
        messages = next(steps)
        while True:
            sent += messages
            replies = [answers(message) for message in messages]
            failures = [
                (message, reply)
                for message, parts in zip(messages, replies, strict=True)
                for reply in parts
                if isinstance(reply, ErrorMessage)
            ]
            if failures:
                messages = steps.throw(Refused(failures))
            else:
                messages = steps.send([*replies, [BarrierReply(0)]])
    except StopIteration as stop:
        return stop.value, sent


def at(switch: FakeSwitch) -> Answers:
    """What a switch answers."""

    def answer(message: Message) -> list[Message]:
        switch.receive(V13.encode(replace(message, xid=1)))
        switch.receive(V13.encode(BarrierRequest(2)))
        said = [V13.decode(frame) for frame in Framer().feed(switch.take())]
        return [each for each in said if each.xid == 1 and not isinstance(each, Hello)]

    return answer


def carry_out(plan: Plan, switch: FakeSwitch) -> Sequence[Message]:
    """What a tenant hears of a plan that is carried out at a switch."""
    if isinstance(plan, Forward):
        heard = []
        for reply in at(switch)(plan.message):
            if isinstance(reply, ErrorMessage) and plan.undo is not None:
                plan.undo()
            heard.append(reply if isinstance(reply, ErrorMessage) else plan.restore(reply))
        return heard
    return drive(plan, at(switch))[0]
