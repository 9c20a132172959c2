import pytest

from tests.unit.policy.policies import complaints, policy

S1_S2 = "{s1: {dpid: 1}, s2: {dpid: 2}}"


def errors(datapaths: str | None, listen: str = "tcp:127.0.0.1:6633", **slices: str) -> list[str]:
    every = ", ".join(f"{name}: {{controllers: {each}}}" for name, each in slices.items())
    sections = {"listen": f"[{listen}]", "slices": f"{{{every}}}"}
    if datapaths is not None:
        sections["datapaths"] = datapaths
    return complaints(**sections, flowspace=f"[{{slice: {next(iter(slices))}, priority: 1}}]")


@pytest.mark.parametrize(
    ("datapaths", "slices", "listen"),
    [
        (S1_S2, {"a": "ptcp:7000", "b": "ptcp:7002"}, "tcp:127.0.0.1:6633"),
        (S1_S2, {"a": "ptcp:7000", "b": "ptcp:7000:10.0.0.1"}, "tcp:127.0.0.1:6633"),
        (S1_S2, {"a": "ptcp:6634"}, "tcp:127.0.0.1:6633"),
        (None, {"a": "ptcp:7000", "b": "ptcp:7100"}, "tcp:127.0.0.1:6633"),
        (None, {"a": "ptcp:65535"}, "tcp:127.0.0.1:6633"),
        ("{}", {"a": "ptcp:65535"}, "tcp:127.0.0.1:6633"),
        (S1_S2, {"a": "tcp:10.0.0.1:6633"}, "tcp:0.0.0.0:6633"),
        (S1_S2, {"a": "tcp:controller:6633"}, "tcp:0.0.0.0:6633"),
        (S1_S2, {"a": "tcp:127.0.0.1:6653"}, "tcp:0.0.0.0:6633"),
    ],
)
def test_ports_that_can_be_had(datapaths: str | None, slices: dict[str, str], listen: str) -> None:
    assert errors(datapaths, listen, **slices) == []


@pytest.mark.parametrize(
    ("datapaths", "slices", "expected"),
    [
        (
            S1_S2,
            {"a": "ptcp:7000", "b": "ptcp:7001"},
            "found ports 7001-7002 of slice b, which overlap ports 7000-7001 of slice a, expected "
            "ports of their own",
        ),
        (
            S1_S2,
            {"a": "ptcp:7000", "b": "ptcp:7001:0.0.0.0"},
            "found ports 7001-7002 of slice b, which overlap ports 7000-7001 of slice a, expected "
            "ports of their own",
        ),
        (
            S1_S2,
            {"a": "[ptcp:7000, ptcp:7001]"},
            "found ports 7001-7002 of slice a, which overlap ports 7000-7001 of slice a, expected "
            "ports of their own",
        ),
        (
            S1_S2,
            {"a": "ptcp:6632"},
            "found ports 6632-6633 of slice a, which overlap ports 6633 of `listen`, expected "
            "ports of their own",
        ),
        (
            None,
            {"a": "ptcp:7000", "b": "ptcp:7050"},
            "found ports 7050-7149 of slice b, which overlap ports 7000-7099 of slice a, expected "
            "ports of their own (100 without a `datapaths` section, one for each there)",
        ),
        (
            S1_S2,
            {"a": "ptcp:65535"},
            "found ptcp:65535:127.0.0.1 with 2 datapaths, which needs ports up to 65536, expected "
            "a port up to 65534",
        ),
        (
            S1_S2,
            {"a": "tcp:127.0.0.1:6633"},
            "found tcp:127.0.0.1:6633, where the slicer itself listens for datapaths, expected a "
            "tenant controller's address",
        ),
    ],
)
def test_ports_that_cannot_be_had(
    datapaths: str | None, slices: dict[str, str], expected: str
) -> None:
    assert errors(datapaths, **slices) == [expected]


@pytest.mark.parametrize("base", [7000, 6999, 7101])
def test_watchers_ports_are_their_own_too(base: int) -> None:
    both = "{a: {controllers: ptcp:7000}, b: {controllers: ptcp:7100, watchers: ptcp:BASE}}"
    found = complaints(
        datapaths=S1_S2,
        slices=both.replace("BASE", str(base)),
        flowspace="[{slice: a, priority: 1}, {slice: b, priority: 2}]",
    )
    whose = "7100-7101 of slice b" if base == 7101 else "7000-7001 of slice a"
    assert found == [
        f"found ports {base}-{base + 1} of slice b, which overlap ports {whose}, expected ports of "
        "their own"
    ]


def test_a_watcher_is_not_the_slicer_itself() -> None:
    slices = "{a: {controllers: ptcp:7000, watchers: tcp:127.0.0.1:6633}}"
    found = complaints(slices=slices, flowspace="[{slice: a, priority: 1}]")
    assert found == [
        "found tcp:127.0.0.1:6633, where the slicer itself listens for datapaths, expected a "
        "tenant controller's address"
    ]


@pytest.mark.parametrize(
    ("host", "listen"), [("localhost", "0.0.0.0"), ("127.0.0.9", "0.0.0.0"), ("[::1]", "[::]")]
)
def test_dialling_our_own_ear_by_another_name_is_refused(host: str, listen: str) -> None:
    assert len(errors(S1_S2, f"tcp:{listen}:6633", a=f"tcp:{host}:6633")) == 1


def test_listening_twice_is_refused() -> None:
    assert complaints(listen="[tcp:127.0.0.1:6633, tcp:0.0.0.0:6633]") == [
        "found tcp:0.0.0.0:6633 beside tcp:127.0.0.1:6633, expected each port once"
    ]


def test_listening_at_several_places() -> None:
    assert len(policy(listen="[tcp:127.0.0.1:6633, tcp:10.0.0.1:6633]").listen) == 2
