"""Whether a piece's packets may leave."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.proxy.clip.effort import Effort
from slicer.proxy.clip.granting import Grant, verdict
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.regions import Held
from slicer.proxy.clip.rewriting import Rewrite
from slicer.proxy.clip.wording import Inexpressible, Vocabulary

TCP = {"eth_type": 0x0800, "ip_proto": 6}
WEB = Region.of(**TCP, tcp_dst=80)
MORE_WEB = Region.of(**TCP, tcp_dst=8080)
BY_2 = Rewrite().then("port", 2)


def layers(*rules: Rule) -> Layers:
    """Of these rules."""
    return Layers(FlowSpace(rules), Vocabulary(), 64)


def first_of(of: Layers, name: str) -> Held:
    """A slice's first rule."""
    return next(of.held_by(name, Region.ANY))


RED_WEB = layers(Rule("red", 2, WEB), Rule("blue", 1, Region.ANY))
PORTS = layers(
    Rule("red", 2, Region.ANY, ports=frozenset({1, 2})), Rule("blue", 1, Region.of(port=3))
)


def test_what_is_the_slices_everywhere_may_leave_anywhere() -> None:
    assert verdict(RED_WEB, first_of(RED_WEB, "red"), WEB, BY_2, Effort(64)) is Grant.YES


def test_what_others_take_on_the_way_in_does_not_count_on_the_way_out() -> None:
    assert (
        verdict(RED_WEB, first_of(RED_WEB, "blue"), Region.of(port=1), BY_2, Effort(64))
        is Grant.YES
    )


def test_what_becomes_anothers_may_not() -> None:
    as_web = BY_2.then("tcp_dst", 80)
    tcp = Region.of(**TCP)
    blue = first_of(RED_WEB, "blue")
    assert verdict(RED_WEB, blue, tcp, as_web, Effort(64)) is Grant.NO
    assert verdict(RED_WEB, blue, tcp, BY_2.then("tcp_dst", 81), Effort(64)) is Grant.YES


def test_a_port_that_is_anothers_or_nobodys_is_not_granted() -> None:
    red = first_of(PORTS, "red")
    for port in (3, 4):
        leaving = Rewrite().then("port", port)
        assert verdict(PORTS, red, Region.of(port=1), leaving, Effort(64)) is Grant.NO
    assert verdict(PORTS, red, Region.of(port=1), BY_2, Effort(64)) is Grant.YES


def test_what_goes_back_is_judged_where_it_came_in() -> None:
    assert (
        verdict(PORTS, first_of(PORTS, "red"), Region.of(port=1), Rewrite(), Effort(64))
        is Grant.YES
    )


def test_where_some_may_and_some_may_not_the_answer_is_how_to_divide() -> None:
    mixed = layers(
        Rule("blue", 3, MORE_WEB, ports=frozenset({2})),
        Rule("red", 2, Region.ANY, ports=frozenset({1, 2})),
    )
    red = first_of(mixed, "red")
    piece = Region.of(port=1, **TCP)
    divided = verdict(mixed, red, piece, BY_2, Effort(64))
    assert isinstance(divided, Region)
    inside = piece & divided
    assert inside is not None
    verdicts = [
        verdict(mixed, red, part, BY_2, Effort(64)) for part in (inside, *piece.subtract(divided))
    ]
    assert set(verdicts) == {Grant.YES, Grant.NO}


def test_it_takes_no_more_work_than_it_is_given() -> None:
    many = [Rule("blue", 9, Region.of(**TCP, tcp_dst=port)) for port in range(80, 90)]
    at_2 = Rule("blue", 8, MORE_WEB, ports=frozenset({2}))
    found = layers(*many, at_2, Rule("red", 1, Region.ANY))
    piece = Region.of(port=1, **TCP)
    assert isinstance(verdict(found, first_of(found, "red"), piece, BY_2, Effort(4096)), Region)
    with pytest.raises(Inexpressible, match="more than 3 regions"):
        verdict(found, first_of(found, "red"), piece, BY_2, Effort(3))


def test_what_only_changes_its_port_is_not_asked_about_where_no_rule_names_ports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Layers, "held", None)
    blue = first_of(RED_WEB, "blue")
    assert verdict(RED_WEB, blue, Region.of(port=1), BY_2, Effort(64)) is Grant.YES
    assert (
        verdict(PORTS, first_of(PORTS, "red"), Region.of(port=1), Rewrite(), Effort(64))
        is Grant.YES
    )
    with pytest.raises(TypeError):
        verdict(PORTS, first_of(PORTS, "red"), Region.of(port=1), BY_2, Effort(64))
