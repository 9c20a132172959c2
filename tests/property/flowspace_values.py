"""Hypothesis strategies for the flowspace: matches, points and rules that often meet.

Values come from a few numbers a field and masks from a few shapes, so that two matches
overlap, contain each other or miss each other by a bit about equally often.
"""

from hypothesis import strategies as st

from slicer.flowspace import FIELDS, FlowSpace, Match, Point, Rule
from slicer.flowspace.fields import VLAN_PRESENT, Field

SLICES = ("red", "green", "blue")
PORTS = (1, 2, 3)
DPIDS = (1, 2)

# What fixes the kind of a packet, from which the other fields that it may have follow.
STACKS: tuple[dict[str, int], ...] = (
    {},
    {"eth_type": 0x0806},
    {"eth_type": 0x8847},
    {"eth_type": 0x0800},
    {"eth_type": 0x0800, "ip_proto": 6},
    {"eth_type": 0x0800, "ip_proto": 6},
    {"eth_type": 0x0800, "ip_proto": 17},
    {"eth_type": 0x0800, "ip_proto": 1},
    {"eth_type": 0x86DD},
    {"eth_type": 0x86DD, "ip_proto": 6},
    {"eth_type": 0x86DD, "ip_proto": 44},
    {"eth_type": 0x86DD, "ip_proto": 58},
    {"eth_type": 0x86DD, "ip_proto": 58, "icmpv6_type": 135, "icmpv6_code": 0},
)


def numbers(field: Field) -> st.SearchStrategy[int]:
    """Values of a field, few of them."""
    if field.name == "port":
        return st.sampled_from(PORTS)
    if field.name == "vlan_vid":
        return st.sampled_from((0, VLAN_PRESENT, VLAN_PRESENT | 5, VLAN_PRESENT | 7))
    top = 1 << (field.bits - 1)
    return st.sampled_from(sorted({0, 1, 2 & field.ones, 3 & field.ones, top, field.ones}))


def masks(field: Field) -> st.SearchStrategy[int]:
    """Masks of a field: whole, the upper bits, the lower bits."""
    ones = field.ones
    if not field.maskable:
        return st.just(ones)
    return st.sampled_from((ones, ones, ones & ~1, ones & ~3, ones & ~(ones >> 1), 1, ones >> 1))


def stacks() -> st.SearchStrategy[dict[str, int]]:
    """The kinds of packets."""
    return st.sampled_from(STACKS)


def applicable(stack: dict[str, int]) -> list[Field]:
    """The other fields that every packet of this kind has."""
    header = sum(value << FIELDS[name].shift for name, value in stack.items())
    return [field for field in FIELDS.values() if field.name not in stack and field.applies(header)]


@st.composite
def matches(draw: st.DrawFn) -> Match:
    """Valid matches."""
    stack = draw(stacks())
    free = [field for field in applicable(stack) if field.name not in ("eth_type", "ip_proto")]
    wanted: dict[str, int | tuple[int, int]] = dict(stack)
    for field in draw(st.lists(st.sampled_from(free), max_size=3, unique=True)):
        mask = draw(masks(field))
        value = draw(numbers(field)) & mask
        if field.name == "vlan_vid" and value & 0xFFF and mask & VLAN_PRESENT:
            value |= VLAN_PRESENT
        wanted[field.name] = (value, mask)
    return Match.of(**wanted)


@st.composite
def points(draw: st.DrawFn, *, later_fragments: bool = False) -> Point:
    """Valid points; with `later_fragments`, only those."""
    if later_fragments:
        versions = ({"eth_type": 0x0800, "ip_proto": 6}, {"eth_type": 0x86DD, "ip_proto": 44})
        stack = draw(st.sampled_from(versions))
    else:
        stack = draw(stacks())
    values = dict(stack)
    values.setdefault("eth_type", draw(st.sampled_from((0x0800, 0x0806, 0x88CC))))
    for field in applicable(values):
        if not (later_fragments and field.transport):
            values[field.name] = draw(numbers(field))
    if not values["vlan_vid"]:
        values.pop("vlan_pcp", None)
    return Point.of(later_fragments, **values)


@st.composite
def points_near(draw: st.DrawFn, *near: Match) -> Point:
    """Points of which many are in one of the matches: a witness with some bits flipped."""
    witness = draw(st.sampled_from(near)).witness()
    values = dict(witness)
    for name in draw(st.lists(st.sampled_from(sorted(values)), max_size=3, unique=True)):
        field = FIELDS[name]
        if name in ("eth_type", "ip_proto", "icmpv6_type", "icmpv6_code", "vlan_vid"):
            continue
        values[name] = draw(numbers(field))
    return Point.of(False, **values)


@st.composite
def rules(draw: st.DrawFn, *, datapaths: bool = False) -> Rule:
    """Rules of three slices, in few priorities and at few ports."""
    some_ports = st.none() | st.frozensets(st.sampled_from(PORTS), min_size=1)
    some_dpids = st.none() | st.frozensets(st.sampled_from(DPIDS), min_size=1)
    return Rule(
        draw(st.sampled_from(SLICES)),
        draw(st.integers(1, 5)),
        draw(matches()),
        draw(some_dpids) if datapaths else None,
        draw(some_ports),
    )


def sound(rules: list[Rule]) -> list[Rule]:
    """The rules without those that conflict with one before."""
    kept: list[Rule] = []
    for rule in rules:
        if not list(FlowSpace([*kept, rule]).conflicts()):
            kept.append(rule)
    return kept


def flowspaces(*, max_size: int = 6) -> st.SearchStrategy[FlowSpace]:
    """Flowspaces in which no two rules conflict."""
    return st.lists(rules(), min_size=1, max_size=max_size).map(lambda rs: FlowSpace(sound(rs)))
