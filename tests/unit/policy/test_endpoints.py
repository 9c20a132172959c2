import pytest

from slicer.policy import Dial, Endpoint, Listen
from slicer.policy.endpoints import controller_in, endpoint_in


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp:127.0.0.1:6653", "127.0.0.1", 6653),
        ("tcp:localhost:1", "localhost", 1),
        ("tcp:c0.example.org:65535", "c0.example.org", 65535),
        ("tcp:[::1]:6653", "::1", 6653),
        ("tcp:[2001:DB8:0:0::1]:6653", "2001:db8::1", 6653),
        ("tcp:0.0.0.0:6633", "0.0.0.0", 6633),
    ],
)
def test_endpoints(text: str, host: str, port: int) -> None:
    assert endpoint_in(text) == Endpoint(host, port)
    assert controller_in(text) == Dial(Endpoint(host, port))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6653",
        "127.0.0.1:6653",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:",
        "tcp:127.0.0.1:0",
        "tcp:127.0.0.1:65536",
        "tcp:127.0.0.1:x",
        "tcp::6653",
        "tcp:::1:6653",
        "tcp:[127.0.0.1]:6653",
        "tcp:[localhost]:6653",
        "tcp:[]:6653",
        "tcp:10.0.0.300:6653",
        "tcp:10.1:6653",
        "tcp:a..b:6653",
        "tcp:-a:6653",
        "tcp:a b:6653",
        "ssl:127.0.0.1:6653",
        "tcp:127.0.0.1:6653 ",
        "tcp:" + "a" * 254 + ":6653",
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    assert endpoint_in(text) is None
    assert controller_in(text) is None


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("ptcp:7000", "127.0.0.1", 7000),
        ("ptcp:7000:0.0.0.0", "0.0.0.0", 7000),
        ("ptcp:7000:[::]", "::", 7000),
        ("ptcp:7000:localhost", "localhost", 7000),
    ],
)
def test_controllers_that_come_to_us(text: str, host: str, port: int) -> None:
    assert controller_in(text) == Listen(Endpoint(host, port))


@pytest.mark.parametrize(
    "text", ["ptcp:", "ptcp:0", "ptcp:70000", "ptcp:x", "ptcp:1:", "ptcp:1:a:b"]
)
def test_what_is_no_listening_controller(text: str) -> None:
    assert controller_in(text) is None


@pytest.mark.parametrize("text", ["tcp:127.0.0.1:6653", "tcp:[::1]:6653", "ptcp:7000:[::]"])
def test_endpoints_read_back_as_themselves(text: str) -> None:
    assert str(controller_in(text)) == text


@pytest.mark.parametrize(
    ("a", "b", "clash"),
    [
        (Endpoint("127.0.0.1", 1), Endpoint("127.0.0.1", 1), True),
        (Endpoint("127.0.0.1", 1), Endpoint("127.0.0.1", 2), False),
        (Endpoint("127.0.0.1", 1), Endpoint("10.0.0.1", 1), False),
        (Endpoint("0.0.0.0", 1), Endpoint("10.0.0.1", 1), True),
        (Endpoint("::1", 1), Endpoint("::", 1), True),
        (Endpoint("0.0.0.0", 1), Endpoint("::", 1), True),
        (Endpoint("0.0.0.0", 1), Endpoint("::1", 1), False),
        (Endpoint("0.0.0.0", 1), Endpoint("name", 1), True),
    ],
)
def test_what_cannot_both_be_listened_at(a: Endpoint, b: Endpoint, clash: bool) -> None:
    assert a.clashes(b) == b.clashes(a) == clash
