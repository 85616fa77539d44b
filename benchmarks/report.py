"""Raw results as tables. Come here to change what is shown of them.

    python -m benchmarks.report results.json [--readme]

`--readme` writes the table of ratios into the README.
"""

import argparse
import json
import re
import statistics
from pathlib import Path
from typing import Any

_README = Path(__file__).resolve().parents[1] / "README.md"
_BEGIN, _END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"
Results = dict[str, Any]

SHOWN = (
    "sign-ups/s",
    "sign-ups/s, share of the hash alone",
    "sign-ups that failed",
    "sign-ins/s",
    "sign-ins/s, share of the hash alone",
    "sign-ins that failed",
    "reads/s",
    "read CPU, ms",
    "sign-up CPU, ms",
    "sign-in CPU, ms",
    "read p50 idle, ms",
    "read p99 idle, ms",
    "read p50 flooded, ms",
    "read p99 flooded, ms",
    "reads that failed, flooded",
    "sign-ins/s of the flood",
    "start, s",
    "PSS after start, MB",
    "PSS after load, MB",
)
_QUOTED = {
    "sign-ups/s": "sign-ups a second",
    "sign-ins/s": "sign-ins a second",
    "reads/s": "authenticated reads a second",
    "read CPU, ms": "CPU for a read",
    "read p99 flooded, ms": "a reader's p99 while 64 clients sign in",
    "PSS after load, MB": "memory after load",
}


def page(results: Results) -> str:
    """All that was measured, for a reader."""
    noted = ", ".join(f"{name}: {shown(value)}" for name, value in results["machine"].items())
    parts = ["# Muster beside its peers", noted, "![the same as a picture](plot.png)"]
    parts += ["Median (lowest to highest) of the runs.", table(results), settings(results)]
    parts += [f"Left out: {name}. {why}" for name, why in results["left out"].items()]
    parts += [f"Failed: {failure}" for failure in results["failures"]]
    return "\n\n".join(parts) + "\n"


def table(results: Results) -> str:
    """A row for each measure, a column for each peer."""
    peers = list(results["peers"])
    rows = [["", *peers]]
    rows += [[measure, *(_cell(results, peer, measure) for peer in peers)] for measure in SHOWN]
    return markdown(rows)


def settings(results: Results) -> str:
    """How each was run, and what its hash costs an attacker."""
    rows = [["", "version", "run as", "hash"]]
    rows += [
        [name, peer["version"], peer["settings"], peer["hash"]]
        for name, peer in results["peers"].items()
    ]
    costs = [["one hash", "CPU, ms"]]
    costs += [[name, shown(cost)] for name, cost in results["hashes, CPU ms"].items()]
    return f"{markdown(rows)}\n\n{markdown(costs)}"


def quoted(results: Results) -> str:
    """What the README says: ratios, and the hash of each."""
    noted = results["machine"]
    hashes = [
        [name, peer["version"], peer["hash"], shown(results["hashes, CPU ms"][peer["hash"]])]
        for name, peer in results["peers"].items()
        if "," not in name
    ]
    costs = markdown([["", "version", "hash", "its CPU, ms, by a fast library"], *hashes])
    measured = (
        f"Measured {noted['time'][:10]} on {noted['cores']} cores ({noted['processor']}), "
        f"{noted['runs']} runs, load before {shown(noted['load before'])}."
    )
    return f"{measured}\n\n{ratios(results)}\n\n{costs}"


def ratios(results: Results) -> str:
    """How many times the peer's figure Muster's is; the least and the most that the runs allow."""
    first, *others = results["peers"]
    rows = [["Muster ÷ …", *others]]
    for measure, words in _QUOTED.items():
        own = values(results, first, measure)
        cells = [_ratio(own, values(results, other, measure)) for other in others]
        rows.append([words, *cells])
    return markdown(rows)


def values(results: Results, peer: str, measure: str) -> list[float]:
    """What the runs gave; nothing where it was not measured."""
    found = [each["figures"].get(measure) for each in results["measured"] if each["peer"] == peer]
    return [value for value in found if value is not None]


def _ratio(own: list[float], other: list[float]) -> str:
    if not own or not other or not min(other):
        return "not measured"
    middle = statistics.median(own) / statistics.median(other)
    return f"{shown(middle)} ({shown(min(own) / max(other))} to {shown(max(own) / min(other))})"


def _cell(results: Results, peer: str, measure: str) -> str:
    found = values(results, peer, measure)
    if not found:
        return "not measured"
    middle = shown(statistics.median(found))
    spread = f" ({shown(min(found))} to {shown(max(found))})"
    return middle + (spread if len(found) > 1 and max(found) else "")


def shown(value: Any) -> str:
    """Three digits of a number, or what else it is."""
    if not isinstance(value, float) or value.is_integer():
        return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(rows: list[list[str]]) -> str:
    """A table with a heading."""
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def main() -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description="Show results.")
    parser.add_argument("results", type=Path)
    parser.add_argument("--readme", action="store_true", help="write the ratios into the README")
    options = parser.parse_args()
    results = json.loads(options.results.read_text())
    if options.readme:
        before, _old, after = re.split(f"{_BEGIN}|{_END}", _README.read_text())
        _README.write_text(f"{before}{_BEGIN}\n{quoted(results)}\n{_END}{after}")
    else:
        print(page(results))


if __name__ == "__main__":
    main()
