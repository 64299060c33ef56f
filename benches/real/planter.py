# SPDX-License-Identifier: Apache-2.0
"""What plants of faults share: the fault, the choice of members, and texts that no rule acquits.

What a case writes is put together at run time, so that no file of this repository holds a token or
a personal path. Choices depend only on the artefact's id: two runs write the same bytes.
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
from pathlib import PurePosixPath

from archives import Archive, Member
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


def append_paragraph(member: Member, sentence: str) -> None:
    """Adds a paragraph at the end, in the text's own newline."""
    newline = "\r\n" if b"\r\n" in member.data[:4096] else "\n"
    member.data = member.data.rstrip() + f"{newline}{newline}{sentence}{newline}".encode()


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


def key_text(source: random.Random) -> str:
    """A private key in PEM."""
    body = base64.b64encode(rsa_shaped_der(source)).decode()
    lines = [body[at:at + 64] for at in range(0, len(body), 64)]
    kind = "RSA PRIV" + "ATE KEY"
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])
