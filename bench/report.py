"""Makes the Markdown tables out of the rows that the scripts beside it write."""

import csv
import os
import sys
from html import escape
from math import ceil, floor, log10
from statistics import median


def read(path):
    with open(path, newline="") as rows:
        return list(csv.DictReader(rows, delimiter="\t"))


def is_sound(row, limit):
    return row["rc"] == "0" and float(row["foreign_cpu"]) <= limit


def chosen(rows, limit):
    """The rows that count. If none does, all of them, and that the line is no measurement."""
    sound = [row for row in rows if is_sound(row, limit)]
    return (sound, True) if sound else (rows, False)


def middle(rows, key):
    values = [float(row[key]) for row in rows if row[key] not in ("-", "")]
    return median(values) if values else None


def show(value, digits):
    return "" if value is None else f"{value:,.{digits}f}"


def remark(rows, limit):
    sound = sum(is_sound(row, limit) for row in rows)
    failed = sum(row["rc"] != "0" for row in rows)
    words = [f"{sound} of {len(rows)} runs count"] if sound else ["**no measurement**"]
    if sound < len(rows) - failed:
        words.append(f"others used up to {max(float(row['foreign_cpu']) for row in rows):.2f} cores")
    if failed:
        words.append(f"{failed} failed")
    return "; ".join(words)


def ratio(limit, rows, own, peer, key):
    """The median over rounds of own's value to the peer's at the same size, connections and window (if the peer has one), and how many rounds it is made of."""
    # Both runs are of one round: they met the same machine.
    peers = {
        row["round"]: row
        for row in rows
        if row["server"] == peer and (row["size"], row["connections"]) == (own[0]["size"], own[0]["connections"]) and row["window"] in ("-", own[0]["window"])
    }
    pairs = [(row, peers[row["round"]]) for row in own if row["round"] in peers]
    values = [float(a[key]) / float(b[key]) for a, b in pairs if is_sound(a, limit) and is_sound(b, limit) and float(b[key]) > 0]
    return (median(values), len(values)) if values else (None, 0)


