#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proof on real input: audits pinned packages as they are, and with one planted fault each.

  fetch     download what artifacts.toml pins, and verify it
  run       audit every artefact as it is: sizes, times, findings, precision from labels.toml
  show      print the findings of the last run one a line, for labelling
  plant     write copies with one fault each
  verify    audit the planted copies; every fault must be found where it was planted
  pin       add an artefact to the list

Files go to $CCR_REAL_DIR, or target/real of this repository.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import archives  # noqa: E402
import labels as labelling  # noqa: E402
import pages  # noqa: E402
import plant as planting  # noqa: E402
import program  # noqa: E402
import runner  # noqa: E402
import store  # noqa: E402
import tables  # noqa: E402


def main() -> int:
    """Parses the command line and runs one subcommand."""
    return command_line().run()


def command_line() -> program.CommandLine:
    """Flags and their help."""
    line = program.CommandLine(__doc__)
    add = line.add

    def common(sub: argparse.ArgumentParser, jobs: int) -> None:
        sub.add_argument("--select", action="append", default=[], metavar="TEXT",
                         help="only artefacts whose id (kind:name) or file contains TEXT")
        sub.add_argument("--jobs", type=int, default=jobs,
                         help=f"artefacts at once (default {jobs})")

    def auditing(sub: argparse.ArgumentParser, default: float) -> None:
        sub.add_argument("--ccr", type=Path, required=True, help="the binary to prove")
        sub.add_argument("--timeout", type=float, default=default,
                         help=f"seconds for one audit (default {default:.0f})")
        sub.add_argument("--ccr-arg", action="append", default=[], metavar="ARG",
                         help="further argument for `ccr audit release`, repeatable")

    sub = add("fetch", fetch, "download what artifacts.toml pins, and verify it")
    common(sub, 2)
    sub = add("run", run, "audit every artefact as it is; write the table and the precision")
    common(sub, 1)
    auditing(sub, 300)
    sub.add_argument("--output", type=Path, help="Markdown file (default: results/run.md)")
    sub.add_argument("--pages", action="store_true",
                     help="write the tables into docs/real-input.md and AUDIT.md too")
    sub.add_argument("--strict", action="store_true",
                     help="exit 1 when a rule is wrong more often than right, a finding has no "
                          "label, or there is more than two blocking ones or one wrong grave "
                          "one per 100 MB unpacked")
    sub = add("show", show, "print findings of the last run, one a line")
    common(sub, 1)
    sub.add_argument("--rule", action="append", default=[], help="only this rule or family")
    sub.add_argument("--unlabelled", action="store_true", help="only those without a label")
    sub.add_argument("--false", dest="false", action="store_true", help="only those labelled false")
    sub.add_argument("--limit", type=int, default=0, metavar="N",
                     help="at most N of a rule in one artefact")
    sub.add_argument("--blocking", action="store_true", help="only blocking ones")
    sub = add("plant", plant, "write copies with one planted fault each")
    common(sub, 2)
    sub.add_argument("--case", action="append", default=[], choices=list(planting.CASES),
                     help="only this case, repeatable")
    sub = add("verify", verify, "audit the planted copies (made by `plant`)")
    common(sub, 2)
    auditing(sub, 300)
    sub.add_argument("--case", action="append", default=[], choices=list(planting.CASES))
    sub.add_argument("--output", type=Path, help="Markdown file (default: results/verify.md)")
    sub = add("pin", pin, "download an artefact and add it to artifacts.toml")
    sub.add_argument("kind", choices=store.KINDS)
    sub.add_argument("spec", help="NAME or NAME==VERSION")
    return line


def chosen(arguments: argparse.Namespace) -> list[store.Artifact]:
    """The artefacts asked for."""
    found = store.select(store.load(), arguments.select)
    if not found:
        sys.exit("no artefact fits --select")
    return found


def fetch(arguments: argparse.Namespace) -> int:
    """Subcommand `fetch`."""
    wanted = chosen(arguments)

    def one(artifact: store.Artifact) -> str | None:
        try:
            store.fetch(artifact)
        except store.FetchError as error:
            return f"{artifact.id}: {error}"
        return None

    with ThreadPoolExecutor(arguments.jobs) as pool:
        faults = [fault for fault in pool.map(one, wanted) if fault]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(wanted) - len(faults)} of {len(wanted)} artefacts in {store.real_dir()}/files")
    return 1 if faults else 0


