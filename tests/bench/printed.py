# SPDX-License-Identifier: BSD-3-Clause
"""Rows as bench.py prints them while it measures."""


def number(value, width, digits=2):
    return "-".rjust(width) if value is None else f"{value:>{width}.{digits}f}"


def line(row, cells):
    """A row of ratios, and why it has none or an unsure one."""
    text = f"{row['name']:<40}{cells}"
    if row["ratio"] is None:
        return f"{text}  {row['reason']}"
    if not row["settled"]:
        text += f"  not settled: {' and '.join(f'{half:.3f}' for half in row['halves']) or 'a half was given nothing of the core'}"
    return text


def forwarding(row):
    text = line(row, number(row.get("mpps"), 8) + number(row.get("testpmd_mpps"), 9) + number(row["ratio"], 7, 3) + number(row["target"], 8))
    if "before" in row:
        text += f"  before: {row['before']['mpps']:.2f} Mpps, {row['before']['ratio']:.3f}"
    return text


def peers(row):
    rates = "".join(number(row.get(rate), 10) for rate in ("mpps", "ovs_mpps", "testpmd_mpps"))
    text = line(row, rates + number(row["ratio"], 8))
    return text if row["ratio"] is None or row["ratio"] > 1 else text + "  BEHIND"


def latency(row):
    if row["loads"] is None:
        return f"{row['name']:<40}  {row['reason']}"
    lines = []
    for load, of in row["loads"].items():
        times = [f"{of[who]['p50_us']:>10.2f}{of[who]['p99_us']:>8.2f}{of[who]['p999_us']:>8.2f}" for who in ("junction", "testpmd")]
        lines.append(f"{row['name'] + ', ' + load:<44}{times[0]}{times[1]}")
    return "\n".join(lines)


def figures(rows):
    print(f"\n{'figure':<64}{'value':>10} {'unit':<10}{'target':>8}")
    for row in rows:
        value = "-" if row["value"] is None else f"{row['value']:g}"
        target = f"{row['target']:g}" if row["target"] else "-"
        print(f"{row['name']:<64}{value:>10} {row['unit']:<10}{target:>8}" + (f"  {row['reason']}" if row["reason"] else ""))


def gaps(found):
    print(f"\nfrom poll to poll with {found['flows']:,} flows (target: {found['target_us']} us; in force 5 ms in the middle, 10 at most)")
    if found["operations"] is None:
        print(found["reason"])
        return
    print(f"{'operation':<44}{'p99.9 us':>10}{'longest us':>12}{'in force ms':>13}{'at most ms':>12}")
    for row in found["operations"]:
        force = [f"{row[name]:.2f}" if row[name] is not None else "-" for name in ("in_force_ms", "in_force_longest_ms")]
        print(f"{row['operation']:<44}{row['p999_us']:>10.1f}{row['longest_us']:>12.1f}{force[0]:>13}{force[1]:>12}")


def instructions(found):
    print("\ninstructions a packet, counted by callgrind")
    if found["kinds"] is None:
        print(found["reason"])
        return
    for row in found["kinds"]:
        print(f"{row['name']:<44}{row['instructions']:>10.2f}")
