"""The tenants' flows and the pieces that stand for them."""

from slicer.flowspace.match import Match as Region
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.mirror import (
    Change,
    Mirror,
    Piece,
    TenantFlow,
    adding,
    emptying,
    places_emptied,
)
from slicer.proxy.clip.slots import Slots

HERE = (Match(), 7)
THERE = (Match.of(in_port=1), 7)
TO_1, TO_2 = (Output(1),), (Output(2),)


def flow(priority: int = 5, *actions: Output, slice_name: str = "red") -> TenantFlow:
    """A tenant's flow for any packet."""
    instructions = (ApplyActions(actions),) if actions else ()
    asked = FlowMod(0, priority=priority, idle_timeout=3, instructions=instructions)
    return TenantFlow(slice_name, asked, Region.ANY, Slots(10))


def piece(of: TenantFlow, number: int, actions: tuple[Output, ...] = TO_1) -> Piece:
    """A piece of a flow's, at one place for all."""
    made = Piece(number, 0xC0 + number, HERE, actions, of)
    of.pieces.append(made)
    return made


def test_what_comes_is_added_and_what_goes_deleted() -> None:
    mirror, red = Mirror(), flow()
    one = piece(red, 1)
    added = Change((), (red,), ((None, one),))
    assert mirror.apply(added) == [adding(one)]
    assert mirror.flows_of("red") == {red.key: red}
    assert mirror.flows == [red]
    assert (mirror.piece(1), mirror.on_top(HERE), list(mirror.tops)) == (one, one, [one])
    assert mirror.apply(added.inverse) == [emptying(HERE)]
    assert mirror.flows_of("red") == {}
    assert (mirror.piece(1), mirror.on_top(HERE)) == (None, None)


def test_a_piece_says_all_that_the_datapath_needs() -> None:
    assert adding(piece(flow(), 1)) == FlowMod(
        0,
        cookie=0xC1,
        idle_timeout=3,
        priority=7,
        flags=of.OFPFF_SEND_FLOW_REM,
        instructions=(ApplyActions(TO_1),),
    )
    assert adding(piece(flow(), 1, ())).instructions == ()


def test_one_with_the_same_number_changes_and_keeps_its_counters() -> None:
    mirror, red = Mirror(), flow()
    old, same, other = piece(red, 1), piece(red, 1), piece(red, 1, TO_2)
    mirror.apply(Change((), (red,), ((None, old),)))
    assert mirror.apply(Change(swaps=((old, same),))) == []
    (changed,) = mirror.apply(Change(swaps=((same, other),)))
    assert (changed.command, changed.upsert) == (of.OFPFC_MODIFY_STRICT, True)
    assert mirror.on_top(HERE) is other


def test_one_with_another_number_takes_its_place() -> None:
    mirror, red = Mirror(), flow()
    old, new = piece(red, 1), piece(red, 2)
    mirror.apply(Change((), (red,), ((None, old),)))
    assert mirror.apply(Change(swaps=((old, new),))) == [adding(new)]
    assert (mirror.piece(1), mirror.piece(2)) == (None, new)


def test_beneath_another_nothing_is_said_until_that_one_goes() -> None:
    mirror, first, second = Mirror(), flow(5), flow(6)
    low, high = piece(first, 1), piece(second, 2)
    mirror.apply(Change((), (first, second), ((None, low), (None, high))))
    assert mirror.on_top(HERE) is high
    changed = piece(first, 1, TO_2)
    assert mirror.apply(Change(swaps=((low, changed),))) == []
    assert mirror.apply(Change((second,), (), ((high, None),))) == [adding(changed)]
    mirror.apply(Change((), (second,), ((None, high),)))
    assert mirror.apply(Change((first,), (), ((changed, None),))) == []
    assert mirror.apply(Change((second,), (), ((high, None),))) == [emptying(HERE)]


def test_what_is_not_here_any_more_is_not_taken_twice() -> None:
    mirror, red = Mirror(), flow()
    one, two = piece(red, 1), piece(red, 2)
    mirror.apply(Change((), (red,), ((None, one),)))
    mirror.forget(one)
    assert mirror.apply(Change((), (), ((one, None),))) == []
    assert mirror.apply(Change((), (), ((one, two),))) == [adding(two)]


def test_a_flow_is_removed_once() -> None:
    mirror, red = Mirror(), flow()
    mirror.apply(Change((), (red,)))
    assert mirror.remove(red)
    assert not mirror.remove(red)
    assert not mirror.remove(flow())


def test_what_is_being_deleted_is_known_until_it_is_gone() -> None:
    mirror, red = Mirror(), flow()
    one = piece(red, 1)
    mirror.apply(Change((), (red,), ((None, one),)))
    messages = mirror.apply(Change((red,), (), ((one, None),)))
    mirror.await_ends(red, {THERE})
    assert (red.leaving, mirror.piece(1)) == (0, None)
    mirror.await_ends(red, places_emptied(messages))
    assert (red.leaving, mirror.piece(1)) == (1, one)
    mirror.forget(one)
    assert (mirror.piece(1), red.pieces) == (None, [])


def test_it_knows_who_asks_for_packets() -> None:
    mirror = Mirror()
    asking = flow(5, Output(of.OFPP_CONTROLLER))
    mirror.apply(Change((), (asking, flow(6, Output(1)))))
    assert mirror.asks_for_packets("red")
    assert not mirror.asks_for_packets("blue")
    mirror.apply(Change((asking,)))
    assert not mirror.asks_for_packets("red")


def test_a_piece_that_is_alone_may_have_another_number() -> None:
    mirror, red = Mirror(), flow()
    one = piece(red, 1)
    one.cookie = int(Cookie(Part.PIECE, 7, 1))
    mirror.apply(Change((), (red,), ((None, one),)))
    stack = mirror.stack(one)
    assert stack == [one]
    assert mirror.renumber(one, 2, stack)
    assert (mirror.piece(1), mirror.piece(2), mirror.on_top(HERE)) == (None, one, one)
    assert Cookie.read(one.cookie) == Cookie(Part.PIECE, 7, one.number)
    mirror.apply(Change((red,), (), ((one, None),)))
    assert mirror.stack(one) is None
    assert not mirror.renumber(one, 3, stack)


def test_one_that_lies_on_another_may_not() -> None:
    mirror, red, above = Mirror(), flow(), flow(6)
    one, top = piece(red, 1), piece(above, 2)
    mirror.apply(Change((), (red, above), ((None, one), (None, top))))
    stack = mirror.stack(top)
    assert stack is not None
    assert not mirror.renumber(top, 3, stack)
    assert mirror.piece(2) is top
