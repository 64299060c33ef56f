# SPDX-License-Identifier: Apache-2.0
"""A person's verdicts on findings in the unmodified artefacts, and the precision that follows.

`labels.toml` holds `[[label]]` tables: `rule`, `artifact` (an id, `*` allowed), `fingerprint`
(one or a list) or `member` (globs of the path inside the archive, one or a list), `verdict` (true: the finding
says something that is so and that a maintainer would want to know), `reason`. An exact
fingerprint wins over a glob, an earlier glob over a later one.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

FILE = Path(__file__).resolve().with_name("labels.toml")
SEVERITIES = ("critical", "high", "medium", "low", "info", "")
KEYS = {"rule", "artifact", "fingerprint", "member", "verdict", "reason"}


@dataclass
class Label:
    """One table of the file."""

    rule: str
    artifact: str
    verdict: bool
    reason: str
    fingerprints: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()
    used: int = 0

    def fits(self, artifact: str, finding: dict) -> bool:
        """Whether this label speaks of the finding."""
        if not fnmatchcase(finding["rule"], self.rule) or not fnmatchcase(artifact, self.artifact):
            return False
        if self.fingerprints:
            return finding["fingerprint"] in self.fingerprints
        return any(fnmatchcase(finding["member"], glob) for glob in self.members)


def load(path: Path = FILE) -> list[Label]:
    """Reads the labels; a table with an unknown key, no reason or no scope is an error."""
    if not path.is_file():
        return []
    with path.open("rb") as handle:
        tables = tomllib.load(handle).get("label", [])
    labels: list[Label] = []
    for at, table in enumerate(tables, 1):
        unknown = set(table) - KEYS
        if unknown:
            raise ValueError(f"label {at}: unknown key {', '.join(sorted(unknown))}")
        if not table.get("reason"):
            raise ValueError(f"label {at} ({table.get('rule')}): a reason is needed")
        if ("fingerprint" in table) == ("member" in table):
            raise ValueError(f"label {at} ({table.get('rule')}): fingerprint or member, one of them")
        prints, members = table.get("fingerprint", []), table.get("member", [])
        labels.append(Label(table["rule"], table["artifact"], bool(table["verdict"]),
                            table["reason"],
                            frozenset([prints] if isinstance(prints, str) else prints),
                            tuple([members] if isinstance(members, str) else members)))
    return labels


def label_of(labels: list[Label], artifact: str, finding: dict) -> Label | None:
    """The label that speaks of the finding; None where nobody has judged yet."""
    hits = [label for label in labels if label.fits(artifact, finding)]
    return min(hits, key=lambda label: not label.fingerprints, default=None)


def verdict(labels: list[Label], artifact: str, finding: dict) -> bool | None:
    """True, false, or None where nobody has judged yet; counts the use of the label."""
    label = label_of(labels, artifact, finding)
    if label is None:
        return None
    label.used += 1
    return label.verdict


@dataclass
class RuleScore:
    """Counts of one rule at one severity over all artefacts: a rule may rate a place lower."""

    rule: str
    family: str = ""
    severity: str = ""
    artifacts: set[str] = field(default_factory=set)
    found: int = 0
    blocking: int = 0
    true: int = 0
    false: int = 0

    @property
    def unlabelled(self) -> int:
        """Findings nobody has judged."""
        return self.found - self.true - self.false

    @property
    def precision(self) -> float | None:
        """Share of true ones among the judged."""
        judged = self.true + self.false
        return self.true / judged if judged else None

    @property
    def is_mostly_wrong(self) -> bool:
        """Wrong more often than right, among the judged."""
        return self.false > self.true


def score(results: dict[str, list[dict]], labels: list[Label]) -> list[RuleScore]:
    """Precision per rule and severity; `results` maps an artefact's id to its compact findings."""
    scores: dict[tuple[str, str], RuleScore] = defaultdict(lambda: RuleScore(""))
    for artifact, findings in sorted(results.items()):
        for finding in findings:
            one = scores[(finding["rule"], finding["severity"] or "")]
            one.rule, one.family = finding["rule"], finding["family"] or ""
            one.severity = finding["severity"] or ""
            one.artifacts.add(artifact)
            one.found += 1
            one.blocking += finding["blocking"]
            judged = verdict(labels, artifact, finding)
            one.true += judged is True
            one.false += judged is False
    return sorted(scores.values(), key=lambda s: (s.family, s.rule, SEVERITIES.index(s.severity)))


def stale(labels: list[Label]) -> list[Label]:
    """Labels that spoke of nothing: the rule or the artefact has changed."""
    return [label for label in labels if not label.used]
