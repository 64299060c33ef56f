# SPDX-License-Identifier: Apache-2.0
"""Times the runtime's commands over N packets, N tasks and N residuals.

    python3 benches/scale.py --ccr target/release/ccr --reference PATH/ccr 100 1000 10000 100000

For each size a runtime is written into a temporary folder (N checked packets in a chain, N open
tasks, N open residuals, N verifier reports) and indexed once; then each command runs --each times
and the smallest and the middle time of whole processes are printed. The reference runs up to
--reference-limit. Peak memory stands behind the commands that run once.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from phase import generate, packet

TASK = {
    "schema_version": "ccr.task.v0.1", "created_at": "2026-01-01T00:00:00Z", "status": "open",
    "role": "generator", "title": "Make it", "objective": "It is made.", "inputs": [],
    "expected_outputs": [{"kind": "packet", "schema_ref": "packet", "destination": "packets"}],
    "constraints": {"side_effect_policy": "none", "network_policy": "none",
                    "authority_policy": "read_only", "max_runtime_minutes": 30},
    "lease": {"lease_required": True, "ttl_minutes": 30},
    "verifier_plan": {"required_verifiers": ["human"], "promotion_gate": "custom"},
    "residual_policy": {"preserve_residuals": True,
                        "blocking_residuals_prevent_settlement": True},
    "pic_interop": {"enabled": False, "pic_profile": "development",
                    "candidate_only_until_checked": True, "recommended_pic_commands": []},
}  # fmt: skip


def rename(root: Path) -> None:
    """Gives each document the file name of its id, as the runtime does."""
    for folder, key in (("packets/checked", "packet_id"), ("residuals/open", "residual_id"),
                        ("reports/verifier", "report_id")):  # fmt: skip
        for path in list((root / folder).iterdir()):
            path.rename(path.parent / f"{json.loads(path.read_text())[key]}.json")


def tasks(root: Path, count: int) -> None:
    folder = root / "tasks/open"
    folder.mkdir(parents=True)
    for number in range(count):
        body = {**TASK, "task_id": f"task.bench.{number:06}", "priority": number % 97}
        (folder / f"{body['task_id']}.json").write_text(json.dumps(body))


class Program:
    def __init__(self, path: str, compat: bool) -> None:
        self.path = path
        self.environment = {**os.environ, "CCR_COMPAT": "1.0"} if compat else dict(os.environ)
        self.peak = 0

    def run(self, root: Path, *args: str) -> float:
        """Seconds of one whole process."""
        start = time.perf_counter()
        pid = os.posix_spawn(
            self.path, [self.path, "--root", str(root), *args], self.environment,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                          (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
        )  # fmt: skip
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - start
        self.peak = max(self.peak, usage.ru_maxrss // 1024)
        if status:
            print(f"    {args} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
        return seconds


def measure(program: Program, root: Path, size: int, each: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}

    def take(name: str, *args: str) -> None:
        times.setdefault(name, []).append(program.run(root, *args) * 1000)

    # What the first question after `init` costs is not to hide in a median.
    take("task next, first", "task", "next", "--role", "generator")
    for number in range(50, 50 + each):
        take("agent explain", "agent", "explain")
        take("task next", "task", "next", "--role", "generator")
        take("task next, role without tasks", "task", "next", "--role", "verifier")
        take("task lease", "task", "lease", f"task.bench.{number:06}", "--ttl", "30m",
             "--agent", "agent.bench")  # fmt: skip
        body = {**packet(size + number), "status": "candidate", "dependencies": []}
        file = root.parent / "new.json"
        file.write_text(json.dumps(body))
        take("packet submit", "packet", "submit", "--file", str(file))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ccr", required=True, help="our program")
    parser.add_argument("--reference", help="the reference's program")
    parser.add_argument("--reference-limit", type=int, default=1000)
    parser.add_argument("--each", type=int, default=7)
    parser.add_argument("sizes", type=int, nargs="+")
    options = parser.parse_args()
    print("| objects of each kind | program | command | least ms | median ms |")
    print("|--:|---|---|--:|--:|", flush=True)
    for size in options.sizes:
        folder = Path(tempfile.mkdtemp())
        root = folder / "root"
        generate(root, size)
        rename(root)
        tasks(root, size)
        for name, path in (("reference", options.reference), ("ccr", options.ccr)):
            if not path or (name == "reference" and size > options.reference_limit):
                continue
            program = Program(path, compat=name == "reference")
            copy = folder / name
            if name == "reference":
                shutil.copytree(root, copy)
            else:
                root.rename(copy)
            init = program.run(copy, "init")
            times = measure(program, copy, size, options.each if name == "ccr" else 3)
            peaks = {}

            def once(*command: str, program: Program = program, copy: Path = copy,
                     times: dict = times, peaks: dict = peaks) -> None:
                name = " ".join(command)
                program.peak = 0
                times[name] = [program.run(copy, *command) * 1000]
                peaks[name] = program.peak

            once("phase", "form")
            rates = ""
            if name == "ccr":
                for command in (["index", "rebuild"], ["doctor"],
                                ["task", "list"], ["packet", "list"],
                                ["residual", "list"]):  # fmt: skip
                    once(*command)
                rates = f"; index rebuild {4 * size / times['index rebuild'][0] * 1000:,.0f} a second"
            for command, taken in times.items():
                print(f"| {size:,} | {name} | {command} | {min(taken):,.1f} |"
                      f" {statistics.median(taken):,.1f} |"
                      + (f" {peaks[command]} MB" if command in peaks else ""))  # fmt: skip
            print(f"| {size:,} | {name} | (init {init:.2f} s{rates}) | | |",
                  flush=True)  # fmt: skip
        shutil.rmtree(folder)
    print("load average", os.getloadavg())


if __name__ == "__main__":
    main()
