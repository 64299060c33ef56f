# SPDX-License-Identifier: Apache-2.0
"""Times `ccr phase form` over N packets and N residuals.

    python3 benches/phase.py --ccr target/release/ccr --reference PATH/ccr 100 1000 10000 100000

Writes a runtime of each size into a temporary folder: N checked packets in a chain of
dependencies, one stored verifier report for each, N open residuals, one in a hundred of them
blocking. Prints seconds and peak memory of our default mode, of our compatibility mode and, up to
--reference-limit, of the reference.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def packet(number: int) -> dict:
    name = f"packet.bench.{number:06}"
    before = f"packet.bench.{number - 1:06}"
    return {
        "schema_version": "ccr.packet.v0.1",
        "packet_id": name,
        "created_at": "2026-01-01T00:00:00Z",
        "issuer": {"actor_id": "agent.bench", "actor_type": "agent"},
        "status": "checked",
        "packet_type": "workflow",
        "summary": f"Packet {number} of the benchmark.",
        "claims": [{"claim_id": "claim.bench", "claim_text": "It can be counted.",
                    "claim_type": "interop", "status": "checked",
                    "settlement_target": "provisional"}],
        "artifacts": [{"artifact_id": "artifact.bench", "kind": "text",
                       "uri_or_path": "inline:bench", "content_sha256": "unknown"}],
        "scope": {"validity_domain": "benchmark", "out_of_scope": [],
                  "profiles": ["development"]},
        "dependencies": [{"dependency_id": before, "relation": "supports",
                          "required_status": "checked"}] if number else [],
        "execution_availability": {"claim": "Dry run.", "mode": "dry_run", "gates": [],
                                   "side_effect_policy": "dry_run_only"},
        "provenance": {"origin_kind": "human_seed", "source_refs": [],
                       "content_sha256": "unknown"},
        "verifiers": [{"verifier_id": "verifier.bench", "provider": "ci", "required": True,
                       "purpose": "benchmark"}],
        "residuals": [],
        "risk": {"hazard_level": "none", "authority_level": "none", "misuse_risk": "low",
                 "overclaim_risk": "low"},
        "reuse": {"reuse_mode": "project", "intended_downstream_uses": [],
                  "transport_limits": []},
        "lineage": {"parents": [], "children": [], "revision": 0},
        "metrics": {"reuse_score": 0.75, "residual_load": 0, "hazard_load": 0, "queue_load": 0},
        "pic_interop": {"enabled": False, "candidate_kind": "packet_json",
                        "profile": "development", "recommended_commands": [],
                        "status_mapping": {"pic_accepted_maps_to": "checked",
                                           "pic_settled_true_maps_to": "checked",
                                           "pic_settled_false_maps_to": "provisional"}},
    }  # fmt: skip


def residual(number: int) -> dict:
    about = f"packet.bench.{number:06}"
    return {
        "schema_version": "ccr.residual.v0.1",
        "residual_id": f"residual.bench.{number:06}",
        "created_at": "2026-01-01T00:00:00Z",
        "status": "open",
        "severity": "low",
        "kind": "missing_evidence",
        "description": "More could be known.",
        "blocking": number % 100 == 0,
        "object_type": "packet",
        "object_id": about,
        "refs": [about],
        "source": "benchmark",
    }


def report(number: int) -> dict:
    return {
        "schema_version": "ccr.verifier_report.v0.1",
        "report_id": f"report.bench.{number:06}",
        "provider": "ci",
        "created_at": "2026-01-01T00:00:00Z",
        "accepted": True,
        "settled": False,
        "packet_id": f"packet.bench.{number:06}",
        "residuals": [],
    }


def generate(root: Path, count: int) -> None:
    """Writes the runtime."""
    for folder, build in (("packets/checked", packet), ("residuals/open", residual),
                          ("reports/verifier", report)):  # fmt: skip
        place = root / folder
        place.mkdir(parents=True)
        for number in range(count):
            (place / f"{number:06}.json").write_text(json.dumps(build(number)))


def run(program: str, root: Path, compat: bool) -> tuple[float, float, int]:
    """Seconds, peak memory in MB, bytes on standard output."""
    environment = {**os.environ, "CCR_COMPAT": "1.0"} if compat else dict(os.environ)
    out = root.parent / "out"
    # A child of a child, so that the peak is this run's alone.
    code = (
        "import resource,subprocess,sys,time;t=time.perf_counter();"
        "r=subprocess.run(sys.argv[2:],stdout=open(sys.argv[1],'wb'),stderr=subprocess.DEVNULL);"
        "print(time.perf_counter()-t,"
        "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024,r.returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(out), program, "--root", str(root), "phase", "form",
         "--json"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, memory, status = done.stdout.split()
    if status != "0":
        sys.exit(f"{program} ended with {status}: {out.read_text()[:500]}")
    return float(seconds), float(memory), out.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ccr", required=True, help="our program")
    parser.add_argument("--reference", help="the reference's program")
    parser.add_argument("--reference-limit", type=int, default=1000)
    parser.add_argument("--keep", type=Path, help="only write the first size there")
    parser.add_argument("sizes", type=int, nargs="+")
    options = parser.parse_args()
    if options.keep:
        generate(options.keep, options.sizes[0])
        return
    print("| packets and residuals | program | seconds | peak MB | output KB |")
    print("|---|---|---|---|---|")
    for size in options.sizes:
        for name, program, compat in (
            ("ccr", options.ccr, False),
            ("ccr, compatibility", options.ccr, True),
            ("reference", options.reference, True),
        ):
            if not program or (name == "reference" and size > options.reference_limit):
                continue
            folder = Path(tempfile.mkdtemp())
            try:
                generate(folder / "root", size)
                seconds, memory, shown = run(program, folder / "root", compat)
            finally:
                shutil.rmtree(folder)
            print(f"| {size} | {name} | {seconds:.2f} | {memory:.0f} | {shown // 1024} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
