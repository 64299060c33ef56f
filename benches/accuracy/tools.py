# SPDX-License-Identifier: Apache-2.0
"""The programs that are scored: how each is called, offline, and how its report is read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECRETLINT = '{"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}'


@dataclass(frozen=True)
class Found:
    """One finding of a program."""

    path: str
    line: int
    end: int
    rule: str
    confidence: str = ""


@dataclass(frozen=True)
class Tool:
    """A program: its command line for a folder, and the reader of its report."""

    name: str
    command: Callable[[str, str], list[str]]
    read: Callable[[str], list[Found]]
    # The report goes to a file that the command names, not to standard output.
    to_file: bool = False


def call(tool: Tool, binary: str, folder: Path, timeout: float) -> list[Found]:
    """Runs a program in the folder and reads what it reports, paths relative to the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        report = str(Path(scratch) / "report.jsonl")
        (Path(scratch) / "secretlintrc.json").write_text(SECRETLINT)
        command = tool.command(binary, report)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                              errors="replace", timeout=timeout, check=False)
        text = done.stdout
        if tool.to_file and Path(report).exists():
            text = Path(report).read_text(errors="replace")
        try:
            found = tool.read(text)
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(f"{tool.name}: unreadable report ({error!r}): {done.stderr[:400]}") from error
    def relative(path: str) -> str:
        path = path.removeprefix(str(folder)).lstrip("/")
        return path.removeprefix("./")

    return [Found(relative(f.path), f.line, f.end, f.rule, f.confidence) for f in found]


def read_ccr(text: str) -> list[Found]:
    """Our own JSON."""
    found = []
    for item in json.loads(text)["findings"]:
        place = item.get("place") or {}
        segments = place.get("segments") or [item["location"]]
        line = place.get("line") or 1
        found.append(Found(segments[0], line, place.get("end_line") or line, item["rule_id"],
                           item["confidence"]))
    return found


def read_kingfisher(text: str) -> list[Found]:
    """Kingfisher's JSON; a snippet over several lines begins at the line it names."""
    found = []
    for item in json.loads(text)["findings"]:
        place, rule = item["finding"], item["rule"]
        end = place["line"] + place.get("snippet", "").count("\n")
        found.append(Found(place["path"], place["line"], end, rule["id"], place["confidence"]))
    return found


def read_betterleaks(text: str) -> list[Found]:
    """Lines of JSON, of which the last sums up."""
    found = []
    for row in map(json.loads, filter(None, text.splitlines())):
        if item := row.get("finding"):
            place = item["location"]
            found.append(Found(place["path"], place["start_line"], place["end_line"],
                               item["rule_id"], item["confidence"]))
    return found


def read_detect_secrets(text: str) -> list[Found]:
    """A baseline of detect-secrets."""
    results = json.loads(text)["results"]
    return [Found(path, item["line_number"], item["line_number"], item["type"])
            for path, items in results.items() for item in items]


def read_ripsecrets(text: str) -> list[Found]:
    """`path:line:text`, as grep prints it."""
    found = []
    for line in text.splitlines():
        place = re.match(r"(.+?):(\d+):", line)
        if place:
            found.append(Found(place[1], int(place[2]), int(place[2]), "ripsecrets"))
    return found


def read_secretlint(text: str) -> list[Found]:
    """Secretlint's JSON."""
    return [Found(file["filePath"], item["loc"]["start"]["line"], item["loc"]["end"]["line"],
                  item["ruleId"])
            for file in json.loads(text or "[]") for item in file["messages"]]


def beside(report: str, name: str) -> str:
    """A file next to the report."""
    return str(Path(report).with_name(name))


TOOLS = [
    Tool("ccr", lambda binary, _: [binary, "scan", "--json", "--no-progress", "--all-files", "."], read_ccr),
    Tool("kingfisher", lambda binary, _: [
        binary, "scan", "--no-validate", "--no-update-check", "--format", "json",
        "--git-history", "none", "--quiet", "."], read_kingfisher),
    Tool("betterleaks", lambda binary, report: [
        binary, "auto", "--no-banner", "--no-color", "--silent", "--exit-code", "0", ".",
        "-o", report], read_betterleaks, to_file=True),
    Tool("detect-secrets", lambda binary, _: [binary, "scan", "--all-files", "--no-verify", "."],
         read_detect_secrets),
    Tool("ripsecrets", lambda binary, _: [binary, "."], read_ripsecrets),
    Tool("secretlint", lambda binary, report: [
        binary, "--secretlintrc", beside(report, "secretlintrc.json"), "--format", "json",
        "--output", report, "**/*", "**/.*"], read_secretlint, to_file=True),
]


def find(name: str, given: dict[str, str]) -> str | None:
    """Where a program is: as named on the command line, else on PATH."""
    return given.get(name) or shutil.which(name)
