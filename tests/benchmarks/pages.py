"""Writes what a part found: a page, all figures, and a picture."""

import json
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.benchmarks.results import Chart, Found, Goal, number

mpl.use("agg")
COLOURS = ("#0b6e4f", "#c44536", "#6c757d", "#adb5bd", "#3d5a80", "#e09f3e", "#9b5de5")


def write(folder: Path, found: Found) -> None:
    """`<part>.md`, `<part>.json` and, where there is something to see, `<part>.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{found.part}.md").write_text(found.markdown(), encoding="utf-8")
    (folder / f"{found.part}.json").write_text(found.json(), encoding="utf-8")
    (folder / "goals.md").write_text(_goals(folder), encoding="utf-8")
    if found.charts:
        figure = Figure(figsize=(7.5 * len(found.charts), 4.2), layout="constrained")
        for axes, chart in zip(
            figure.subplots(1, len(found.charts), squeeze=False)[0], found.charts, strict=True
        ):
            _draw(axes, chart)
        figure.savefig(folder / f"{found.part}.png", dpi=110)


def _goals(folder: Path) -> str:
    """All goals of all parts that were measured so far."""
    lines = ["# Goals and figures", "", "| part | goal | limit | measured | |", "|---|---|---:|---:|---|"]
    for file in sorted(folder.glob("*.json")):
        whole = json.loads(file.read_text(encoding="utf-8"))
        for known in whole["goals"]:
            goal = Goal(**{name: value for name, value in known.items() if name != "met"})
            lines.append(f"| [{whole['part']}]({whole['part']}.md) {goal.line()}")
    return "\n".join(lines) + "\n"


def _draw(axes: Axes, chart: Chart) -> None:
    if chart.bars:
        colours = [COLOURS[at % len(COLOURS)] for at in range(len(chart.bars))]
        bars = axes.barh(list(chart.bars), list(chart.bars.values()), color=colours)
        axes.bar_label(bars, [number(value) for value in chart.bars.values()], padding=4)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_xlabel(chart.y)
    for colour, (name, points) in zip(COLOURS, chart.lines.items(), strict=False):
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", color=colour, label=name)
    if chart.lines:
        axes.set_ylim(0, 1.1 * max(y for points in chart.lines.values() for _, y in points))
        axes.set_xlabel(chart.x)
        axes.set_ylabel(chart.y)
        axes.legend(loc="lower right")
        if chart.log_x:
            axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(chart.title)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
