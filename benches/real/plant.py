# SPDX-License-Identifier: Apache-2.0
"""Plants one fault of a family into a copy of a real archive, and keeps all else in order.

A case is one fault. What a case writes is put together at run time, so that no file of this
repository holds a token or a personal path. Choices depend only on the artefact's id: two runs
write the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from archives import Archive, Member, record_faults, record_member, update_record
from store import Artifact

# Comment openers of the source languages that the plants are written in.
COMMENT = {".py": "#", ".rs": "//", ".js": "//", ".mjs": "//", ".cjs": "//", ".ts": "//",
           ".toml": "#", ".yml": "#", ".yaml": "#", ".sh": "#", ".c": "//", ".h": "//"}
SOURCE = (".py", ".rs", ".js", ".mjs", ".cjs", ".ts", ".c", ".h", ".sh")
LICENCE = re.compile(r"^(un)?(licen[cs]e|copying|notice|copyright)([-_.].*)?$", re.I)
# Places where a fault is told apart on purpose (fixtures, other people's code): not for plants.
ASIDE = re.compile(r"(^|/)(tests?|testing|testdata|__tests__|spec|fixtures?|examples?|docs?|"
                   r"vendor|vendored|_vendor|_vendored|third_party|thirdparty|node_modules|compiled)(/|$)|"
                   r"(^|/)(conftest|tests?|test_[^/]*|[^/]*[._-](tests?|spec))\.[a-z]+$", re.I)
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Plant:
    """One fault that was planted: the family that must report it, and the member it stands in.

    `member` is None when no member can be named, because the fault is that one is missing.
    """

    case: str
    family: str
    member: str | None
    what: str

    def as_json(self) -> dict:
        """For the manifest."""
        return asdict(self)


class Chooser:
    """Picks members of one archive for the plants, always the same ones."""

    def __init__(self, artifact: Artifact, archive: Archive) -> None:
        self.artifact = artifact
        self.archive = archive
        self.random = random.Random(hashlib.sha256(artifact.id.encode()).digest())

    @property
    def root(self) -> str:
        """The folder in which the package's own files stand, with a slash, or nothing."""
        if self.artifact.kind == "wheel":
            return ""
        return self.archive.files[0].name.split("/", 1)[0] + "/"

    @property
    def package(self) -> str:
        """The folder of the code: the wheel's import package, else the top folder's own."""
        if self.artifact.kind != "wheel":
            return self.root
        counts: dict[str, int] = {}
        for member in self.archive.files:
            top, slash, _ = member.name.partition("/")
            if slash and not top.endswith((".dist-info", ".data", ".libs")):
                counts[top] = counts.get(top, 0) + 1
        return max(sorted(counts), key=lambda top: counts[top]) + "/" if counts else ""

    def _candidates(self, keep: Callable[[Member], bool]) -> list[Member]:
        hits = [m for m in self.archive.files if keep(m)]
        own = [m for m in hits if not ASIDE.search(m.name)]
        return sorted(own or hits, key=lambda m: m.name)

    def text(self) -> Member | None:
        """A source file of ordinary size, so the plant is neither first nor alone in it."""
        def keep(member: Member) -> bool:
            return (member.name.endswith(SOURCE) and 200 <= len(member.data) <= 400_000
                    and b"\0" not in member.data and max(map(len, member.data.split(b"\n"))) < 2000)
        hits = self._candidates(keep)
        return self.random.choice(hits) if hits else self.manifest_text()

    def manifest_text(self) -> Member | None:
        """A text that any package of the kind has, for packages of binaries only."""
        hits = self._candidates(lambda m: m.name.endswith((".toml", ".json", ".md", "METADATA"))
                                and b"\0" not in m.data)
        return next((m for m in hits if m.name.endswith((".md", "METADATA"))), None) or (
            hits[0] if hits else None)

    def binary(self) -> Member | None:
        """The smallest compiled file above 4 KB (ELF, PE, Mach-O, WebAssembly)."""
        magic = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm")
        hits = [m for m in self.archive.files if len(m.data) > 4096 and m.data.startswith(magic)]
        return min(hits, key=lambda m: (len(m.data), m.name)) if hits else None

    def description(self) -> Member | None:
        """What a reader of the registry page sees: METADATA, README, PKG-INFO."""
        if self.artifact.kind == "wheel":
            return next((m for m in self.archive.files
                         if re.fullmatch(r"[^/]+\.dist-info/METADATA", m.name)), None)
        tops = [m for m in self.archive.files if m.name.count("/") == 1]
        for wanted in (r"readme(\.(md|rst|txt|markdown))?", r"pkg-info"):
            hits = [m for m in tops if re.fullmatch(wanted, PurePosixPath(m.name).name, re.I)]
            if hits:
                return hits[0]
        return None

    def licences(self) -> set[str]:
        """Names of every licence text."""
        def is_licence(name: str) -> bool:
            path = PurePosixPath(name)
            return bool(LICENCE.match(path.name)) and path.suffix not in (
                ".py", ".js", ".rs", ".c", ".h", ".html", ".json", ".ts") or (
                "licenses" in (part.lower() for part in path.parts[:-1]) and not ASIDE.search(name))
        return {m.name for m in self.archive.files if is_licence(m.name)}


