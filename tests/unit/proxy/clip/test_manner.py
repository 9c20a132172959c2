"""Which datapaths are clipped, and with what bounds."""

from slicer.openflow.v10 import V10
from slicer.policy import parse
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.clip.manner import PLAIN, clipping
from slicer.proxy.clip.tenancy import Bounds
from slicer.proxy.settings import Settings

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:127.0.0.1:6653], limits: {pieces: 3, flows: 0}}
  blue: {controllers: [tcp:127.0.0.1:6654]}
flowspace: [{slice: red, priority: 1}]
"""


def test_those_of_openflow_1_0_are_each_with_an_enforcement_of_its_own() -> None:
    manners = clipping(parse(POLICY, "policy.yaml"), Settings(), b"")
    assert set(manners) == {1}
    assert manners[1].tenant_dialects == {1: V10}
    one, other = manners[1].enforcement(), manners[1].enforcement()
    assert isinstance(one, Clip)
    assert one is not other


def test_bounds_are_the_slices_own_or_the_usual_ones() -> None:
    settings = Settings(pieces_per_flow=7, flows_per_sliver=9, flow_bytes_per_sliver=10_000)
    made = clipping(parse(POLICY, "policy.yaml"), settings, b"")[1].enforcement()
    assert isinstance(made, Clip)
    assert made._tenancy.bounds_of("red") == Bounds(3, 0, 10_000)
    assert made._tenancy.bounds_of("blue") == Bounds(7, 9, 9 * PLAIN)
