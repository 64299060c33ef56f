#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what each fuzz target starts from into corpus/: archives made here, files of the fixtures.

Traces and seals are made by the program, which must be built: target/debug/ccr, or the one that is named."""

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MEMBERS = {"a-1.0/a.py": b"# x\nprint(1)\n" * 20, "a-1.0/README.md": b"# A\n\nIt is a tool.\n", "a-1.0/LICENSE": b""}
# Selectors of documents.rs, by the folder or name that an example stands under.
DOCUMENTS = {"packet": 0, "task": 1, "residual": 2, "verifier": 3, "report": 4}
POLICY = b"""profile = 'default'
skip = ['claim']
[limits]
max_depth = 2
[[exclude]]
paths = ['a/**']
reason = 'x'
[[waiver]]
rule = 'path-home-linux'
paths = ['b']
until = '2030-01-01'
reason = 'y'
"""
BASELINE = b'{"version": 1, "findings": [{"fingerprint": "00", "rule_id": "a-b", "path": "c", "reason": "d"}]}'
RUNS = {"BORROW": "borrow", "ENQUIRE": "enquire", "RETURN": "return", "REPORT_LOSS": "loss"}
EVENT = b'{"action": "runtime.init", "event_id": "event:1", "created_at": "2026-01-01T00:00:00Z"}\n'


def put(target, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


def zipped(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in MEMBERS.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in MEMBERS.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def traces(program):
    """A run of each workflow of the fixtures in both forms, one that is refused, and the seal."""
    payloads = ROOT / "fixtures/pgs/payloads"
    runs = [(name, payload) for name, payload in RUNS.items()] + [("BORROW", "borrow_bad")]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(ROOT / "fixtures/pgs/snapshot", work / "protocol_snapshot")
        subprocess.run([program, "pgs", "seal", work], check=True, stdout=subprocess.DEVNULL)
        put("trace", (work / "snapshot.seal.json").read_bytes())
        for form in ("v0", "v1"):
            for name, payload in runs:
                run = [program, "pgs", "run", "--wf", f"lending::WF_{name}_V0", "--picture", "none"]
                run += ["--payload", payloads / f"{payload}.json", "--workspace", work]
                run += ["--trace-format", form, "--trace-values"]
                # A refused run leaves its trace as well.
                subprocess.run(run, check=False, stdout=subprocess.DEVNULL)
        for trace in sorted((work / "traces").rglob("*.jsonl")):
            put("trace", trace.read_bytes())


def git_objects():
    """Loose objects, and what stands in a pack behind its head: whole objects and deltas on them."""
    person = b"A <a@example.org> 1767225600 +0000"
    commit = b"tree " + b"1" * 40 + b"\nauthor " + person + b"\ncommitter " + person + b"\n\nfirst\n"
    tag = b"object " + b"2" * 40 + b"\ntype commit\ntag v1\ntagger " + person + b"\n\nfirst\n"
    objects = [(1, b"commit", commit), (2, b"tree", b"100644 a.txt\0" + b"3" * 20), (3, b"blob", b"some text\n" * 9),
               (4, b"tag", tag)]
    for _, kind, data in objects:
        put("git", zlib.compress(kind + b" %d\0" % len(data) + data))

    def head(kind, size):
        out, size = bytearray([kind << 4 | size & 15]), size >> 4
        while size:
            out[-1] |= 128
            out.append(size & 127)
            size >>= 7
        return bytes(out)

    pack = [head(kind, len(data)) + zlib.compress(data) for kind, _, data in objects]
    # Sizes of base and result, then: copy ten bytes from the start, insert two.
    delta = bytes([90, 12, 0x90, 10, 2]) + b"xy"
    pack.append(head(7, len(delta)) + hashlib.sha1(b"blob 90\0" + objects[2][2]).digest() + zlib.compress(delta))
    pack.append(head(6, len(delta)) + bytes([len(pack[2]) + len(pack[3]) + len(pack[4]) & 127]) + zlib.compress(delta))
    pack += pack[:3]
    body = b"".join(pack)
    put("git", body + hashlib.sha1(b"PACK\0\0\0\2\0\0\0\t" + body).digest())


def governed_runs():
    """Runs of the fixtures file by file, and edits of the one that the target knows."""
    source = (HERE / "fuzz_targets/run.rs").read_text()
    names = re.findall(r'"([^"]+)"', source.split("NAMES", 1)[1].split("];")[0])

    def number(value):
        return value.to_bytes(2, "little")

    for run in sorted((ROOT / "fixtures/governance/runs").iterdir()):
        whole = b"\1"
        for path in sorted(path for path in run.rglob("*") if path.is_file()):
            name, content = path.relative_to(run).as_posix(), path.read_bytes()
            if name in names and len(content) < 65536:
                whole += number(names.index(name)) + number(len(content)) + content
        put("run", whole)
    put("run", b"\0")
    for file in range(12):
        for at, out, text in ((0, 0, b" "), (40, 1, b"x"), (200, 4, b"null"), (900, 9, b"")):
            put("run", b"\0" + number(file) + number(at) + number(out) + number(len(text)) + text)


def databases():
    for page in (512, 4096):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "a.sqlite"
            with contextlib.closing(sqlite3.connect(file)) as database, database:
                database.execute(f"PRAGMA page_size = {page}")
                database.execute("CREATE TABLE a (b TEXT, c BLOB, d INTEGER)")
                database.execute("CREATE INDEX e ON a (b)")
                rows = [(f"value number {row}", bytes(40), row) for row in range(30)]
                database.executemany("INSERT INTO a VALUES (?, ?, ?)", rows)
            put("sqlite", file.read_bytes())


def images():
    """An image with a note, and a document with a stream."""
    text = zlib.compress(b"a note of some length, twice a note of some length")
    chunk = lambda kind, content: len(content).to_bytes(4, "big") + kind + content + bytes(4)
    put("packed", b"\x89PNG\r\n\x1a\n" + chunk(b"zTXt", b"Comment\0\0" + text) + chunk(b"iTXt", b"XML\0\1\0en\0t\0" + text))
    put("packed", b"%PDF-1.4\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + text + b"\nendstream\nendobj\n")


def main():
    source = (HERE / "fuzz_targets/artifact.rs").read_text()
    names = re.findall(r'"([^"]+)"', source.split("NAMES", 1)[1].split("];")[0])
    zips = [zipped(zipfile.ZIP_STORED), zipped(zipfile.ZIP_DEFLATED)]
    tars = [tarred(form) for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)]
    streams = [pack(tars[0]) for pack in (gzip.compress, bz2.compress, lzma.compress)]
    for target, contents in (("zip", zips), ("tar", tars), ("compressed", streams)):
        for content in contents:
            put(target, content)
    for number, name in enumerate(names):
        for content in {".whl": zips, ".zip": zips, ".gz": streams, ".tar": tars}.get(Path(name).suffix, []):
            put("artifact", bytes([number]) + content)
    for path in sorted((ROOT / "fixtures").rglob("*")):
        if not path.is_file() or path.stat().st_size > 4096 or path.name == "case.toml":
            continue
        for number, name in enumerate(names):
            if path.name == name or path.suffix and path.suffix == Path(name).suffix:
                put("artifact", bytes([number]) + path.read_bytes())
                break
        if path.suffix == ".json":
            put("json", path.read_bytes())
    for path in sorted([*(ROOT / "rules").rglob("*.toml"), *(ROOT / "policy").rglob("*.toml")]):
        for rule in path.read_text().split("[[rule]]")[1:3]:
            put("rules", b"[[rule]]" + rule.encode())
    for path in sorted((ROOT / "examples").rglob("*.json")):
        put("json", path.read_bytes())
        for word, selector in DOCUMENTS.items():
            if word in path.as_posix():
                for mode in (0, 0x80):
                    first = next(n for n in range(mode, mode + 6) if n % 6 == selector)
                    put("documents", bytes([first]) + path.read_bytes())
    for path in sorted((ROOT / "fixtures" / "pgs").rglob("*.json")):
        put("snapshot", path.read_bytes())
    git_objects()
    governed_runs()
    databases()
    images()
    traces(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/ccr")
    put("config", POLICY)
    put("baseline", BASELINE)
    put("baseline", b"x = 1  # ccr:allow " + b"path-home-linux until=2030-01-01 -- a reason\n")
    put("events", EVENT)


if __name__ == "__main__":
    main()
