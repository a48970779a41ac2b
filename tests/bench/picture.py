# SPDX-License-Identifier: BSD-3-Clause
"""bench.json as a picture: SVG, of rectangles and words."""
from xml.sax.saxutils import escape

import published

WIDTH, LEFT, RIGHT, ROW, TOP = 920, 300, 150, 26, 64
INK, PALE, GRID = "#1f2933", "#616e7c", "#e4e7eb"
OURS, UNSETTLED, PEER, TARGET = "#0b7285", "#66a9b5", "#f08c00", "#c92a2a"
STAGES = ("#5f3dc4", "#0b7285", "#2b8a3e", "#e67700")


def rectangle(x, y, width, height, fill):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{fill}"/>'


def words(x, y, text, anchor="start", fill=INK, size=13, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size}" font-weight="{weight}">'
            f'{escape(text)}</text>')


def grid(x, top, bottom):
    return f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{GRID}"/>'


class Scale:
    """Shares of testpmd, from nothing to the most that is drawn."""

    def __init__(self, rows):
        largest = max([row["ratio"] or 0 for row in rows] + [row["target"] or 0 for row in rows] + [0.1])
        self.most = (int(largest * 10) + 1) / 10
        self.width = WIDTH - LEFT - RIGHT

    def x(self, share):
        return LEFT + share / self.most * self.width


def bar(row, y, scale):
    yield words(LEFT - 10, y + 14, row["name"], "end")
    if row["ratio"] is None:
        yield words(LEFT + 4, y + 14, "not measured", fill=PALE, size=12)
    else:
        end = scale.x(row["ratio"])
        yield rectangle(LEFT, y + 3, end - LEFT, 10, OURS if row["settled"] else UNSETTLED)
        yield words(WIDTH - 12, y + 14, f"{row['ratio']:.2f}   {row['mpps']:.1f} Mpps", "end", PALE, 12)
    if row["key"] in published.SHARES:
        yield rectangle(LEFT, y + 15, scale.x(published.SHARES[row["key"]][1]) - LEFT, 5, PEER)
    if row["target"]:
        yield rectangle(scale.x(row["target"]) - 1, y, 2, 21, TARGET)


def legend(y, rows):
    x = LEFT
    for fill, text, shown in ((OURS, "Junction", True), (UNSETTLED, "not settled", any(row["settled"] is False for row in rows)),
                              (PEER, "OVS-DPDK, measured elsewhere", any(row["key"] in published.SHARES for row in rows)),
                              (TARGET, "target", True)):
        if shown:
            yield rectangle(x, y - 9, 10, 10, fill)
            yield words(x + 15, y, text, fill=PALE, size=12)
            x += 40 + 7 * len(text)


def shares(rows):
    """Bars of the rows, and how high they are."""
    scale, bottom = Scale(rows), TOP + len(rows) * ROW
    parts = [words(12, 24, "Packets a second on one core, as a share of DPDK's testpmd on the same ports in the same run", weight="bold"),
             *legend(46, rows)]
    for tenth in range(int(scale.most * 10) + 1):
        parts += [grid(scale.x(tenth / 10), TOP - 6, bottom), words(scale.x(tenth / 10), bottom + 14, f"{tenth / 10:.1f}", "middle", PALE, 11)]
    for number, row in enumerate(rows):
        parts += bar(row, TOP + number * ROW, scale)
    return parts, bottom + 30


def stages(figures, top):
    """One bar: what a packet of the common path costs, by stage."""
    cycles = [(key, figures[key]) for key in ("parse", "flow", "inspect", "forward") if figures.get(key)]
    if len(cycles) < 4:
        return [], top
    total, x, free = sum(value for _, value in cycles), LEFT, LEFT  # free: no word stands from there on
    parts = [words(12, top + 24, f"Where the {total:.0f} cycles of Junction's own stages go (2,048 flows)", weight="bold")]
    for (name, value), fill in zip(cycles, STAGES):
        width = value / total * (WIDTH - LEFT - RIGHT)
        parts += [rectangle(x, top + 36, width, 16, fill), words(max(x, free), top + 68, f"{name} {value:.1f}", fill=PALE, size=12)]
        x, free = x + width, max(x, free) + 84
    return parts, top + 84


def draw(results):
    parts, height = shares([{"settled": None} | row for row in results["forwarding"]])
    more, height = stages({row["key"]: row["value"] for row in results.get("figures", [])}, height)
    machine = results["machine"]
    caption = f"{machine.get('cpu') or 'unknown CPU'}, DPDK {machine.get('dpdk') or '?'}, {results['date']}"
    parts += more + [words(12, height + 12, caption, fill=PALE, size=11)]
    height += 26
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="sans-serif">\n' + "\n".join([rectangle(0, 0, WIDTH, height, "#ffffff"), *parts]) + "\n</svg>\n")
