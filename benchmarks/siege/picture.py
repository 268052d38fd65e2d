"""A siege as a picture: what was answered each second, when a store was away, and what a worker kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.siege import figures
from benchmarks.siege.run import Found

WIDTH, MARGIN, LEFT = 880, 28, 62
ANSWERS, MEMORY = 190, 90
TOP, BETWEEN, FOOT = 92, 62, 46

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2937 }
.title { font-size: 18px; font-weight: 650 }
.head { font-size: 14px; font-weight: 600 }
.soft { fill: #6b7280 }
.in { fill: #0f9d76 }
.out { fill: #94a0b2 }
.away { fill: #e0a100 }
.fault { fill: #f6e7c1 }
.kill { stroke: #c2413a; stroke-width: 1.5 }
.axis { stroke: #d7dce3 }
.line { stroke: #0f9d76; stroke-width: 1.5; fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb }
  .soft { fill: #9aa3b2 }
  .in { fill: #2fcf9e }
  .out { fill: #6d7a90 }
  .fault { fill: #4a3d1c }
  .axis { stroke: #3a4352 }
  .line { stroke: #2fcf9e }
}
"""


def draw(found: Found) -> str:
    """An SVG that reads well on a light and on a dark page."""
    height = TOP + ANSWERS + BETWEEN + MEMORY + FOOT
    below = TOP + ANSWERS + BETWEEN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title">',
        '<title id="title">Answers each second while stores fail and workers are killed</title>',
        f"<style>{STYLE}</style>",
        _text(MARGIN, 32, "Load and faults together", "title"),
        *_legend(),
        *_faults(found, TOP, ANSWERS),
        *_faults(found, below, MEMORY),
        *_answers(found),
        *_kills(found),
        *_memory(found, below),
        _text(
            MARGIN,
            height - 14,
            f"{found.seconds / 60:.1f} minutes; made by python -m benchmarks.siege",
            "soft",
        ),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(x: float, y: float, text: str, classes: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{classes}" text-anchor="{anchor}">{escape(text)}</text>'


def _x(found: Found, at: float) -> float:
    share = min(max(at - found.began, 0.0), found.seconds) / found.seconds
    return LEFT + share * (WIDTH - LEFT - MARGIN)


def _legend() -> Iterator[str]:
    x = float(MARGIN)
    for kind, label in (("in", "let in"), ("out", "refused"), ("away", "503"), ("fault", "a store is away")):
        yield f'<rect x="{x:g}" y="46" width="12" height="12" rx="2" class="{kind}"/>'
        yield _text(x + 18, 57, label)
        x += 36 + 7.2 * len(label)
    yield f'<line x1="{x + 6:g}" x2="{x + 6:g}" y1="45" y2="59" class="kill"/>'
    yield _text(x + 18, 57, "a worker is killed")


def _faults(found: Found, top: int, height: int) -> Iterator[str]:
    for window in found.ledger.faults:
        start, end = _x(found, window.began), _x(found, window.healed)
        yield (
            f'<rect x="{start:.1f}" y="{top}" width="{max(1.0, end - start):.1f}" height="{height}" '
            'class="fault"/>'
        )


def _kills(found: Found) -> Iterator[str]:
    for kill in found.ledger.kills:
        x = _x(found, kill.began)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{TOP + ANSWERS}" class="kill"/>'


def _answers(found: Found) -> Iterator[str]:
    seconds = figures.per_second(found)
    most = max(1, *(sum(second.values()) for second in seconds))
    yield _text(MARGIN, TOP - 12, f"Answers a second; at most {most:,}", "head")
    base = TOP + ANSWERS
    step = (WIDTH - LEFT - MARGIN) / max(1, len(seconds))
    below = [0] * len(seconds)
    for kind, classes in (("in", "in"), ("out", "out"), ("503", "away")):
        tops = [under + second[kind] for under, second in zip(below, seconds, strict=True)]
        yield f'<path d="{_area(below, tops, base, ANSWERS / most, step)}" class="{classes}"/>'
        below = tops
    yield f'<line x1="{LEFT}" x2="{WIDTH - MARGIN}" y1="{base}" y2="{base}" class="axis"/>'
    for share in (0.0, 0.5, 1.0):
        x = LEFT + share * (WIDTH - LEFT - MARGIN)
        anchor = {0.0: "start", 1.0: "end"}.get(share, "middle")
        yield _text(x, base + 17, f"{share * found.seconds / 60:.1f} min", "soft", anchor)


def _area(below: Sequence[int], tops: Sequence[int], base: int, scale: float, step: float) -> str:
    """The path around one band, one step wide for each second."""
    there, back = [], []
    for place, (low, top) in enumerate(zip(below, tops, strict=True)):
        left, right = LEFT + place * step, LEFT + (place + 1) * step
        there += [f"{x:.1f},{base - top * scale:.1f}" for x in (left, right)]
        back += [f"{x:.1f},{base - low * scale:.1f}" for x in (left, right)]
    return f"M{' '.join([*there, *reversed(back)])}Z"


def _memory(found: Found, top: int) -> Iterator[str]:
    seen = figures.eldest(found)
    if not seen:
        return
    most = 1.25 * max(each.bytes for each in seen)
    highest = max(each.bytes for each in seen) / figures.MIB
    yield _text(MARGIN, top - 12, f"Memory of a worker's own; at most {highest:.1f} MiB", "head")
    points = " ".join(
        f"{_x(found, each.at):.1f},{top + MEMORY * (1 - each.bytes / most):.1f}" for each in seen
    )
    yield f'<polyline points="{points}" class="line"/>'
    yield f'<line x1="{LEFT}" x2="{WIDTH - MARGIN}" y1="{top + MEMORY}" y2="{top + MEMORY}" class="axis"/>'
