# SPDX-License-Identifier: Apache-2.0
"""Builds the source tree of the speed benchmark from real packages, the same on every machine.

Text files only, so that each program reads the same bytes, and without ignore files, because the
programs obey them differently. Nothing is executed; a member's name is checked before it is used.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))
import archives  # noqa: E402
import store  # noqa: E402

EXTRA = Path(__file__).resolve().with_name("tree.toml")
IGNORE_FILES = {".gitignore", ".ignore", ".rgignore", ".gitattributes", ".gitmodules"}
# Mostly built bundles and service descriptions: too many bytes of one sort for a source tree.
NOT_SOURCE = {"npm:next", "sdist:botocore"}
# A larger file is generated data; one of them would decide the outcome for a single program.
LARGEST = 16 << 20


def default_tree() -> Path:
    """`$CCR_REAL_DIR/tree`, or target/peers/tree of this repository."""
    base = os.environ.get("CCR_REAL_DIR")
    return Path(base) / "tree" if base else store.REPO / "target" / "peers" / "tree"


def is_text(data: bytes) -> bool:
    """No NUL byte near the start: what ripgrep and git go by."""
    return b"\0" not in data[:8192]


def safe(name: str) -> PurePosixPath | None:
    """The member's path, unless it would leave its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return None
    return path


def write(folder: Path, name: str, data: bytes) -> int:
    """Writes one file of the tree; 0 when it is not for the tree."""
    path = safe(name)
    if path is None or path.name in IGNORE_FILES or ".git" in path.parts:
        return 0
    if len(data) > LARGEST or not is_text(data):
        return 0
    target = folder / path
    # Two members may differ in case only, or one be the other's folder.
    if target.exists() or any(p.is_file() for p in target.parents if p != folder.parent):
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return len(data)


def build(tree: Path, at_most: int | None = None) -> dict:
    """Builds the tree anew and returns its manifest: sources with versions, files, bytes."""
    if tree.exists():
        if not (tree.parent / (tree.name + ".json")).is_file():
            sys.exit(f"{tree} exists and was not made by this script")
        shutil.rmtree(tree)
    sources = []
    total = 0
    files = 0
    packages = [a for a in store.load() if a.kind != "wheel" and a.id not in NOT_SOURCE]
    packages += store.load(EXTRA)
    seen: set[str] = set()
    for artifact in packages:
        if artifact.id in seen or (at_most is not None and total >= at_most):
            continue
        seen.add(artifact.id)
        archive = archives.Archive(store.fetch(artifact))
        folder = tree / artifact.kind / artifact.name.replace("/", "-")
        count, size = 0, 0
        for member in archive.files:
            written = write(folder, member.name, member.data)
            size += written
            count += written > 0
        sources.append({"source": artifact.id, "version": artifact.version, "files": count,
                        "bytes": size})
        total += size
        files += count
    if at_most is None or total < at_most:
        library = Path(sysconfig.get_paths()["stdlib"])
        count, size = 0, 0
        for path in sorted(library.rglob("*")):
            inner = path.relative_to(library)
            if path.is_file() and not path.is_symlink() and not {
                    "site-packages", "__pycache__"} & set(inner.parts):
                written = write(tree / "stdlib", inner.as_posix(), path.read_bytes())
                size += written
                count += written > 0
        sources.append({"source": "CPython standard library",
                        "version": sys.version.split()[0], "files": count, "bytes": size})
        total += size
        files += count
    manifest = {"files": files, "bytes": total, "sources": sources}
    (tree.parent / (tree.name + ".json")).write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def measure(tree: Path) -> tuple[int, int]:
    """Files and bytes of a folder, links not followed."""
    files = total = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                files += 1
                total += path.stat().st_size
    return files, total
