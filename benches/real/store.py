# SPDX-License-Identifier: Apache-2.0
"""The pinned list of real artefacts, and fetching them through the ordinary package clients.

The list is data (`artifacts.toml`); this module reads it, downloads what is missing and refuses
whatever does not have the recorded SHA-256. Nothing here opens an archive.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
LIST = Path(__file__).resolve().with_name("artifacts.toml")
KINDS = ("wheel", "sdist", "crate", "npm")


class FetchError(Exception):
    """A client failed, or what it delivered is not what was pinned."""


@dataclass(frozen=True)
class Artifact:
    """One pinned file of a registry."""

    kind: str
    name: str
    version: str
    file: str
    sha256: str
    size: int

    @property
    def id(self) -> str:
        """Short unambiguous name, used in tables and labels: `wheel:requests`."""
        return f"{self.kind}:{self.name}"


def real_dir() -> Path:
    """Where downloads and results go: `CCR_REAL_DIR`, else `target/real` of this repository."""
    return Path(os.environ.get("CCR_REAL_DIR") or REPO / "target" / "real")


def download_path(artifact: Artifact, base: Path | None = None) -> Path:
    """Place of the downloaded file; one folder a kind, so equal names cannot meet."""
    return (base or real_dir()) / "files" / artifact.kind / artifact.file


def load(path: Path = LIST) -> list[Artifact]:
    """Reads and checks the list; an id used twice is an error."""
    with path.open("rb") as handle:
        tables = tomllib.load(handle).get("artifact", [])
    artifacts = [Artifact(**table) for table in tables]
    seen: set[str] = set()
    for artifact in artifacts:
        if artifact.kind not in KINDS:
            raise ValueError(f"{artifact.id}: unknown kind")
        if artifact.id in seen:
            raise ValueError(f"{artifact.id}: listed twice")
        seen.add(artifact.id)
    return artifacts


def select(artifacts: list[Artifact], patterns: list[str]) -> list[Artifact]:
    """Those whose id or file name contains one of `patterns`; all when none is given."""
    if not patterns:
        return artifacts
    return [a for a in artifacts if any(p in a.id or p in a.file for p in patterns)]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def is_present(artifact: Artifact, base: Path | None = None) -> bool:
    """Whether the file is there with the pinned size and hash."""
    path = download_path(artifact, base)
    return (
        path.is_file()
        and path.stat().st_size == artifact.size
        and sha256_of(path) == artifact.sha256
    )


def fetch(artifact: Artifact, base: Path | None = None, timeout: int = 900) -> Path:
    """Downloads one artefact unless it is there already, and verifies it."""
    target = download_path(artifact, base)
    if is_present(artifact, base):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ccr-fetch-") as scratch:
        found = download(artifact.kind, artifact.name, artifact.version, Path(scratch), timeout,
                         artifact.file)
        if found.name != artifact.file:
            raise FetchError(f"{artifact.id}: got {found.name}, pinned {artifact.file}")
        digest = sha256_of(found)
        if digest != artifact.sha256:
            raise FetchError(f"{artifact.id}: SHA-256 is {digest}, pinned {artifact.sha256}")
        shutil.move(found, target)
    return target


def download(kind: str, name: str, version: str, into: Path, timeout: int,
             wanted: str | None = None) -> Path:
    """Lets the kind's own client put one file into `into`, and returns it.

    `wanted` is the pinned file name; of a wheel it carries the platform to ask for, so that the
    same file comes on any machine.
    """
    if kind == "wheel":
        return _pip(["--only-binary", ":all:", *_wheel_platform(wanted)], name, version, into,
                    timeout)
    if kind == "sdist":
        return _pip(["--no-binary", name], name, version, into, timeout)
    if kind == "npm":
        _client(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(into),
                 f"{name}@{version}"], into, timeout)
        return _only_file(into)
    if kind == "crate":
        return _crate(name, version, into, timeout)
    raise ValueError(f"unknown kind {kind}")


def _pip(options: list[str], name: str, version: str, into: Path, timeout: int) -> Path:
    # pip builds the metadata of an sdist before it keeps the file; --no-deps stops it there.
    _client([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(into),
             *options, f"{name}=={version}"], into, timeout)
    return _only_file(into)


def _wheel_platform(file: str | None) -> list[str]:
    """Options that make pip ask for exactly the interpreter and platform in a wheel's name."""
    if file is None:
        return ["--python-version", "3.11", "--implementation", "cp",
                "--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64",
                "--platform", "manylinux_2_28_x86_64"]
    python, abi, platform = file.removesuffix(".whl").split("-")[-3:]
    if platform == "any" and abi == "none":
        # Where a package has wheels for this platform as well, pip would prefer those.
        return ["--python-version", "3.11", "--implementation", "py", "--abi", "none",
                "--platform", "any"]
    options = ["--python-version", "3.11", "--implementation", "cp"]
    for tag in platform.split("."):
        options += ["--platform", tag]
    if abi not in ("none", "cp311"):
        options += ["--abi", abi]
    return options


