# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of a run into docs/real-input.md and AUDIT.md."""

from __future__ import annotations

from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
NOISE = "## What stops a maintainer"
JUDGED = "## Is each finding true?"


def write(run: str, rules: str, noise: str, repo: Path = REPO) -> None:
    """Replaces the tables by those of this run; the prose around them stays."""
    page = repo / "docs" / "real-input.md"
    text = page.read_text()
    head = text[:text.index("| artefact | version |")]
    tail = text[text.index(JUDGED):]
    start = tail.index("| rule | severity | found |")
    table = rules.partition("\n\n")[0]
    tail = tail[:start] + table + tail[tail.index("\n\n", start):]
    page.write_text(f"{head}{run}\n{NOISE}\n\n{noise}\n{tail}")

    rows = {name(line): line for line in run.splitlines()}
    page = repo / "AUDIT.md"
    lines = [rows.get(name(line) if line.count("|") > 10 else "", line)
             for line in page.read_text().splitlines()]
    page.write_text("\n".join(lines) + "\n")


def name(line: str) -> str:
    """The first cell of a row."""
    return line.split("|")[1].strip() if line.count("|") > 10 else ""