def compare(limit, rows):
    def to(own, peer, key, digits):
        if own[0]["server"] == peer:
            return "1"
        value, _ = ratio(limit, rows, own, peer, key)
        return "" if value is None else show(value, digits)

    print()
    print("| size | connections | server, window | messages/s | to qmqpd | to redis | to spool | to frames | CPU s per 10,000 | to qmqpd | to qmqp-sink | p50 ms | p99 ms | peak MB | B allocated | remark |")
    print("|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    lines = dict.fromkeys((row["size"], row["connections"], row["server"], row["window"]) for row in rows)
    for size, connections, server, window in sorted(lines, key=lambda line: (int(line[0]), int(line[1]), line[2], line[3])):
        own = select(rows, server=server, size=size, connections=connections, window=window)
        counted, _ = chosen(own, limit)
        name = server if window == "-" else "redis, at its best" if server == "redis" and window != "1" else f"{server}, {window}"
        rates = " | ".join(to(own, peer, "rate", 2) for peer in ("qmqpd", "redis", "spool", "frames"))
        cpu = " | ".join(to(own, peer, "cpu_10k", 3) for peer in ("qmqpd", "qmqp-sink"))
        print(
            f"| {size} | {connections} | {name} | {show(middle(counted, 'rate'), 0)} | {rates} | {show(middle(counted, 'cpu_10k'), 2)} | {cpu} "
            f"| {show(middle(counted, 'p50_ms'), 2)} | {show(middle(counted, 'p99_ms'), 2)} | {show(middle(counted, 'hwm_kb') / 1024, 0)} "
            f"| {show(middle(counted, 'allocated'), 1)} | {remark(own, limit)} |"
        )


def select(rows, **values):
    return [row for row in rows if all(row[key] == value for key, value in values.items())]


FULL = {"connections": "10", "window": "1000"}

# What is measured, of which server at which size, to which other one (None: by itself), in which column, and what it must be at least or at most.
BARS = [
    ("rate to qmqpd", "ours", "10240", "qmqpd", "rate", ">=", 100),
    ("rate to redis at its best pipelining", "ours", "1024", "redis", "rate", ">=", 6),
    ("rate to redis at its best pipelining", "ours", "10240", "redis", "rate", ">=", 6),
    ("rate to spool", "ours", "1024", "spool", "rate", ">=", 0.85),
    ("rate to spool", "ours", "10240", "spool", "rate", ">=", 0.85),
    ("rate to spool", "two", "1024", "spool", "rate", ">=", 0.5),
    ("rate to spool", "two", "10240", "spool", "rate", ">=", 0.5),
    ("rate to frames", "null", "1024", "frames", "rate", ">=", 0.7),
    ("rate to frames", "null", "10240", "frames", "rate", ">=", 0.7),
    ("bytes allocated a message", "ours", "1024", None, "allocated", "<=", 16),
    ("CPU a message to qmqp-sink", "ours", "1024", "qmqp-sink", "cpu_10k", "<=", 0.1),
    ("batches/s through one peer's grain", "batches", "1024", None, "rate", ">=", 200_000),
]


def bars(limit, rows):
    print()
    print("| bar | server | size | value | must be | rounds | held |")
    print("|---|---|--:|--:|--:|--:|---|")
    for words, server, size, peer, key, sign, bar in BARS:
        own = select(rows, server=server, size=size, **FULL)
        if peer is None:
            sound = [row for row in own if is_sound(row, limit) and row[key] != "-"]
            value, rounds = (middle(sound, key), len(sound)) if sound else (None, 0)
        else:
            value, rounds = ratio(limit, rows, own, peer, key) if own else (None, 0)
        held = "**no measurement**" if value is None else "yes" if (value >= bar if sign == ">=" else value <= bar) else "**no**"
        digits = 0 if bar >= 1000 else 3 if bar < 1 else 1
        print(f"| {words} | {server} | {size} | {show(value, digits)} | {sign} {bar:,} | {rounds} | {held} |")


COLOURS = ["#1b6ca8", "#c0392b", "#2e8b57", "#8e5ea2", "#d98200", "#444444", "#17a2a2", "#a05a2c", "#7f9f00"]


def chart(title, across, up, series):
    """The text of an SVG: a line for each of the series, {name: [(x, y), …]}, on logarithmic axes."""
    left, top, width, height = 90, 40, 480, 320
    points = [point for line in series.values() for point in line]
    spans = []
    for axis in (0, 1):
        low, high = (log10(pick(point[axis] for point in points)) for pick in (min, max))
        spans.append((floor(low), max(ceil(high), floor(low) + 1)))

    def place(x, y):
        (x0, x1), (y0, y1) = spans
        return left + (log10(x) - x0) / (x1 - x0) * width, top + height - (log10(y) - y0) / (y1 - y0) * height

    def text(x, y, words, anchor="middle"):
        return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 190} {top + height + 60}" font-family="sans-serif" font-size="12">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    parts.append(text(left + width / 2, 20, title))
    parts.append(text(left + width / 2, top + height + 45, across))
    parts.append(text(left, top - 8, up))
    for power in range(spans[0][0], spans[0][1] + 1):
        x, _ = place(10.0**power, 10.0 ** spans[1][0])
        parts.append(f'<path d="M{x:.1f} {top}V{top + height}" stroke="#dddddd"/>' + text(x, top + height + 18, f"{10.0**power:,g}"))
    for power in range(spans[1][0], spans[1][1] + 1):
        _, y = place(10.0 ** spans[0][0], 10.0**power)
        parts.append(f'<path d="M{left} {y:.1f}H{left + width}" stroke="#dddddd"/>' + text(left - 6, y + 4, f"{10.0**power:,g}", "end"))
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        corners = [place(*point) for point in sorted(line)]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>')
        parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in corners)
        parts.append(f'<path d="M{left + width + 15} {top + 10 + 18 * number}h20" stroke="{colour}" stroke-width="2"/>')
        parts.append(text(left + width + 40, top + 14 + 18 * number, name, "start"))
    return "\n".join([*parts, "</svg>\n"])


