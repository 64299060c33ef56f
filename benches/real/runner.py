# SPDX-License-Identifier: Apache-2.0
"""Runs `ccr audit release` over one archive in a folder of its own, and reads the report."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import measured  # noqa: E402

PLACE_TAIL = re.compile(r":\d+(:\d+)?$")


@dataclass
class Audit:
    """One run: its cost, and the findings that lie in the archive."""

    cost: measured.Cost
    findings: list[dict] = field(default_factory=list)
    error: str | None = None
    accepted: bool | None = None
    scanned: dict = field(default_factory=dict)


def member_of(finding: dict) -> str:
    """Path inside the archive, `!/` between levels; empty for a finding on the archive itself."""
    place = finding.get("place") or {}
    segments = place.get("segments") or []
    if segments:
        return "!/".join(segments[1:])
    _, _, inner = finding.get("location", "").partition("!/")
    return PLACE_TAIL.sub("", inner)


def audit(ccr: Path, archive: Path, timeout: float, extra: list[str] | None = None) -> Audit:
    """Audits `archive` as the only file of a dist folder, under a root with one line of README."""
    with tempfile.TemporaryDirectory(prefix="ccr-real-") as scratch:
        root = Path(scratch) / "root"
        dist = root / "dist"
        dist.mkdir(parents=True)
        (root / "README.md").write_text("Scratch root of a benchmark.\n")
        try:
            os.link(archive, dist / archive.name)
        except OSError:
            shutil.copyfile(archive, dist / archive.name)
        out, err = Path(scratch) / "out.json", Path(scratch) / "err.txt"
        env = {key: value for key, value in os.environ.items() if not key.startswith("CCR_")}
        env["SOURCE_DATE_EPOCH"] = "1767225600"
        cost = measured.run([str(ccr), "audit", "release", "--root", str(root), "--dist",
                             str(dist), "--json", *(extra or [])], out, err, timeout, env=env)
        result = Audit(cost)
        if cost.timed_out:
            result.error = f"no end in {timeout:.0f} s"
            return result
        said = err.read_text(errors="replace").strip()
        if cost.code not in (0, 1):
            result.error = f"exit {cost.code}: {said[-300:] or out.read_text(errors='replace')[:300]}"
            return result
        try:
            report = json.loads(out.read_bytes())
        except ValueError as error:
            result.error = f"standard output is not one JSON document: {error}"
            return result
        result.accepted = report.get("accepted")
        result.scanned = report.get("scanned") or {}
        result.findings = [f for f in report.get("findings", []) if in_archive(f, archive.name)]
        return result


def in_archive(finding: dict, name: str) -> bool:
    """Whether a finding lies on or in the archive, not on the scratch root."""
    segments = (finding.get("place") or {}).get("segments") or []
    first = segments[0] if segments else finding.get("location", "").partition("!/")[0]
    return PLACE_TAIL.sub("", first).rsplit("/", 1)[-1] == name


def compact(finding: dict) -> dict:
    """The keys that review and comparison need."""
    place = finding.get("place") or {}
    return {
        "rule": finding.get("rule_id") or finding.get("kind"),
        "family": finding.get("family"),
        "severity": finding.get("severity"),
        "confidence": finding.get("confidence"),
        "blocking": bool(finding.get("blocking")),
        "member": member_of(finding),
        "line": place.get("line"),
        "fingerprint": finding.get("fingerprint"),
        "snippet": finding.get("snippet"),
        "description": finding.get("description"),
    }
