"""The figures of benchmarks/scale.py as tables. Come here to change what is shown of them."""

import statistics
from typing import Any

from benchmarks.report import markdown, shown

_FIGURES = ("CPU, ms", "p50, ms")


def page(results: dict[str, Any]) -> str:
    """A table for each engine and figure."""
    noted = ", ".join(f"{name}: {shown(value)}" for name, value in results["machine"].items())
    parts = ["# The cost of requests with many accounts", noted]
    parts.append("Median of the rounds; in parentheses the ratio to the smallest size in the same")
    parts[-1] += " round, its median, lowest and highest. Hashes have 1,000 rounds."
    for engine, found in results["engines"].items():
        filled = found["seconds to fill"].items()
        times = ", ".join(f"{int(people):,} in {shown(seconds)} s" for people, seconds in filled)
        parts.append(f"## {engine}\n\nFilled: {times}.")
        parts += [_table(found["measured"], figure) for figure in _FIGURES]
    return "\n\n".join(parts) + "\n"


def _table(measured: list[dict[str, Any]], figure: str) -> str:
    sizes = sorted({row["people"] for row in measured})
    rows = [[figure, *(f"{size:,} accounts" for size in sizes)]]
    for kind in dict.fromkeys(row["kind"] for row in measured):
        series = {size: _values(measured, kind, size, figure) for size in sizes}
        rows.append([kind, *(_cell(series[size], series[sizes[0]]) for size in sizes)])
    return markdown(rows)


def _values(measured: list[dict[str, Any]], kind: str, people: int, figure: str) -> list[float]:
    return [row[figure] for row in measured if (row["kind"], row["people"]) == (kind, people)]


def _cell(values: list[float], smallest: list[float]) -> str:
    middle = shown(statistics.median(values))
    if values is smallest or not all(smallest):
        return middle
    ratios = [value / least for value, least in zip(values, smallest, strict=True)]
    spread = f"{shown(min(ratios))} to {shown(max(ratios))}"
    return f"{middle} ({shown(statistics.median(ratios))}, {spread})"
