"""Processes: what the slicer's process and those that it has started use, as the kernel counts it.

Invariant: nothing here changes what is measured, but for reading /proc.
"""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12


def family(process: int) -> list[int]:
    """A process and all that descend from it, itself first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(folder.name))
        if fields:
            children.setdefault(int(fields[_PARENT]), []).append(int(folder.name))
    found = [process]
    for each in found:
        found += sorted(children.get(each, []))
    return found


def used(processes: list[int]) -> float:
    """Seconds of a processor that they have used."""
    all_fields = map(_fields, processes)
    return sum(int(each[_USER]) + int(each[_SYSTEM]) for each in all_fields if each) / _TICKS


def own_memory(process: int) -> int:
    """Bytes that a process holds, what it shares with others divided among them (PSS)."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {process} has no PSS")


def _fields(process: int) -> list[str]:
    """What comes after the command in /proc/PID/stat; empty for one that has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
