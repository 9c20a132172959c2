"""From a policy file to a Policy, or to every reason why not.

Nothing is taken from a policy in which anything is wrong. Invariant: any text at all gives
a Policy or a PolicyError, and nothing else.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from slicer.policy.admission import check_admission
from slicer.policy.checks import check_rules
from slicer.policy.datapaths import read_datapaths
from slicer.policy.document import DocumentError, Node, Place, read_document
from slicer.policy.endpoints import Endpoint, endpoint_in
from slicer.policy.ends import Ends
from slicer.policy.links import read_links
from slicer.policy.listening import check_listening
from slicer.policy.ovsdb import Ovsdb, ovsdb_of
from slicer.policy.reading import items_of, known_entries, value_of
from slicer.policy.report import PolicyError, Problem, Report
from slicer.policy.rules import Known, read_rules
from slicer.policy.slices import NO_SLICES, Slices, read_slices
from slicer.policy.values import DatapathFacts, LinkFacts, Policy, PolicyRule

_KEYS = ("listen", "ovsdb", "datapaths", "links", "slices", "flowspace")
_REQUIRED = ("listen", "slices", "flowspace")
_LISTEN_FORM = "tcp:host:port, where datapaths connect, IPv6 addresses in [brackets]"


def load(path: str | Path) -> Policy:
    """The policy in a file of UTF-8 text; raises PolicyError with all that is wrong."""
    name = str(path)
    try:
        data = Path(path).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        found = f"no file that can be read ({error.strerror})"
        raise PolicyError([Problem(name, 1, 1, found, "a policy file")]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        found = f"the byte {data[error.start]:#04x}"
        raise PolicyError([Problem(name, line, column, found, "UTF-8 text")]) from error
    policy = parse(text, name)
    # Python keeps some thousand freed tuples for later, all over the memory that the document was
    # in, and with them that memory; this frees them.
    gc.collect()
    return policy


def parse(text: str, name: str) -> Policy:
    """The policy in a text, called `name` in errors; raises PolicyError with all of them."""
    report = Report(name)
    with _without_looking_for_circles():
        try:
            sections = _sections(read_document(text), report)
        except DocumentError as error:
            report.problem(error.place, error.found, error.expected)
            raise PolicyError(report.problems) from error
        policy = _checked(sections, report)
    if report.problems:
        raise PolicyError(report.problems)
    return replace(policy, warnings=tuple(sorted(report.notices)))


@contextmanager
def _without_looking_for_circles() -> Iterator[None]:
    """There are none among a policy's values, and to look for them again and again costs a third
    of the time that the reading of a large one takes."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Sections:
    """What could be read of each; the document, which takes more memory, is not needed any more."""

    listen: Mapping[Endpoint, Place]
    ovsdb: Ovsdb | None
    datapaths: Mapping[int, DatapathFacts] | None
    slices: Slices
    rules: tuple[PolicyRule, ...]
    links: tuple[LinkFacts, ...]


def _sections(root: Node, report: Report) -> _Sections:
    keys = known_entries(root, report, _KEYS, _REQUIRED) or {}
    listen = _listen(keys["listen"].value, report) if "listen" in keys else {}
    ovsdb = ovsdb_of(keys["ovsdb"].value, report) if "ovsdb" in keys else None
    before = len(report.problems)
    datapaths = read_datapaths(keys["datapaths"].value, report) if "datapaths" in keys else None
    doubtful = len(report.problems) > before
    ends = Ends(datapaths)
    slices = read_slices(keys["slices"].value, ends, report) if "slices" in keys else NO_SLICES
    rules: tuple[PolicyRule, ...] = ()
    if "flowspace" in keys:
        known = Known(tuple(slices.places), datapaths, doubtful)
        rules = read_rules(keys["flowspace"].value, report, known)
    links = read_links(keys["links"].value, ends, report) if "links" in keys else ()
    return _Sections(listen, ovsdb, datapaths, slices, rules, links)


def _checked(said: _Sections, report: Report) -> Policy:
    """The policy; to be thrown away if the report has problems."""
    places = said.slices.places
    check_listening(said.listen, said.slices.controllers, said.datapaths, report)
    check_rules(said.rules, places, report)
    listen, slices = tuple(said.listen), said.slices.slices
    policy = Policy(
        report.file, listen, said.datapaths, slices, said.rules, (), said.links, said.ovsdb
    )
    check_admission(policy, places, report)
    return policy


def _listen(node: Node, report: Report) -> dict[Endpoint, Place]:
    endpoints: dict[Endpoint, Place] = {}
    for item in items_of(node, report, f"a list of endpoints, each {_LISTEN_FORM}"):
        endpoint = value_of(item, report, _LISTEN_FORM, endpoint_in)
        if endpoint is not None:
            clash = next((other for other in endpoints if other.clashes(endpoint)), None)
            if clash is not None:
                report.problem(item.place, f"{endpoint} beside {clash}", "each port once")
            endpoints.setdefault(endpoint, item.place)
    return endpoints