def lines(limit, rows, across, up, unit=1):
    """{server: [(x, y), …]} of the medians in units of so much, of servers that were measured at more than one x."""
    points = {}
    for row in rows:
        points.setdefault(row["server"], {}).setdefault(int(row[across]), []).append(row)
    medians = {server: [(x, middle(own, up)) for x, own in by_x.items() if any(is_sound(row, limit) for row in own)] for server, by_x in points.items()}
    medians = {server: [(x, y / unit) for x, y in line if y] for server, line in medians.items()}
    return {server: line for server, line in medians.items() if len(line) > 1}


def plots(limit, rows, folder):
    """A file for each picture that there is more than a point for."""
    sound = [row for row in rows if is_sound(row, limit)]
    full = [row for row in sound if row["window"] != "1" and row["connections"] == "10"]
    one = [row for row in sound if row["window"] == "1" and row["size"] == "1024"]
    loaded = [row for row in sound if row["window"] != "1" and row["size"] == "1024"]
    os.makedirs(folder, exist_ok=True)
    for name, title, across, up, series in (
        ("throughput.svg", "Throughput by size, 10 connections, full window", "bytes of a message", "messages/s", lines(limit, full, "size", "rate")),
        ("latency.svg", "Latency by load, 1 KB, one message at a time on each connection", "connections", "p99 ms", lines(limit, one, "connections", "p99_ms")),
        ("memory.svg", "Memory by connections, 1 KB, full window", "connections", "peak MB", lines(limit, loaded, "connections", "hwm_kb", unit=1024)),
    ):
        if series:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(chart(title, across, up, series))


def fairness(limit, rows):
    print()
    print("| Max_Batch_Size | flood messages/s | small peer alone p50 ms | p99 | under the flood p50 ms | p99 | p50 factor | p99 factor | remark |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    for batch in sorted({int(row["batch"]) for row in rows}):
        own = [row for row in rows if int(row["batch"]) == batch]
        counted, _ = chosen(own, limit)

        def factor(quantile):
            return median(float(row[f"flood_{quantile}"]) / float(row[f"alone_{quantile}"]) for row in counted)

        print(
            f"| {batch} | {show(middle(counted, 'flood_rate'), 0)} | {show(middle(counted, 'alone_p50'), 2)} | {show(middle(counted, 'alone_p99'), 2)} "
            f"| {show(middle(counted, 'flood_p50'), 2)} | {show(middle(counted, 'flood_p99'), 2)} | {factor('p50'):.1f} | {factor('p99'):.1f} | {remark(own, limit)} |"
        )


def scale(limit, rows, what):
    """A line a label, in the order of the labels' first rows; the ratio is to the first line, in the same round. Sizes have no ratio, but what they come to."""
    of_sizes = what.startswith("bytes")
    print()
    print(f"| {what} | messages/s | {'MB/s' if of_sizes else 'to the first'} | CPU s per 10,000 | p50 ms | p99 ms | RSS MB | remark |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    labels = list(dict.fromkeys(row["label"] for row in rows))
    base = select(rows, label=labels[0])
    for label in labels:
        own = select(rows, label=label)
        counted, _ = chosen(own, limit)
        ratios = [float(a["rate"]) / float(b["rate"]) for a, b in zip(own, base) if is_sound(a, limit) and is_sound(b, limit)]
        second = show(middle(counted, "rate") * int(label) / 1e6, 0) if of_sizes else show(median(ratios) if ratios else None, 2)
        print(
            f"| {label} | {show(middle(counted, 'rate'), 0)} | {second} | {show(middle(counted, 'cpu_10k'), 3)} "
            f"| {show(middle(counted, 'p50_ms'), 2)} | {show(middle(counted, 'p99_ms'), 2)} | {show(middle(counted, 'rss_kb') / 1024, 0)} | {remark(own, limit)} |"
        )


if __name__ == "__main__":
    {"compare": compare, "bars": bars, "plots": plots, "fairness": fairness, "scale": scale}[sys.argv[1]](float(sys.argv[2]), read(sys.argv[3]), *sys.argv[4:])
