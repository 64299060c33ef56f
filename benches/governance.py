#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long governed change takes: auditing trees of many work items, and many runs; time and memory.

    python3 benches/governance.py items --ccr target/release/ccr 1000 10000
    python3 benches/governance.py runs  --ccr target/release/ccr 100 1000
"""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import measured
from program import CommandLine

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "governance"
DAY = "2026-03-15"
ITEMS_A_DOCUMENT = 20
DOCUMENTS = ".sot/03-PROTOCOLS"
NOTICE = "Local planning SOT only. Not a Core Protocol. Not active Core authority."


def front(stem: str, source: str) -> str:
    """Front matter, title and notice of a document."""
    title = stem.replace("-", " ").title().replace("Cto", "CTO").replace("Prd", "PRD")
    return (f"---\nname: {stem.lower()}\ntier: local\nstatus: validated\nowner: owner\nsource: {source}\n"
            f"created: 2026-03-02\nlast_reviewed: 2026-03-10\nlifecycle_classification: planning\n"
            f"core_promotion_status: not-promoted\ndescription: Child-local text of {stem.lower()}.\n---\n\n"
            f"# {title}\n\n{NOTICE}\n\n")


def requirement(stem: str) -> str:
    """A requirement with as many stories as its items."""
    stories = "\n".join(f"{n + 1}. As the owner, I want step {n + 1}, so that none is skipped."
                        for n in range(ITEMS_A_DOCUMENT))
    return front(stem, "conversation") + f"""## Problem Statement

The steps are not written down.

## Solution

Write them down.

## Scope

- Planning text only.

## Non-Goals

- Do not activate Case as default backend.
- Do not promote anything into Core.

## User Stories

{stories}

## Acceptance Criteria

- Runtime default activation remains false.

## Validation

- `ccr audit governance .`

## Success Definition