def append_line(member: Member, line: str) -> None:
    """Adds one line at the end, as a comment where the file's language has one, in its own newline."""
    opener = COMMENT.get(PurePosixPath(member.name).suffix)
    text = f"{opener} {line}" if opener else line
    newline = b"\r\n" if b"\r\n" in member.data[:4096] else b"\n"
    if member.name.endswith(".json"):
        # JSON has no comments: a leading member of the object keeps it valid.
        key = json.dumps("x-note") + ": " + json.dumps(line) + ", "
        member.data = member.data.replace(b"{", b"{" + key.encode(), 1)
        return
    gap = b"" if member.data.endswith(b"\n") or not member.data else newline
    member.data += gap + text.encode() + newline


def token(source: random.Random) -> str:
    """A GitHub-shaped token with a right checksum: 30 random characters, CRC-32 in base 62."""
    body = "".join(source.choice(BASE62) for _ in range(30))
    rest, number = "", zlib.crc32(body.encode())
    while number:
        number, digit = divmod(number, 62)
        rest = BASE62[digit] + rest
    return "gh" + "p_" + body + rest.rjust(6, "0")


def home(source: random.Random) -> str:
    """A personal path, of Linux, macOS or Windows."""
    user = source.choice(("mkowalski", "jferreira", "apetrova", "tnakamura"))
    shape = source.choice((
        ("/ho", "me/{u}/src/release/build.log"),
        ("/Us", "ers/{u}/Projects/release/build.log"),
        ("C:\\Us", "ers\\{u}\\source\\release\\build.log")))
    return "".join(shape).replace("{u}", user)


def path_text(chooser: Chooser) -> Plant | None:
    """A home path in a text."""
    member = chooser.text()
    if member is None:
        return None
    append_line(member, f"generated from {home(chooser.random)}")
    return Plant("path-text", "path", member.name, "home path in a text")


def path_binary(chooser: Chooser) -> Plant | None:
    """A home path in a compiled file, as a compiler leaves it: NUL before and after."""
    member = chooser.binary()
    if member is None:
        return None
    member.data += b"\0" + home(chooser.random).encode() + b"\0" * 16
    return Plant("path-binary", "path", member.name, "home path in a compiled file")


def secret_token(chooser: Chooser) -> Plant | None:
    """A token in a source file."""
    member = chooser.text()
    if member is None:
        return None
    append_line(member, f'token = "{token(chooser.random)}"')
    return Plant("secret-token", "secret", member.name, "token with a right checksum")


def append_paragraph(member: Member, sentence: str) -> None:
    """Adds a paragraph at the end, in the text's own newline."""
    newline = "\r\n" if b"\r\n" in member.data[:4096] else "\n"
    member.data = member.data.rstrip() + f"{newline}{newline}{sentence}{newline}".encode()


def path_shown(chooser: Chooser) -> Plant | None:
    """A home path in what readers see, where manuals invent paths too."""
    member = chooser.description()
    if member is None or COMMENT.get(PurePosixPath(member.name).suffix):
        return None
    append_paragraph(member, f"The log of the build is in {home(chooser.random)} as ever.")
    return Plant("path-shown", "path", member.name, "home path in the description")


def secret_shown(chooser: Chooser) -> Plant | None:
    """A working address of a database in what readers see, where manuals invent passwords too."""
    member = chooser.description()
    if member is None or COMMENT.get(PurePosixPath(member.name).suffix):
        return None
    draw = chooser.random.choice
    password = "".join(draw(BASE62) for _ in range(20))
    host = "".join(draw("bcdfghklmnprstvz" if at % 2 else "aeiou") for at in range(8))
    append_paragraph(member, "Reports come from postgres" + f"://svc:{password}@db.{host}.io:5432/app")
    return Plant("secret-shown", "secret", member.name, "database address in the description")


