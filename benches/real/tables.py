# SPDX-License-Identifier: Apache-2.0
"""Markdown tables and one-line views of the results."""

from __future__ import annotations

from dataclasses import dataclass

import plant as planting
from labels import Label, RuleScore, label_of

FAMILIES = planting.FAMILIES


def size(count: int) -> str:
    """Bytes for people, in decimal units as registries show them."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def run_table(rows: list[dict]) -> str:
    """One line an artefact."""
    lines = ["| artefact | version | packed | unpacked | entries | wall s | CPU s | peak | "
             + " | ".join(FAMILIES) + " | other | blocking |",
             "|---|---|--:|--:|--:|--:|--:|--:|" + "--:|" * (len(FAMILIES) + 2)]
    total = [0] * (len(FAMILIES) + 2)
    for row in rows:
        head = (f"| {row['artifact']} | {row['version']} | {size(row['packed'])} | "
                f"{size(row['unpacked'])} | {row['entries']} | {row['wall']:.2f} | "
                f"{row['cpu']:.2f} | {size(row['peak_rss'])} | ")
        if row["error"]:
            lines.append(head + "failed |" + " |" * (len(FAMILIES) + 1))
            continue
        counts = [sum(f["family"] == name for f in row["findings"]) for name in FAMILIES]
        counts += [len(row["findings"]) - sum(counts),
                   sum(f["blocking"] for f in row["findings"])]
        total = [a + b for a, b in zip(total, counts)]
        lines.append(head + " | ".join(map(str, counts)) + " |")
    lines.append(f"| {len(rows)} artefacts | | {size(sum(r['packed'] for r in rows))} | "
                 f"{size(sum(r['unpacked'] for r in rows))} | {sum(r['entries'] for r in rows)} | "
                 f"{sum(r['wall'] for r in rows):.2f} | {sum(r['cpu'] for r in rows):.2f} | "
                 f"{size(max(r['peak_rss'] for r in rows))} | " + " | ".join(map(str, total)) + " |")
    return "\n".join(lines) + "\n"


def rule_table(scores: list[RuleScore], unused: list[Label]) -> str:
    """Precision per rule, then what still needs a person."""
    lines = ["| rule | severity | found | blocking | artefacts | true | false | unlabelled "
             "| precision |", "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    for one in scores:
        share = "" if one.precision is None else f"{100 * one.precision:.0f} %"
        lines.append(f"| {one.rule} | {one.severity} | {one.found} | "
                     f"{one.blocking} | {len(one.artifacts)} | {one.true} | {one.false} | "
                     f"{one.unlabelled} | {share} |")
    wrong = [f"{one.rule} ({one.severity})" for one in scores if one.is_mostly_wrong]
    open_ones = sum(one.unlabelled for one in scores)
    lines += ["", "Wrong more often than right: " + (", ".join(wrong) or "none") + ".",
              f"Findings without a label: {open_ones} of {sum(one.found for one in scores)}."]
    for label in unused:
        lines.append(f"Label that fits nothing: {label.rule} in {label.artifact}, {label.reason}.")
    return "\n".join(lines) + "\n"


@dataclass
class Noise:
    """What a maintainer of an unmodified artefact is stopped by, by what all of them hold."""

    unpacked: int
    blocking: int = 0
    wrong: int = 0

    def per_100_mb(self, count: int) -> float:
        """A count by 100 MB of what the artefacts unpack to."""
        return count / (self.unpacked / 1e8)

    @property
    def is_loud(self) -> bool:
        """More than two blocking findings, or one wrong grave one, by 100 MB."""
        return self.per_100_mb(self.blocking) > 2 or self.per_100_mb(self.wrong) > 1


def noise(rows: list[dict], labels: list[Label]) -> tuple[Noise, str]:
    """Blocking and grave findings of the unmodified artefacts, each with its reason."""
    heard = Noise(sum(row["unpacked"] for row in rows))
    lines = ["| artefact | where | rule | severity | true | reason |", "|---|---|---|---|---|---|"]
    for row in rows:
        for finding in row["findings"]:
            if not (finding["blocking"] or finding["severity"] in ("high", "critical")):
                continue
            label = label_of(labels, row["artifact"], finding)
            heard.blocking += finding["blocking"]
            heard.wrong += label is not None and not label.verdict
            where = finding["member"] + (f":{finding['line']}" if finding["line"] else "")
            judged = "?" if label is None else "yes" if label.verdict else "no"
            lines.append(f"| {row['artifact']} | `{where}` | {finding['rule']} | "
                         f"{finding['severity']}{'' if finding['blocking'] else ', not blocking'}"
                         f" | {judged} | {label.reason if label else ''} |")
    total = (f"In {heard.unpacked / 1e6:.0f} MB unpacked {heard.blocking} findings block, "
             f"{heard.per_100_mb(heard.blocking):.2f} per 100 MB, and {heard.wrong} of high or critical "
             f"severity {'is' if heard.wrong == 1 else 'are'} wrong, "
             f"{heard.per_100_mb(heard.wrong):.2f} per 100 MB:")
    return heard, "\n".join([total, "", *lines]) + "\n"


def finding_line(artifact: str, finding: dict, judged: bool | None) -> str:
    """One finding on one line."""
    mark = {True: "+", False: "-", None: "?"}[judged]
    place = finding["member"] or "(archive)"
    line = f":{finding['line']}" if finding["line"] else ""
    text = (finding["snippet"] or finding["description"] or "").strip().replace("\n", " ")
    blocking = "!" if finding["blocking"] else " "
    return (f"{mark}{blocking} {artifact} {place}{line} {finding['rule']} "
            f"{finding['severity']}/{finding['confidence']} {finding['fingerprint']} "
            f"{text[:160]}")


def verify_table(rows: list[dict]) -> str:
    """Planted and found, per case; then every fault that was missed."""
    lines = ["| case | family | planted | found | blocking | by rules |", "|---|---|--:|--:|--:|---|"]
    for case in planting.CASES:
        mine = [row for row in rows if row["case"] == case]
        if not mine:
            continue
        found = [row for row in mine if row["found"]]
        rules = sorted({rule for row in found for rule in row["found"]})
        lines.append(f"| {case} | {mine[0]['family']} | {len(mine)} | {len(found)} | "
                     f"{sum(row['blocking'] for row in mine)} | {', '.join(rules)} |")
    missed = [row for row in rows if not row["found"]]
    lines += ["", f"{len(rows) - len(missed)} of {len(rows)} planted faults found, in "
              f"{len({row['artifact'] for row in rows})} artefacts."]
    for row in missed:
        why = f" ({row['error']})" if row["error"] else ""
        lines.append(f"Missed: {row['case']} in {row['artifact']}, {row['member']}: "
                     f"{row['what']}{why}")
    beside: dict[str, int] = {}
    for row in rows:
        for rule in row["beside"]:
            beside[f"{rule} beside {row['case']}"] = beside.get(f"{rule} beside {row['case']}", 0) + 1
    if beside:
        lines += ["", "Also new in planted copies: " + ", ".join(
            f"{text} ({count})" for text, count in sorted(beside.items())) + "."]
    return "\n".join(lines) + "\n"