The steps are written down. The text stays child-local and grants no authority.
"""


def item(number: int, story: int, blocker: int | None) -> str:
    """One work item; a chain of blockers runs through all of them."""
    blocked = f"Blocked by: CTO-WORK-{blocker}\n\n" if blocker else ""
    return (f"### CTO-WORK-{number} - Step {number}\n\nType: AFK\n\nStatus: validated.\n\n{blocked}"
            f"User stories covered: {story}\n\nWhat to build: one step, in words.\n\nAcceptance criteria:\n\n"
            f"- [x] The text of step {number} stands.\n- [x] Somebody read it.\n\n"
            f"Validator: `ccr audit governance .`\n\nDone evidence: the text of this document.\n\n")


def tree(folder: Path, items: int) -> int:
    """The tree of the fixtures and this many items more, twenty a document; how many documents."""
    shutil.copytree(FIXTURES / "tree", folder, dirs_exist_ok=True)
    board, before, count = [], None, 0
    for start in range(0, items, ITEMS_A_DOCUMENT):
        prd, issues = f"CTO-SLICE-{start:06}-PRD", f"CTO-SLICE-{start:06}-ISSUES"
        body = front(issues, f"{DOCUMENTS}/{prd}.md") + "## Issue Sequence\n\n"
        for place in range(ITEMS_A_DOCUMENT):
            number = 1000 + start + place
            body += item(number, place + 1, before)
            blocked = f"[CTO-WORK-{before}]" if before else "[]"
            board.append(f"  - id: CTO-WORK-{number}\n    title: Step {number}\n    type: AFK\n"
                         f"    status: validated\n    blocked_by: {blocked}\n"
                         f"    prd: {DOCUMENTS}/{prd}.md\n    issues: {DOCUMENTS}/{issues}.md\n    evidence: []\n")
            before = number
        (folder / DOCUMENTS / f"{prd}.md").write_text(requirement(prd))
        (folder / DOCUMENTS / f"{issues}.md").write_text(body)
        count += 2
    with (folder / "WORKBOARD.yaml").open("a") as out:
        out.write("".join(board))
    return count


def canonical(value) -> bytes:
    """Canonical JSON of what the fixtures hold: names in ASCII, integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def reseal(run: Path) -> None:
    """Chain, digests, self digest and seal of a run, made again."""
    lines, head = [], "0" * 64
    for line in (run / "events.normalized.jsonl").read_text().splitlines():
        event = json.loads(line)
        event.pop("hash")
        event["prev_hash"] = head
        head = event["hash"] = sha256(canonical(event))
        lines.append(canonical(event).decode())
    (run / "events.normalized.jsonl").write_text("\n".join(lines) + "\n")
    report = json.loads((run / "report.json").read_text())
    report["events_head"] = head
    digests = report["artifact_digests"]
    for name in digests:
        digests[name] = "0" * 64 if name == "report.json" else sha256((run / name).read_bytes())
    digests["report.json"] = sha256(canonical(report))
    (run / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    seal = json.loads((run / "seal.json").read_text())
    seal["run_id"], seal["events_head"] = run.name, head
    for file in seal["files"]:
        data = (run / file["path"]).read_bytes()
        file["size"], file["sha256"] = len(data), sha256(data)
    seal.pop("root")
    seal["root"] = sha256(canonical(seal))
    (run / "seal.json").write_text(json.dumps(seal, indent=2) + "\n")


def runs_folder(folder: Path, count: int) -> int:
    """Pairs of a fake and a candidate run under ever new process ids, sealed; how many runs."""
    bases = sorted((FIXTURES / "runs").iterdir())
    pairs = [(fake, case) for fake, case in zip(bases, bases[1:])
             if json.loads((fake / "report.json").read_text())["backend"] == "fake"]
    made = 0
    while made < count:
        fake, case = pairs[made // 2 % len(pairs)]
        names = {base.name: f"{base.name.rsplit('-', 1)[0]}-{10000 + made + place}"
                 for place, base in enumerate((fake, case))}
        digest = ""
        for base in (fake, case):
            target = folder / names[base.name]
            shutil.copytree(base, target)
            for path in target.rglob("*"):
                if path.is_file():
                    text = path.read_text()
                    for old, new in names.items():
                        text = text.replace(old, new)
                    path.write_text(text)
            if base == case:
                report = json.loads((target / "report.json").read_text())
                if "baseline" in report:
                    report["baseline"]["report_sha256"] = digest
                    (target / "report.json").write_text(json.dumps(report, indent=2) + "\n")
            reseal(target)
            digest = sha256((target / "report.json").read_bytes())
            made += 1
    return made


def time_one(arguments, what: str, command: list[str]) -> None:
    """Runs a command some times and prints its median time and its peak memory."""
    walls, peak = [], 0
    for _ in range(arguments.each):
        with tempfile.NamedTemporaryFile() as out:
            cost = measured.run([arguments.ccr, *command], stdout=out.name)
            text = Path(out.name).read_text()
        if cost.code != 0 and not arguments.refused:
            sys.exit(f"{what}: exit {cost.code}\n{text[-3000:]}")
        walls.append(cost.wall)
        peak = max(peak, cost.peak_rss)
    print(f"{what}: median {statistics.median(walls):.3f} s of {len(walls)}, peak {peak / 2**20:.0f} MiB", flush=True)


def items(arguments) -> int:
    """Audits trees of growing size."""
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "tree"
            documents = tree(folder, size)
            what = f"{size:6} items, {documents} documents"
            time_one(arguments, what, ["audit", "governance", str(folder), "--as-of", DAY])
    return 0


def runs(arguments) -> int:
    """Audits folders of growing size."""
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "runs"
            folder.mkdir()
            count = runs_folder(folder, size)
            time_one(arguments, f"{count:6} runs", ["audit", "evidence", str(folder), "--as-of", DAY])
    return 0


def main() -> int:
    line = CommandLine(__doc__)
    for name, call, text in (("items", items, "audit trees of many work items"),
                             ("runs", runs, "audit many runs")):
        sub = line.add(name, call, text)
        sub.add_argument("sizes", type=int, nargs="+")
        sub.add_argument("--ccr", required=True)
        sub.add_argument("--each", type=int, default=3)
        sub.add_argument("--refused", action="store_true", help="measure a refused audit as well")
    return line.run()


if __name__ == "__main__":
    sys.exit(main())