def present(wanted: list[store.Artifact]) -> None:
    """Ends the program unless every file is there and is the pinned one."""
    missing = [a.id for a in wanted if not store.is_present(a)]
    if missing:
        sys.exit(f"not fetched, or changed: {', '.join(missing)}; run `fetch` first")


def results_dir() -> Path:
    """Where reports of the runs go."""
    folder = store.real_dir() / "results"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(arguments: argparse.Namespace) -> int:
    """Subcommand `run`."""
    wanted = chosen(arguments)
    present(wanted)
    ccr = arguments.ccr.resolve()

    def one(artifact: store.Artifact) -> dict:
        path = store.download_path(artifact)
        archive = archives.Archive(path)
        done = runner.audit(ccr, path, arguments.timeout, arguments.ccr_arg)
        print(f"{artifact.id}: {len(done.findings)} findings, {done.cost.wall:.2f} s"
              + (f", {done.error}" if done.error else ""), file=sys.stderr)
        return {
            "artifact": artifact.id, "file": artifact.file, "version": artifact.version,
            "packed": artifact.size, "unpacked": archive.unpacked,
            "entries": len(archive.members), "wall": round(done.cost.wall, 3),
            "cpu": round(done.cost.cpu, 3), "peak_rss": done.cost.peak_rss,
            "accepted": done.accepted, "error": done.error,
            "findings": [runner.compact(f) for f in done.findings],
        }

    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(one, wanted))
    folder = results_dir()
    (folder / "run.json").write_text(json.dumps(rows, indent=1) + "\n")
    labels = labelling.load()
    scores = labelling.score({row["artifact"]: row["findings"] for row in rows}, labels)
    unused = labelling.stale(labels) if not arguments.select else []
    heard, noise = tables.noise(rows, labels)
    run_table, rule_table = tables.run_table(rows), tables.rule_table(scores, unused)
    text = "\n".join([run_table, rule_table, noise])
    if arguments.pages:
        pages.write(run_table, rule_table, noise)
    (arguments.output or folder / "run.md").write_text(text)
    print(text)
    failed = [row["artifact"] for row in rows if row["error"]]
    if failed:
        print(f"audit failed on: {', '.join(failed)}", file=sys.stderr)
        return 1
    bad = heard.is_loud or any(s.is_mostly_wrong or s.unlabelled for s in scores)
    return 1 if arguments.strict and bad else 0


def show(arguments: argparse.Namespace) -> int:
    """Subcommand `show`."""
    source = store.real_dir() / "results" / "run.json"
    if not source.is_file():
        sys.exit("nothing to show: `run` first")
    labels = labelling.load()
    wanted = {artifact.id for artifact in chosen(arguments)}
    for row in json.loads(source.read_text()):
        if row["artifact"] not in wanted:
            continue
        shown: dict[str, int] = {}
        for finding in row["findings"]:
            judged = labelling.verdict(labels, row["artifact"], finding)
            if (arguments.unlabelled and judged is not None) or (arguments.false
                                                                 and judged is not False):
                continue
            if arguments.rule and not {finding["rule"], finding["family"]} & set(arguments.rule):
                continue
            if arguments.blocking and not finding["blocking"]:
                continue
            shown[finding["rule"]] = shown.get(finding["rule"], 0) + 1
            if arguments.limit and shown[finding["rule"]] > arguments.limit:
                continue
            print(tables.finding_line(row["artifact"], finding, judged))
        for rule, count in shown.items():
            if arguments.limit and count > arguments.limit:
                print(f"{row['artifact']} … {count - arguments.limit} more of {rule}")
    return 0


def planted_dir() -> Path:
    """Where planted copies stand: `planted/KIND-NAME/CASE/FILE`."""
    return store.real_dir() / "planted"


def planted_path(artifact: store.Artifact, case: str) -> Path:
    """Place of one planted copy; it keeps the file's name, which tells its kind and version."""
    folder = artifact.id.replace("/", "-").replace(":", "-").replace("@", "")
    return planted_dir() / folder / case / artifact.file


