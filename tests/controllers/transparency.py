"""What docs/transparency.md lists for the tests here: the rows of one of its tables.

Invariant: nothing else says which differences are on purpose.
"""

import re

from tests.live.lab import ROOT

_DOCUMENT = ROOT / "docs" / "transparency.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of a section's table, row by row, without its head."""
    sections = re.split(r"^## ", _DOCUMENT.read_text(), flags=re.MULTILINE)
    (section,) = (each for each in sections if each.startswith(f"{heading}\n"))
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
