"""Makes the Markdown tables out of the rows that the scripts beside it write."""

import csv
import sys
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


def compare(limit, rows):
    print()
    print("| size | connections | server, window | messages/s | ratio to qmqpd | CPU s per 10,000 | ratio | p50 ms | p99 ms | peak MB | remark |")
    print("|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|---|")
    lines = dict.fromkeys((row["size"], row["connections"], row["server"], row["window"]) for row in rows)
    for size, connections, server, window in sorted(lines, key=lambda line: (int(line[0]), int(line[1]), line[2], line[3])):
        same = [row for row in rows if (row["size"], row["connections"]) == (size, connections)]
        own = [row for row in same if (row["server"], row["window"]) == (server, window)]
        # A ratio is made of two runs of one round: they met the same machine.
        peers = {row["round"]: row for row in same if row["server"] == "qmqpd"}
        pairs = [(row, peers[row["round"]]) for row in own if row["round"] in peers]
        sound = [(a, b) for a, b in pairs if is_sound(a, limit) and is_sound(b, limit)]
        rate = cpu = "1"
        if server != "qmqpd":
            rate = show(median(float(a["rate"]) / float(b["rate"]) for a, b in sound), 2) if sound else "-"
            cpu = show(median(float(a["cpu_10k"]) / float(b["cpu_10k"]) for a, b in sound), 3) if sound else "-"
        counted, _ = chosen(own, limit)
        name = server if window == "-" else f"{server}, {window}"
        print(
            f"| {size} | {connections} | {name} | {show(middle(counted, 'rate'), 0)} | {rate} | {show(middle(counted, 'cpu_10k'), 2)} | {cpu} "
            f"| {show(middle(counted, 'p50_ms'), 2)} | {show(middle(counted, 'p99_ms'), 2)} | {show(middle(counted, 'hwm_kb') / 1024, 0)} | {remark(own, limit)} |"
        )


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


if __name__ == "__main__":
    {"compare": compare, "fairness": fairness}[sys.argv[1]](float(sys.argv[2]), read(sys.argv[3]))
