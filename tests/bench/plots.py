"""Plots: figures as bars, in SVG.

One row a figure, a bar for each of its values, drawn to one scale. It knows nothing of what is
measured. Invariant: the longest bar is as long as there is room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_LABELS, _BARS, _VALUES = 270, 420, 110
_BAR, _GAP, _TOP = 14, 12, 64
_COLOURS = ("#2563a8", "#b8c4d0", "#d08a3c")

Values = Mapping[str, float | None]


def bars(title: str, unit: str, rows: Sequence[tuple[str, Values]]) -> str:
    """A plot; each row has the same names of values, and those that are None have no bar."""
    names = list(rows[0][1])
    colours = dict(zip(names, _COLOURS, strict=False))
    most = max(value for _, values in rows for value in values.values() if value is not None)
    drawn = [_text(0, 18, f"{title} ({unit})", weight="bold")]
    for number, name in enumerate(names):
        left = _LABELS + number * 130
        drawn += [_bar(left, 32, 12, colours[name]), _text(left + 18, 43, name)]
    top = _TOP
    for label, values in rows:
        there = {name: value for name, value in values.items() if value is not None}
        drawn.append(_text(0, top + len(there) * _BAR / 2 + 4, label))
        for name, value in there.items():
            length = _BARS * value / most
            drawn.append(_bar(_LABELS, top, length, colours[name]))
            drawn.append(_text(_LABELS + length + 6, top + 11, _said(value)))
            top += _BAR
        top += _GAP
    width = _LABELS + _BARS + _VALUES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" '
        f'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{width}" height="{top}" fill="white"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _bar(left: float, top: float, length: float, colour: str) -> str:
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{max(length, 1):.1f}" '
        f'height="{_BAR - 2}" fill="{colour}"/>'
    )


def _text(left: float, base: float, text: str, weight: str = "normal") -> str:
    return (
        f'<text x="{left:.0f}" y="{base:.0f}" font-weight="{weight}" fill="#222">'
        f"{escape(text)}</text>"
    )


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
