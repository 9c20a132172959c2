"""The switch tester that ships inside os-ken (`os_ken/tests/switch`), and what it reports.

The tester has two switches, wired at ports 1 to 3: it programs the target, sends packets in by the
other one and looks what comes of them. Invariant: its program and its cases run as they are in
the package; all that is chosen here is which of the cases.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.controllers.packages import modules, program
from tests.live.lab import Lab, Process

OPENFLOW = {"1.0": "of10", "1.3": "of13"}
"""The folder of case files for a version."""
WIRED = (1, 2, 3)
_OPTION = {"1.0": "openflow10", "1.3": "openflow13"}
_TIMED = "throughput"
"""A case whose file says so measures rates for half a minute, and fails on a busy machine."""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One case: its file's title, its description, and which it is of those described so."""

    title: str
    description: str
    number: int = 1

    def __str__(self) -> str:
        number = f" (number {self.number})" if self.number > 1 else ""
        return f"{self.title}: {self.description}{number}"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of cases; `contents` are those of the JSON that the tester reads."""

    name: str
    title: str
    contents: Mapping[Case, Any]

    def only(self, cases: Iterable[Case]) -> "CaseFile":
        """This file with no other cases than these."""
        chosen = {case: self.contents[case] for case in cases if case in self.contents}
        return CaseFile(self.name, self.title, chosen)

    def write(self, folder: Path) -> None:
        """Put it into a folder for the tester."""
        (folder / self.name).write_text(json.dumps([self.title, *self.contents.values()]))


def case_files(version: str) -> list[CaseFile]:
    """All case files for an OpenFlow version that measure no rates."""
    folder = modules("os-ken") / "os_ken" / "tests" / "switch" / OPENFLOW[version]
    found = [_read(path, folder) for path in sorted(folder.rglob("*.json"))]
    return [each for each in found if _TIMED not in json.dumps(list(each.contents.values()))]


def _read(path: Path, folder: Path) -> CaseFile:
    title, *cases = json.loads(path.read_text())
    described = zip(_numbered(title, (case["description"] for case in cases)), cases, strict=True)
    return CaseFile("-".join(path.relative_to(folder).parts), title, dict(described))


def _numbered(title: str, descriptions: Iterable[str]) -> Iterator[Case]:
    seen: Counter[str] = Counter()
    for description in descriptions:
        seen[description] += 1
        yield Case(title, description, seen[description])


def shares(files: Iterable[CaseFile], count: int) -> list[list[CaseFile]]:
    """The files in so many shares of about equally many cases. Of files with the same title the
    tester reads only one, so each share has one at most."""
    made: list[list[CaseFile]] = [[] for _ in range(count)]
    for file in sorted(files, key=lambda each: -len(each.contents)):
        free = [share for share in made if all(file.title != each.title for each in share)]
        min(free, key=lambda share: sum(len(each.contents) for each in share)).append(file)
    return made


@dataclass(frozen=True, slots=True)
class RunningTester:
    """One run of the tester: its process, and the cases that it is to go through."""

    process: Process
    files: Sequence[CaseFile]

    @property
    def outcomes(self) -> dict[Case, str]:
        """What was wrong in each case, nothing if it has passed, once the tester has ended.

        The tester goes through the files by title, and through each from top to bottom.
        """
        log = self.process.log
        assert "---  Test end  ---" in log, log
        results = iter(_RESULT.finditer(log.partition("---  Test end  ---")[0]))
        outcomes: dict[Case, str] = {}
        for file in sorted(self.files, key=lambda each: each.title):
            for case in file.contents:
                result = next(results)
                assert result["description"] == case.description, result[0]
                outcomes[case] = (result["why"] or "").strip()
                assert bool(outcomes[case]) == (result["verdict"] == "ERROR"), result[0]
        return outcomes


_RESULT = re.compile(
    r"^    (?P<description>\S.*?) +(?P<verdict>OK|ERROR)$(?P<why>\n {8}.*)?", re.MULTILINE
)


def start(
    lab: Lab, name: str, version: str, files: Sequence[CaseFile], port: int, dpids: tuple[int, int]
) -> RunningTester:
    """Start a tester that listens at `port` for its target and the other switch, in this order."""
    folder = lab.folder / f"{name}-cases"
    folder.mkdir()
    for file in files:
        file.write(folder)
    target, other = (f"{dpid:016x}" for dpid in dpids)
    process = lab.start(
        [
            str(program("os-ken", "osken-manager")),
            *("--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", str(port)),
            *("--test-switch-target", target, "--test-switch-tester", other),
            *("--test-switch-target-version", _OPTION[version]),
            *("--test-switch-tester-version", _OPTION[version]),
            *("--test-switch-dir", str(folder), "os_ken.tests.switch.tester"),
        ],
        name,
    )
    return RunningTester(process, files)
