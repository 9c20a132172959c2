"""Seals on LLDP: they come off as they went on, and nobody else can make one."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.proxy.discovery import is_discovery, seal, unseal

SECRET = b"a secret"
packets = st.binary(min_size=14, max_size=300)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@given(packets, names)
def test_what_was_sealed_is_unsealed(packet: bytes, name: str) -> None:
    sealed = seal(packet, name, SECRET)
    assert sealed.startswith(packet)
    assert len(sealed) >= 60
    assert unseal(sealed, SECRET) == (name, packet)


@given(packets, names, st.data())
def test_a_changed_bit_breaks_the_seal(packet: bytes, name: str, data: st.DataObject) -> None:
    sealed = bytearray(seal(packet, name, SECRET))
    code_at = len(sealed) - 16 - 7
    filled = range(len(packet), code_at - len(name.encode()))
    places = [place for place in range(len(sealed)) if place not in filled]
    sealed[data.draw(st.sampled_from(places))] ^= 1 << data.draw(st.integers(0, 7))
    assert unseal(bytes(sealed), SECRET) is None


@given(packets, names)
def test_another_slicers_seal_means_nothing(packet: bytes, name: str) -> None:
    assert unseal(seal(packet, name, b"another secret"), SECRET) is None


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: data + b"slcr"))
def test_bytes_of_others_have_no_seal(data: bytes) -> None:
    assert unseal(data, SECRET) is None


def test_lldp_and_bddp_are_discovery() -> None:
    assert is_discovery(bytes(12) + b"\x88\xcc" + bytes(10))
    assert is_discovery(bytes(12) + b"\x89\x42")
    assert not is_discovery(bytes(12) + b"\x08\x00" + bytes(10))
    assert not is_discovery(bytes(13))
