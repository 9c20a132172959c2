"""Values in a policy stand for exactly the header values that they name."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import FIELDS, HeaderError, Match
from slicer.flowspace.text import format_value
from slicer.policy.field_values import pairs_of
from slicer.policy.ranges import pairs_of_range
from tests.property.flowspace_values import matches


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_range_is_decomposed_exactly(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    pairs = pairs_of_range(low, high, 8)
    for number in range(256):
        inside = [pair for pair in pairs if number & pair[1] == pair[0]]
        assert len(inside) == int(low <= number <= high)
    assert len(pairs) <= 14


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_port_range_holds_the_ports_between_its_ends(a: int, b: int, port: int) -> None:
    low, high = min(a, b), max(a, b)
    pairs = pairs_of(FIELDS["tcp_dst"], f"{low}-{high}")
    assert any(port & mask == value for value, mask in pairs) == (low <= port <= high)


@given(st.integers(0, 4095), st.integers(0, 4095), st.integers(0, 0x1FFF))
def test_a_vlan_range_holds_the_tags_between_its_ends(a: int, b: int, vid: int) -> None:
    low, high = min(a, b), max(a, b)
    pairs = pairs_of(FIELDS["vlan_vid"], f"{low}-{high}")
    inside = bool(vid & 0x1000) and low <= vid & 0xFFF <= high
    assert any(vid & mask == value for value, mask in pairs) == inside


@given(matches())
def test_what_is_written_of_a_match_reads_back_as_it(match: Match) -> None:
    read = {}
    for name, (value, mask) in match.fields.items():
        if name == "port":
            read[name] = (value, mask)
        else:
            (read[name],) = pairs_of(FIELDS[name], format_value(name, value, mask))
    assert Match.of(**read) == match


@given(st.sampled_from(list(FIELDS)), st.text(max_size=12) | st.from_regex(r"[0-9a-fx:./-]{1,20}"))
def test_any_text_is_a_value_or_refused(name: str, text: str) -> None:
    field = FIELDS[name]
    try:
        pairs = pairs_of(field, text)
    except HeaderError as error:
        said = str(error)
        pairs = []
    else:
        said = ""
    assert pairs or said.startswith(f"found {name} ")
    for value, mask in pairs:
        assert not value & ~mask
        assert 0 <= mask <= field.ones
