#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long Protocol-Governed Systems take: validating many artifacts, running one workflow many times.

    python3 benches/pgs.py validate --ccr target/release/ccr 100 1000 10000
    python3 benches/pgs.py runs --ccr target/release/ccr 10000
"""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from program import CommandLine

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "pgs"


def library(folder: Path, artifacts: int) -> int:
    """The library of the fixtures many times, each time in a namespace of its own."""
    base = FIXTURES / "base"
    copied, rest = [], []
    for path in sorted(base.rglob("*.json")):
        (copied if path.name.startswith("library__") else rest).append(path)
    count = 0
    for copy in range(max(1, (artifacts - len(rest)) // len(copied))):
        for path in copied:
            text = path.read_text().replace("library", f"library{copy:04}")
            body = json.loads(text)
            body["content_hash"] = hashlib.sha256(body["content"].encode()).hexdigest()
            target = folder / path.relative_to(base).parent / path.name.replace("library", f"library{copy:04}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(body, indent=2, sort_keys=True))
            count += 1
    for path in rest:
        target = folder / path.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        count += 1
    return count


def validate(arguments) -> int:
    """Validates snapshots of growing size."""
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            count = library(Path(name), size)
            times = []
            for _ in range(arguments.each):
                start = time.perf_counter()
                done = subprocess.run([arguments.ccr, "pgs", "validate", name, "--quiet"], capture_output=True, text=True)
                times.append(time.perf_counter() - start)
                if done.returncode != 0:
                    sys.exit(f"refused:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            print(f"{count:6} artifacts: median {statistics.median(times):.3f} s of {len(times)}")
    return 0


def runs(arguments) -> int:
    """Runs the borrowing of the lending desk against one data root, another book each time.

    Registry and log grow by a line a run. With --readers another reader borrows each time, and the document of
    readers' cards grows too, which is one JSON object that every run writes anew.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copytree(FIXTURES / "snapshot", work / "protocol_snapshot")
        subprocess.run([arguments.ccr, "pgs", "seal", name], check=True, capture_output=True)
        payload = json.loads((FIXTURES / "payloads" / "borrow.json").read_text())
        times = []
        for number in range(arguments.count):
            (work / "payload.json").write_text(json.dumps(another(payload, number, arguments.readers)))
            start = time.perf_counter()
            done = subprocess.run(
                [arguments.ccr, "pgs", "run", "--wf", "lending::WF_BORROW_V0", "--payload", work / "payload.json",
                 "--workspace", name, "--data-root", work / "data", "--picture", "none"],
                capture_output=True, text=True)
            times.append((time.perf_counter() - start) * 1000)
            if done.returncode != 0:
                sys.exit(f"run {number} failed:\n{done.stdout}{done.stderr}")
        part = max(1, len(times) // 10)
        for start in range(0, len(times), part):
            median = statistics.median(times[start:start + part])
            print(f"runs {start + 1:6} to {min(start + part, len(times)):6}: median {median:.1f} ms")
    return 0


def another(payload, number: int, readers: bool):
    """The same payload for another book, and with `readers` for another reader."""
    payload = dict(payload, book_id=f"{payload['book_id']}{number:06}")
    if readers:
        payload["reader"] = dict(payload["reader"], card=f"{payload['reader']['card']}{number:06}")
    return payload


def main() -> int:
    line = CommandLine(__doc__)
    one = line.add("validate", validate, "validate snapshots of growing size")
    one.add_argument("sizes", type=int, nargs="+")
    many = line.add("runs", runs, "run one workflow many times against one data root")
    many.add_argument("count", type=int)
    many.add_argument("--readers", action="store_true", help="another reader each time")
    for sub in (one, many):
        sub.add_argument("--ccr", required=True)
        sub.add_argument("--each", type=int, default=5)
    return line.run()


if __name__ == "__main__":
    sys.exit(main())
