"""Raw results as a picture. Come here to change what it shows.

Runs in an environment of its own, which has matplotlib: python plot.py results.json plot.png
"""

import json
import statistics
import sys
from pathlib import Path

from matplotlib import pyplot as plt

_PANELS = {
    "sign-ups/s": "sign-ups a second",
    "sign-ins/s": "sign-ins a second",
    "reads/s": "authenticated reads a second",
    "read CPU, ms": "CPU for a read, ms",
    "read p99 idle, ms": "read p99, idle, ms",
    "read p99 flooded, ms": "read p99 while 64 clients sign in, ms",
    "start, s": "warm start, s",
    "PSS after load, MB": "memory after load, MB (PSS)",
}
_OURS, _THEIRS = "#0b6e4f", "#9aa5b1"


def draw(results, path):
    """A panel for each measure: medians as bars, lowest to highest as a line."""
    figure, panels = plt.subplots(4, 2, figsize=(11, 12), layout="constrained")
    for panel, (measure, title) in zip(panels.flat, _PANELS.items(), strict=True):
        _bars(panel, results, measure)
        panel.set_title(title, fontsize=10, loc="left")
    figure.suptitle(_caption(results["machine"]), fontsize=10)
    figure.savefig(path, dpi=110)


def _bars(panel, results, measure):
    for place, peer in enumerate(reversed(results["peers"])):
        found = [
            each["figures"][measure]
            for each in results["measured"]
            if each["peer"] == peer and each["figures"][measure] is not None
        ]
        if not found:
            continue
        middle = statistics.median(found)
        spread = [[middle - min(found)], [max(found) - middle]]
        color = _OURS if peer.startswith("Muster") else _THEIRS
        panel.barh(place, middle, xerr=spread, color=color, ecolor="black", capsize=3)
        panel.annotate(
            f" {middle:,.3g}" if middle < 100 else f" {middle:,.0f}",
            (max(found), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    panel.set_yticks(range(len(results["peers"])), list(reversed(results["peers"])), fontsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.margins(x=0.18)
    panel.set_xlim(left=0)
    if "p99" in measure:
        panel.set_xscale("symlog", linthresh=1)
        panel.set_xlim(right=panel.get_xlim()[1] * 4)  # room for the numbers


def _caption(machine):
    return (
        f"{machine['cores']} cores, {machine['processor']}, SQLite, {machine['runs']} runs, "
        f"{machine['time'][:10]}; each with its own default password hash"
    )


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
