"""The results as a picture: one panel of bars for each kind of credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from benchmarks.requests import REQUESTS

PANELS = ("jwt", "jwt_fresh", "session", "apikey")
LEFT_OUT = ("nexios_full",)
"""In the tables only: its bar is the small application's again."""

WIDTH, MARGIN, GAP = 880, 28, 44
LABEL, VALUE = 126, 62
BAR, ROW = 16, 25
TOP, HEAD, FOOT = 76, 34, 30
PANEL = (WIDTH - 2 * MARGIN - GAP) // 2

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2937 }
.title { font-size: 18px; font-weight: 650 }
.head { font-size: 14px; font-weight: 600 }
.soft { fill: #6b7280 }
.strong { font-weight: 650 }
.value { font-variant-numeric: tabular-nums }
.bar { fill: #c3cad5 }
.hand { fill: #94a0b2 }
.ours { fill: #0f9d76 }
.axis { stroke: #d7dce3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb }
  .soft { fill: #9aa3b2 }
  .bar { fill: #475163 }
  .hand { fill: #6d7a90 }
  .ours { fill: #2fcf9e }
  .axis { stroke: #3a4352 }
}
"""


def _text(x: float, y: float, text: str, classes: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{classes}" text-anchor="{anchor}">{escape(text)}</text>'


def _panel(
    x: float, y: float, title: str, values: Mapping[str, float], labels: Mapping[str, str]
) -> Iterator[str]:
    yield _text(x, y + 12, title[0].upper() + title[1:], "head")
    start = x + LABEL
    scale = (PANEL - LABEL - VALUE) / max(values.values())
    top = y + HEAD - 8
    for row, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        line = top + row * ROW
        kind = {"nexios": "ours", "raw": "hand"}.get(name, "bar")
        weight = "strong" if kind == "ours" else ""
        width = max(2.0, value * scale)
        yield _text(start - 9, line + BAR - 3.5, labels[name], weight, "end")
        yield f'<rect x="{start:g}" y="{line:g}" width="{width:.1f}" height="{BAR}" rx="2" class="{kind}"/>'
        yield _text(start + width + 7, line + BAR - 3.5, f"{value:.1f} µs", f"value {weight or 'soft'}")
    end = top + (len(values) - 1) * ROW + BAR + 3
    yield f'<line x1="{start:g}" x2="{start:g}" y1="{top - 3:g}" y2="{end:g}" class="axis"/>'


def draw(figures: Mapping[str, Mapping[str, Mapping[str, float]]], labels: Mapping[str, str]) -> str:
    """An SVG that reads well on a light and on a dark page.

    Args:
        figures: The in-process part of the results: request to application to its figure.
        labels: Application to what its bar is called.
    """
    panels = [name for name in PANELS if name in figures]
    apps = [name for name in next(iter(figures.values())) if name not in LEFT_OUT]
    height_of_panel = HEAD + len(apps) * ROW + 18
    height = TOP + -(-len(panels) // 2) * height_of_panel + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title">',
        '<title id="title">Time for one authenticated request, by framework</title>',
        f"<style>{STYLE}</style>",
        _text(MARGIN, 32, "What one authenticated request costs", "title"),
        _text(MARGIN, 53, "µs in process, less is better", "soft"),
    ]
    for place, name in enumerate(panels):
        x = MARGIN + place % 2 * (PANEL + GAP)
        y = TOP + place // 2 * height_of_panel
        values = {app: figures[name][app]["value"] for app in apps}
        lines += _panel(x, y, REQUESTS[name].title, values, labels)
    foot = "Median of interleaved rounds; the same requests to each; made by python -m benchmarks"
    lines += [_text(MARGIN, height - 14, foot, "soft"), "</svg>"]
    return "\n".join(lines) + "\n"
