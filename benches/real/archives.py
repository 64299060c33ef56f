# SPDX-License-Identifier: Apache-2.0
"""Reading and writing package archives whole, in memory, for planting faults.

Only what registries publish: zip (wheels) and gzipped tar (sdists, crates, npm). Writing is
deterministic: the same members give the same bytes.
"""

from __future__ import annotations

import base64
import copy
import csv
import gzip
import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

# The oldest time that both zip (1980) and tar can hold; for members that did not exist before.
EPOCH_ZIP = (1980, 1, 1, 0, 0, 0)
EPOCH_TAR = 315532800


@dataclass
class Member:
    """A regular file of an archive (`data`), or anything else (`data` is None)."""

    name: str
    data: bytes | None
    info: zipfile.ZipInfo | tarfile.TarInfo | None


class Archive:
    """An archive's members in order, to be changed and written again."""

    def __init__(self, path: Path) -> None:
        self.is_zip = zipfile.is_zipfile(path)
        self.members: list[Member] = []
        self.pax = False
        if self.is_zip:
            with zipfile.ZipFile(path) as source:
                for info in source.infolist():
                    data = None if info.is_dir() else source.read(info)
                    self.members.append(Member(info.filename, data, info))
        else:
            with tarfile.open(path, "r:*") as source:
                for info in source:
                    handle = source.extractfile(info) if info.isreg() else None
                    data = handle.read() if handle else None
                    self.pax = self.pax or bool(info.pax_headers)
                    self.members.append(Member(info.name, data, info))

    @property
    def files(self) -> list[Member]:
        """The regular files, in archive order."""
        return [m for m in self.members if m.data is not None]

    @property
    def unpacked(self) -> int:
        """Bytes of all regular files."""
        return sum(len(m.data) for m in self.files)

    def find(self, name: str) -> Member | None:
        """The member of this exact name."""
        return next((m for m in self.members if m.name == name), None)

    def names(self) -> set[str]:
        """Every member's name."""
        return {m.name for m in self.members}

    def add(self, name: str, data: bytes) -> None:
        """Appends a new regular file."""
        if name in self.names():
            raise ValueError(f"{name} exists already")
        self.members.append(Member(name, data, None))

    def remove(self, names: set[str]) -> None:
        """Drops members by name."""
        self.members = [m for m in self.members if m.name not in names]

    def write(self, path: Path) -> None:
        """Writes the archive: deflated zip, or gzipped tar without time and name in its header."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.is_zip:
            self._write_zip(path)
        else:
            self._write_tar(path)

    def _write_zip(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for member in self.members:
                old = member.info
                # A fresh header: extra fields and flags of the old one describe its old bytes.
                info = zipfile.ZipInfo(member.name, old.date_time if old else EPOCH_ZIP)
                info.create_system = 3
                info.external_attr = old.external_attr if old else 0o100644 << 16
                info.compress_type = old.compress_type if old else zipfile.ZIP_DEFLATED
                target.writestr(info, member.data or b"", compresslevel=1)

    def _write_tar(self, path: Path) -> None:
        kind = tarfile.PAX_FORMAT if self.pax else tarfile.GNU_FORMAT
        with (path.open("wb") as raw,
              gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
              tarfile.open(fileobj=packed, mode="w", format=kind) as target):
            for member in self.members:
                if member.info is None:
                    info = tarfile.TarInfo(member.name)
                    info.mode, info.mtime = 0o644, EPOCH_TAR
                else:
                    info = copy.copy(member.info)
                    # tarfile writes these again where the plain header cannot hold them.
                    info.pax_headers = {key: value for key, value in info.pax_headers.items()
                                        if key not in ("size", "path", "linkpath")}
                if member.data is None:
                    target.addfile(info)
                else:
                    info.size = len(member.data)
                    target.addfile(info, io.BytesIO(member.data))


def record_hash(data: bytes) -> str:
    """A RECORD hash: SHA-256, URL-safe base64 without padding."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def record_member(archive: Archive) -> Member | None:
    """The wheel's own RECORD (not one of a vendored wheel below it)."""
    hits = [m for m in archive.files
            if m.name.endswith(".dist-info/RECORD") and m.name.count("/") == 1]
    return hits[0] if len(hits) == 1 else None


def update_record(archive: Archive) -> None:
    """Makes RECORD agree with the members: changed, added and removed ones. No-op without one."""
    record = record_member(archive)
    if record is None:
        return
    rows = list(csv.reader(io.StringIO(record.data.decode("utf-8"))))
    files = {m.name: m.data for m in archive.files}
    kept: list[list[str]] = []
    for row in rows:
        if not row:
            continue
        name = row[0]
        if name not in files:
            continue
        if len(row) > 1 and row[1]:
            data = files[name]
            fresh = [name, record_hash(data), str(len(data))]
            # A row whose hash is of another kind stays, unless its file changed size.
            row = fresh if row[1].startswith("sha256=") or row[2] != fresh[2] else row
        kept.append(row)
    listed = {row[0] for row in kept}
    added = [[name, record_hash(data), str(len(data))]
             for name, data in files.items() if name not in listed]
    own = [row for row in kept if row[0] == record.name]
    rest = [row for row in kept if row[0] != record.name]
    # Signatures are not listed by rule; do not start to list them.
    added = [row for row in added if not row[0].endswith((".dist-info/RECORD.jws",
                                                          ".dist-info/RECORD.p7s"))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rest + added + own)
    record.data = text.getvalue().encode("utf-8")


def record_faults(path: Path) -> list[str]:
    """Where a wheel's RECORD and members disagree; empty when it is right."""
    archive = Archive(path)
    record = record_member(archive)
    if record is None:
        return ["no RECORD"]
    files = {m.name: m.data for m in archive.files}
    faults: list[str] = []
    listed: set[str] = set()
    for row in csv.reader(io.StringIO(record.data.decode("utf-8"))):
        if not row:
            continue
        name, digest, size = row
        listed.add(name)
        if name not in files:
            faults.append(f"{name}: listed, not there")
        elif digest and digest != record_hash(files[name]):
            faults.append(f"{name}: hash differs")
        elif size and int(size) != len(files[name]):
            faults.append(f"{name}: size differs")
    faults += [f"{name}: not listed" for name in files.keys() - listed
               if not name.endswith((".jws", ".p7s"))]
    return faults