def plant(arguments: argparse.Namespace) -> int:
    """Subcommand `plant`."""
    wanted = chosen(arguments)
    present(wanted)
    cases = arguments.case or list(planting.CASES)

    def one(artifact: store.Artifact) -> list[dict]:
        source = archives.Archive(store.download_path(artifact))
        rows = []
        for case in cases:
            made = planting.plant(artifact, source, case)
            if made is None:
                continue
            copy, what = made
            copy.write(planted_path(artifact, case))
            faults = planting.faults_of_copy(source, store.download_path(artifact),
                                             planted_path(artifact, case), what)
            if faults:
                raise ValueError(f"{artifact.id} {case}: {'; '.join(faults)}")
            rows.append({"artifact": artifact.id, **what.as_json()})
        return rows

    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = [row for group in pool.map(one, wanted) for row in group]
    manifest = planted_dir() / "manifest.json"
    done = {(row["artifact"], row["case"]) for row in rows}
    if manifest.is_file():
        rows += [row for row in json.loads(manifest.read_text())
                 if (row["artifact"], row["case"]) not in done]
    rows.sort(key=lambda row: (row["artifact"], row["case"]))
    manifest.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"{len(done)} planted copies in {planted_dir()}")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Subcommand `verify`."""
    wanted = {artifact.id: artifact for artifact in chosen(arguments)}
    present(list(wanted.values()))
    manifest = planted_dir() / "manifest.json"
    if not manifest.is_file():
        sys.exit("no planted copies: `plant` first")
    plants: dict[str, list[dict]] = {}
    for row in json.loads(manifest.read_text()):
        if row["artifact"] in wanted and (not arguments.case or row["case"] in arguments.case):
            plants.setdefault(row["artifact"], []).append(row)
    if not plants:
        sys.exit("no planted copy fits the selection")
    ccr = arguments.ccr.resolve()

    def audit(path: Path) -> runner.Audit:
        return runner.audit(ccr, path, arguments.timeout, arguments.ccr_arg)

    def one(artifact_id: str) -> list[dict]:
        artifact = wanted[artifact_id]
        before = audit(store.download_path(artifact))
        # The description too: one finding may stand for several hits of a file, and count them.
        def identity(finding: dict) -> tuple:
            return finding["rule_id"], finding["fingerprint"], finding["description"]

        known = {identity(f) for f in before.findings}
        rows = []
        for row in plants[artifact_id]:
            after = audit(planted_path(artifact, row["case"]))
            new = [f for f in after.findings if identity(f) not in known]
            hits = [f for f in new if f["family"] == row["family"]
                    and is_at(row["member"], runner.member_of(f))]
            rows.append({**row, "found": sorted({f["rule_id"] for f in hits}),
                         "beside": sorted({f["rule_id"] for f in new if f not in hits}),
                         "blocking": any(f["blocking"] for f in hits),
                         "error": before.error or after.error})
        missed = [row["case"] for row in rows if not row["found"]]
        print(f"{artifact_id}: {len(rows) - len(missed)} of {len(rows)}"
              + (f", missed {', '.join(missed)}" if missed else ""), file=sys.stderr)
        return rows

    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = [row for group in pool.map(one, plants) for row in group]
    folder = results_dir()
    (folder / "verify.json").write_text(json.dumps(rows, indent=1) + "\n")
    text = tables.verify_table(rows)
    (arguments.output or folder / "verify.md").write_text(text)
    print(text)
    return 1 if any(not row["found"] for row in rows) else 0


def is_at(planted: str | None, found: str) -> bool:
    """Whether a finding names the planted member, or the folder it was planted with.

    A cache folder is one finding, not one for each file in it. A member that was taken out has no
    place, so any finding of the family on the archive counts.
    """
    if planted is None or found == planted:
        return True
    folder = found.rstrip("/")
    return bool(folder) and planted.startswith(folder + "/") and folder.count("/") > 0


def pin(arguments: argparse.Namespace) -> int:
    """Subcommand `pin`."""
    name = arguments.spec.partition("==")[0]
    if any(a.id == f"{arguments.kind}:{name}" for a in store.load()):
        sys.exit(f"{arguments.kind}:{name} is listed already")
    try:
        artifact = store.pin(arguments.kind, arguments.spec)
    except store.FetchError as error:
        sys.exit(str(error))
    store.append(artifact)
    print(store.entry_text(artifact).strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
