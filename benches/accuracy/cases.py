# SPDX-License-Identifier: Apache-2.0
"""The labelled sets in `fixtures/`: secrets, paths, claims. Each case becomes one file of its own.

Secrets and paths are TOML: `[[group]]` with `label` (`none`, else what must be found), `form` (what
the cases have in common), `file` (the name they have unless they bring their own), optionally
`rule` (the id that must speak), and `lines` or `cases`: a text, `[file, text]`, or a list of more
parts, joined behind the file. Claims are rows of four columns: form, file, claims, text.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import generate

REPO = Path(__file__).resolve().parents[2]
FAMILIES = ("secret", "path", "claim")
# Folders of homes, put together here so that no file names one.
HOMES = {
    "LINUX": "/ho" + "me/", "MACOS": "/Us" + "ers/", "WINDOWS": "C:\\Us" + "ers\\",
    "ESCAPED": "C:\\\\Us" + "ers\\\\", "FORWARD": "C:/Us" + "ers/", "ENCODED": "%2Fho" + "me%2F",
    "SETTINGS": "C:\\Documents" + " and Settings\\",
}


@dataclass
class Case:
    """One labelled text."""

    family: str
    name: str
    form: str
    file: str
    text: str
    wanted: bool
    # First and last line that hold what must be found; a finding elsewhere is wrong.
    lines: tuple[int, int] | None = None
    rule: str | None = None

    @property
    def place(self) -> str:
        """Where it is staged, below the family's folder."""
        return f"{self.name}/{self.file}"


@dataclass
class Set:
    """The cases of one family."""

    family: str
    cases: list[Case] = field(default_factory=list)

    def stage(self, root: Path) -> Path:
        """Writes every case's file below `root`."""
        folder = root / self.family
        for case in self.cases:
            path = folder / case.place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(case.text.encode("utf-8", "surrogateescape"))
        return folder


def load(family: str, seed: str, folder: Path = REPO / "fixtures") -> Set:
    """A family's set; every file of its folder, in order of name."""
    data = Set(family)
    for path in sorted((folder / f"{family}-data").iterdir()):
        if path.suffix == ".toml":
            read_groups(data, path, seed)
        elif path.suffix == ".tsv":
            read_rows(data, path)
    return data


def read_groups(data: Set, path: Path, seed: str) -> None:
    """A TOML file of groups."""
    groups = tomllib.loads(path.read_text())["group"]
    for number, group in enumerate(groups, 1):
        for position, item in enumerate(group.get("cases") or group["lines"], 1):
            file, text = group.get("file"), item
            if not isinstance(item, str):
                file, text = item[0], "".join(item[1:])
            name = f"{path.stem}-{number:02}-{position:02}"
            wanted = group["label"] != "none"
            lines = None
            if data.family == "secret":
                text, spans = generate.Values(seed, name).fill(text)
                lines = lines_of(text, spans) if wanted else None
            for word, home in HOMES.items():
                text = text.replace(f"@@{word}@@", home)
            if not text.endswith("\n"):
                text += "\n"
            data.cases.append(Case(data.family, name, group["form"], file, text, wanted, lines,
                                   group.get("rule")))


def read_rows(data: Set, path: Path) -> None:
    """A TSV file of sentences."""
    for number, row in enumerate(path.read_text().splitlines(), 1):
        if row.startswith("#") or not row.strip():
            continue
        form, file, claims, text = row.split("\t")
        text = text.replace("\\n", "\n").replace("\\t", "\t")
        data.cases.append(Case(data.family, f"{path.stem}-{number:04}", form, file, text + "\n",
                               claims != "-"))


def lines_of(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """The lines that the spans stand on; a name may stand on the line above its value."""
    if not spans:
        raise ValueError(f"no secret is marked in {text!r}")
    first = text.count("\n", 0, spans[0][0]) + 1
    last = text.count("\n", 0, spans[-1][1]) + 1
    return max(1, first - 1), last