def _crate(name: str, version: str, into: Path, timeout: int) -> Path:
    """`cargo fetch` of a scratch package; the client keeps the verified `.crate` in its cache."""
    package = into / "scratch"
    (package / "src").mkdir(parents=True)
    (package / "src" / "lib.rs").write_text("")
    (package / "Cargo.toml").write_text(
        '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n'
        f'"{name}" = {{ version = "={version}", default-features = false }}\n')
    _client(["cargo", "fetch", "--quiet"], package, timeout)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    hits = sorted((home / "registry" / "cache").glob(f"*/{name}-{version}.crate"))
    if not hits:
        raise FetchError(f"cargo fetched {name} {version}, but its cache has no such file")
    target = into / hits[0].name
    shutil.copyfile(hits[0], target)
    return target


def _only_file(folder: Path) -> Path:
    files = [p for p in folder.iterdir() if p.is_file()]
    if len(files) != 1:
        raise FetchError(f"expected one downloaded file, found {[p.name for p in files]}")
    return files[0]


def _client(command: list[str], cwd: Path, timeout: int) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)
    except FileNotFoundError as error:
        raise FetchError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{' '.join(command[:4])} …: no answer in {timeout} s") from error
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise FetchError(f"{' '.join(command)}: exit {done.returncode}\n{tail}")


def latest_version(kind: str, name: str, timeout: int = 120) -> str:
    """The newest release according to the client, for `pin` without a version."""
    if kind == "crate":
        command, pattern = ["cargo", "info", "--quiet", name], r"^version: (\S+)"
    elif kind == "npm":
        command, pattern = ["npm", "view", "--silent", name, "version"], r"^(\S+)$"
    else:
        command = [sys.executable, "-m", "pip", "index", "versions", name]
        pattern = r"^\S+ \(([^)]+)\)"
    with tempfile.TemporaryDirectory(prefix="ccr-fetch-") as scratch:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                              cwd=scratch)
    found = re.search(pattern, done.stdout, re.M)
    if done.returncode != 0 or not found:
        raise FetchError(f"{' '.join(command)}: no version\n{done.stderr.strip()[-400:]}")
    return found.group(1)


def pin(kind: str, spec: str, base: Path | None = None, timeout: int = 900) -> Artifact:
    """Downloads `NAME` or `NAME==VERSION` and returns its pinned entry; the file is kept."""
    name, _, version = spec.partition("==")
    version = version or latest_version(kind, name)
    with tempfile.TemporaryDirectory(prefix="ccr-fetch-") as scratch:
        found = download(kind, name, version, Path(scratch), timeout)
        artifact = Artifact(kind, name, version, found.name, sha256_of(found),
                            found.stat().st_size)
        target = download_path(artifact, base)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(found, target)
    return artifact


def entry_text(artifact: Artifact) -> str:
    """The TOML table of one artefact."""
    return (f'\n[[artifact]]\nkind    = "{artifact.kind}"\nname    = "{artifact.name}"\n'
            f'version = "{artifact.version}"\nfile    = "{artifact.file}"\n'
            f'sha256  = "{artifact.sha256}"\nsize    = {artifact.size}\n')


def append(artifact: Artifact, path: Path = LIST) -> None:
    """Adds one artefact to the end of the list."""
    with path.open("a", encoding="utf-8") as handle:
        handle.write(entry_text(artifact))
