#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recall, precision and F1 on the labelled sets, ours beside what people run today.

  score    stage the sets, run ccr on all three and the peers on the secrets, print a table
  stage    write the files of the sets to a folder and nothing else

A case counts as found when a finding stands on the lines that hold what is labelled. A finding in
a case that holds nothing, or on other lines of one that does, is wrong; several in one case count
once. Nothing is validated over the network. Python 3.11, standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import cases  # noqa: E402
import program  # noqa: E402
import tools  # noqa: E402

SEED = "ccr"
RANK = {"low": 0, "medium": 1, "high": 2, "": 2}


@dataclass
class Score:
    """How one program did on one set."""

    right: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    other_rule: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def recall(self) -> float:
        """Found of what there is."""
        return len(self.right) / max(1, len(self.right) + len(self.missed))

    @property
    def precision(self) -> float:
        """True of what was found."""
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0

    def row(self, name: str) -> str:
        """A row of the table."""
        return (f"| {name} | {len(self.right)} | {len(self.missed)} | {len(self.wrong)} | "
                f"{self.recall:.3f} | {self.precision:.3f} | {self.f1:.3f} |")


def judge(data: cases.Set, found: list[tools.Found]) -> Score:
    """Holds findings against labels."""
    score = Score()
    of_case: dict[str, list[tools.Found]] = defaultdict(list)
    for one in found:
        of_case[one.path.split("/", 1)[0]].append(one)
    for case in data.cases:
        first, last = case.lines or (1, sys.maxsize)
        hit = set()
        for one in of_case[case.name]:
            if case.wanted and one.line <= last and first <= one.end:
                hit.add(one.rule)
            else:
                score.wrong[case.name].add(one.rule)
        if case.wanted:
            (score.right if hit else score.missed).append(case.name)
            if hit and case.rule and case.rule not in hit:
                score.other_rule[case.name] = hit
    return score


def score(arguments: argparse.Namespace) -> int:
    """Stages, runs, judges, prints."""
    given = dict(pair.split("=", 1) for pair in arguments.peer)
    low = 0
    report: dict[str, dict] = {}
    with tempfile.TemporaryDirectory(prefix="accuracy-") as scratch:
        for family in arguments.family or cases.FAMILIES:
            data = cases.load(family, arguments.seed, arguments.fixtures)
            folder = data.stage(Path(scratch))
            wanted = sum(case.wanted for case in data.cases)
            print(f"\n{family}: {len(data.cases)} cases, {wanted} to be found, "
                  f"{len(data.cases) - wanted} to be left alone\n")
            print("| program | found | missed | wrong | recall | precision | F1 |\n"
                  "|---|--:|--:|--:|--:|--:|--:|")
            for tool in tools.TOOLS:
                if tool.name != "ccr" and (family != "secret" or arguments.no_peers):
                    continue
                binary = (str(arguments.ccr.resolve()) if tool.name == "ccr"
                          else tools.find(tool.name, given))
                if binary is None:
                    print(f"| {tool.name} | not installed | | | | | |")
                    continue
                try:
                    found = tools.call(tool, binary, folder, arguments.timeout)
                except OSError as error:
                    if tool.name == "ccr":
                        raise
                    print(f"| {tool.name} | failed: {error} | | | | | |")
                    continue
                if tool.name == "ccr":
                    found = [one for one in found if one.rule.startswith(f"{family}-")]
                    floor = RANK[arguments.min_confidence]
                    found = [one for one in found if RANK[one.confidence] >= floor]
                result = judge(data, found)
                print(result.row(tool.name), flush=True)
                report[f"{family} {tool.name}"] = details(data, result)
                if tool.name == "ccr":
                    ours = result
            if arguments.show:
                show(data, ours)
            low += ours.recall < arguments.recall or ours.precision < arguments.precision
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n")
    return int(bool(low and arguments.strict))


def details(data: cases.Set, result: Score) -> dict:
    """What a reader of the JSON wants: figures, and the cases behind them."""
    by_form: Counter[str] = Counter()
    forms = {case.name: case.form for case in data.cases}
    for name in (*result.missed, *result.wrong):
        by_form[forms[name]] += 1
    return {"recall": result.recall, "precision": result.precision, "f1": result.f1,
            "missed": result.missed, "wrong": {k: sorted(v) for k, v in result.wrong.items()},
            "faults_by_form": dict(by_form)}


def show(data: cases.Set, result: Score) -> None:
    """Our misses and wrong findings, with their text."""
    for case in data.cases:
        text = case.text if len(case.text) < 400 else case.text[:300] + " [...]"
        where = f"[{case.form}] {case.place}"
        if case.name in result.missed:
            print(f"MISSED {where}\n    {text}")
        if case.name in result.wrong:
            print(f"WRONG {sorted(result.wrong[case.name])} {where}\n    {text}")
        if case.name in result.other_rule:
            print(f"OTHER RULE {sorted(result.other_rule[case.name])}, not {case.rule}: {where}")


def stage(arguments: argparse.Namespace) -> int:
    """Writes the files, and `labels.json` beside them."""
    for family in arguments.family or cases.FAMILIES:
        data = cases.load(family, arguments.seed, arguments.fixtures)
        folder = data.stage(arguments.folder)
        labels = [{"file": case.place, "form": case.form, "wanted": case.wanted,
                   "lines": case.lines} for case in data.cases]
        folder.with_suffix(".labels.json").write_text(json.dumps(labels, indent=1) + "\n")
        print(f"{folder}: {len(labels)} cases")
    return 0


def main() -> int:
    """Parses the command line and runs one subcommand."""
    line = program.CommandLine(__doc__)
    sub = line.add("score", score, "figures of ccr and its peers")
    sub.add_argument("--ccr", type=Path, required=True, help="our binary")
    sub.add_argument("--peer", action="append", default=[], metavar="NAME=PATH",
                     help="where a peer's binary is, when it is not on PATH")
    sub.add_argument("--no-peers", action="store_true", help="ours only")
    sub.add_argument("--show", action="store_true", help="print each case that we got wrong")
    sub.add_argument("--min-confidence", choices=("low", "medium", "high"), default="low",
                     help="leave out our findings below this (default: none)")
    sub.add_argument("--strict", action="store_true",
                     help="exit 1 when ours is below --recall or --precision in a family")
    sub.add_argument("--recall", type=float, default=0.97)
    sub.add_argument("--precision", type=float, default=0.99)
    sub.add_argument("--output", type=Path, help="write figures and cases as JSON")
    sub.add_argument("--timeout", type=float, default=600, help="seconds for one run")
    for_stage = line.add("stage", stage, "write the staged files")
    for_stage.add_argument("folder", type=Path)
    for command in (sub, for_stage):
        command.add_argument("--family", action="append", choices=cases.FAMILIES)
        command.add_argument("--fixtures", type=Path, default=cases.REPO / "fixtures",
                             help="folder of the sets (default: this repository's)")
        command.add_argument("--seed", default=SEED, help="another seed makes other values")
    return line.run()


if __name__ == "__main__":
    sys.exit(main())
