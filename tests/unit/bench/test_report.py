"""The page says what was measured, between its marks, and keeps the rest."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench.messages import Cost
from tests.bench.plots import bars
from tests.bench.report import BEGIN, END, write_page
from tests.bench.scenarios import QUICK, Figure, scenarios

FIGURES = [
    Figure("pipelined", "one <rule>", "answers/s", 200_000.0, 900_000.0, 123_000.0, 5e-6, 90 << 20),
    Figure("pipelined", "two rules", "answers/s", 190_000.0, 900_000.0),
    Figure("latency", "1,000 a second", "us, median", 150.0, 40.0, 132.0),
]


@pytest.mark.parametrize("runs", [1, 2])
def test_a_page_has_tables_and_plots(tmp_path: Path, runs: int) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nWritten by hand.\n")
    for _ in range(runs):
        write_page(page, FIGURES, [Cost("echo", 4, 2e-6, 1e-6)], "A note.")
    text = page.read_text()
    assert text.startswith("# Title\n\n")
    assert text.endswith("\n\nWritten by hand.\n")
    assert "old" not in text
    assert "| pipelined: one <rule> (answers/s) | 200,000 | 900,000 | 123,000 | 5.0 | 94 |" in text
    assert "| echo | OpenFlow 1.3 | 2.00 | 1.00 | 2.0 |" in text
    for plot in ("pipelined", "latency"):
        assert f"![{plot}](performance/{plot}.svg)" in text
        ElementTree.parse(tmp_path / "performance" / f"{plot}.svg")


def test_the_longest_bar_is_the_greatest_value() -> None:
    root = ElementTree.fromstring(
        bars("t", "u", [("a", {"x": 10.0, "y": 5.0}), ("b", {"x": 1.0, "y": None})])
    )
    widths = [
        float(each.get("width", "0")) for each in root.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert widths[-3:] == [420.0, 210.0, 42.0]


def test_a_quick_run_has_all_kinds_of_scenarios() -> None:
    names = [name for name, _ in scenarios(QUICK)]
    assert len(names) == len(set(names))
    assert names[-5:] == [
        "latency",
        "latency on one core",
        "bursts",
        "statistics of 1,000 flows",
        "connection of 16 switches",
    ]