def rsa_shaped_der(source: random.Random) -> bytes:
    """DER of the form of a 2048-bit RSA private key (RFC 8017, A.1.2); the numbers are noise."""
    def wrap(tag: int, content: bytes) -> bytes:
        size = len(content)
        head = bytes([size]) if size < 128 else (
            bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big"))
        return bytes([tag]) + head + content

    def integer(octets: int) -> bytes:
        # The top bit set needs a zero before it, or the number would be negative.
        return wrap(2, b"\0" + bytes([source.randrange(128, 256)]) + source.randbytes(octets - 1))

    parts = [wrap(2, b"\0"), integer(256), wrap(2, b"\1\0\1"), integer(256)]
    parts += [integer(128) for _ in range(5)]
    return wrap(0x30, b"".join(parts))


def secret_key(chooser: Chooser) -> Plant | None:
    """A private key in a file of its own."""
    body = base64.b64encode(rsa_shaped_der(chooser.random)).decode()
    lines = [body[at:at + 64] for at in range(0, len(body), 64)]
    kind = "RSA PRIV" + "ATE KEY"
    name = chooser.package + "deploy_key.pem"
    text = "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])
    chooser.archive.add(name, text.encode())
    return Plant("secret-key", "secret", name, "private key file")


def artifact_bytecode(chooser: Chooser) -> Plant | None:
    """Bytecode in a cache folder: CPython 3.11's magic number and an empty body."""
    if chooser.artifact.kind not in ("wheel", "sdist"):
        return None
    name = chooser.package + "__pycache__/planted.cpython-311.pyc"
    chooser.archive.add(name, b"\xa7\r\r\n" + bytes(12) + b"N")
    return Plant("artifact-bytecode", "artifact", name, "bytecode cache")


def artifact_env(chooser: Chooser) -> Plant | None:
    """An environment file beside the manifest; without any secret in it."""
    name = chooser.package + ".env"
    if name in chooser.archive.names():
        return None
    chooser.archive.add(name, b"APP_MODE=production\nAPP_PORT=8080\n")
    return Plant("artifact-env", "artifact", name, "environment file")


def spdx_expression(chooser: Chooser) -> Plant | None:
    """A licence header that no SPDX parser accepts, in the first lines of a source file."""
    member = chooser.text()
    opener = COMMENT.get(PurePosixPath(member.name).suffix) if member else None
    if member is None or opener is None:
        return None
    lines = member.data.split(b"\n")
    head = f"{opener} SPDX-License-" + "Identifier: MIT OR (Apache-2.0 AND"
    old = next((at for at, line in enumerate(lines[:20]) if b"SPDX-License-" in line), None)
    at = 1 if lines[0].startswith(b"#!") else 0
    end = b"\r" if lines[0].endswith(b"\r") else b""
    if old is None:
        lines.insert(at, head.encode() + end)
    else:
        lines[old] = head.encode() + end
    member.data = b"\n".join(lines)
    return Plant("spdx-expression", "spdx", member.name, "invalid licence expression")


def spdx_no_licence(chooser: Chooser) -> Plant | None:
    """Every licence text taken out."""
    names = chooser.licences()
    if not names:
        return None
    chooser.archive.remove(names)
    return Plant("spdx-no-licence", "spdx", None, f"{len(names)} licence text(s) removed")


def claim_text(chooser: Chooser) -> Plant | None:
    """A claim nobody may make, in what the registry shows."""
    member = chooser.description() or chooser.text()
    if member is None:
        return None
    sentence = "This system detects " + "real ASI."
    if COMMENT.get(PurePosixPath(member.name).suffix):
        append_line(member, sentence)
    else:
        append_paragraph(member, sentence)
    return Plant("claim-text", "claim", member.name, "claim in the description")


def schema_ref(chooser: Chooser) -> Plant | None:
    """A schema whose local reference leads nowhere."""
    name = chooser.package + "schemas/planted.schema.json"
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema",
              "$id": "https://schemas.example.org/planted.schema.json", "title": "Planted",
              "type": "object", "properties": {"part": {"$ref": "#/$defs/absent"}},
              "$defs": {"present": {"type": "string"}}}
    chooser.archive.add(name, json.dumps(schema, indent=2).encode() + b"\n")
    return Plant("schema-ref", "schema", name, "unresolvable local reference")


CASES: dict[str, Callable[[Chooser], Plant | None]] = {
    "path-text": path_text,
    "path-binary": path_binary,
    "path-shown": path_shown,
    "secret-token": secret_token,
    "secret-key": secret_key,
    "secret-shown": secret_shown,
    "artifact-bytecode": artifact_bytecode,
    "artifact-env": artifact_env,
    "spdx-expression": spdx_expression,
    "spdx-no-licence": spdx_no_licence,
    "claim-text": claim_text,
    "schema-ref": schema_ref,
}
FAMILIES = ("path", "secret", "artifact", "spdx", "claim", "schema")


def plant(artifact: Artifact, source: Archive, case: str) -> tuple[Archive, Plant] | None:
    """A changed copy of `source` with one fault, or None where the case does not apply to it."""
    copied = Archive.__new__(Archive)
    copied.is_zip, copied.pax = source.is_zip, source.pax
    copied.members = [Member(m.name, m.data, m.info) for m in source.members]
    done = CASES[case](Chooser(artifact, copied))
    if done is None:
        return None
    update_record(copied)
    return copied, done


def faults_of_copy(source: Archive, original: Path, copied: Path, done: Plant) -> list[str]:
    """What is wrong with a written copy: anything changed but the plant, or RECORD not right."""
    before = {m.name: m.data for m in source.members}
    written = Archive(copied)
    after = {m.name: m.data for m in written.members}
    changed = {name for name in before.keys() | after.keys()
               if before.get(name, 0) != after.get(name, 0)}
    record = record_member(written)
    expected = changed - {record.name} if record else changed
    faults: list[str] = []
    if done.member is not None and expected != {done.member}:
        faults.append(f"changed {sorted(expected)[:5]}, meant {done.member}")
    if done.member is None and (not expected or expected & after.keys()):
        faults.append("members should be gone and are not")
    if record is not None:
        faults += sorted(set(record_faults(copied)) - set(record_faults(original)))[:5]
    return faults
