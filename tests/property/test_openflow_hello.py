"""Hello: any set of versions survives, and negotiation picks one that both sides have."""

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.dialect import Dialect
from slicer.openflow.hello import decode_hello, encode_hello, negotiate
from slicer.openflow.messages import Hello
from tests.property.openflow_messages import hellos


class Numbered:
    """A dialect that is a version and nothing else."""

    def __init__(self, version: int) -> None:
        self.version = version


SUPPORTED = st.frozensets(st.integers(1, 255), max_size=5).map(
    lambda versions: {version: cast(Dialect, Numbered(version)) for version in versions}
)


@given(hellos)
def test_a_hello_is_read_as_it_was_written(hello: Hello) -> None:
    assert decode_hello(encode_hello(hello)) == hello


@given(SUPPORTED, hellos)
def test_negotiation_picks_nothing_that_one_side_lacks(
    supported: dict[int, Dialect], hello: Hello
) -> None:
    chosen = negotiate(supported, hello)
    if hello.has_bitmap:
        common = hello.versions & supported.keys()
        assert chosen is (supported[max(common)] if common else None)
    elif chosen is not None:
        assert chosen.version == min(max(hello.versions), max(supported))
    elif supported:
        assert min(max(hello.versions), max(supported)) not in supported
