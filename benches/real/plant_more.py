# SPDX-License-Identifier: Apache-2.0
"""Further faults: one for each form in which a real package may hold one.

Most of them add a member, so what is found hangs little on the package; they are planted into packages
of up to a megabyte.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import marshal
import os
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath

from planter import BASE62, COMMENT, Chooser, Plant, home, key_text, token

LARGEST = 1_000_000
TAG = "SPDX-License-" + "Identifier: "
DRAFT = "https://json-schema.org/draft/2020-12/schema"
Made = tuple[str, "bytes | str"]
Case = Callable[[Chooser], "Plant | None"]
CASES: dict[str, Case] = {}
PYTHON = ("wheel", "sdist")


def member(case: str, what: str, kinds: tuple[str, ...] = ("wheel", "sdist", "crate", "npm"),
           inside: str = "") -> Callable[[Callable[[Chooser], Made]], Callable[[Chooser], Made]]:
    """Registers a case that adds one member; `inside` names the faulty one of a nested archive."""
    def register(make: Callable[[Chooser], Made]) -> Callable[[Chooser], Made]:
        def case_of(chooser: Chooser) -> Plant | None:
            if chooser.artifact.size > LARGEST or chooser.artifact.kind not in kinds:
                return None
            name, data = make(chooser)
            # A name that says where it belongs keeps it.
            name = name if ".dist-info/" in name else chooser.package + name
            if name in chooser.archive.names():
                return None
            chooser.archive.add(name, data.encode() if isinstance(data, str) else data)
            return Plant(case, case.partition("-")[0], name + inside, what)
        CASES[case] = case_of
        return make
    return register


def word(chooser: Chooser, count: int, letters: str = BASE62) -> str:
    """Random letters."""
    return "".join(chooser.random.choice(letters) for _ in range(count))


def document(value: object) -> str:
    """A JSON text."""
    return json.dumps(value, indent=2) + "\n"


def notebook(source: str, stream: str, text: str) -> str:
    """A notebook with one cell, which wrote a text."""
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": [source],
            "outputs": [{"output_type": "stream", "name": stream, "text": [text]}]}
    return document({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def byte_code(text: str, name: str) -> bytes:
    """Byte code as CPython 3.11 and later write it."""
    compiled = marshal.dumps(compile(text, name, "exec"))
    return b"\xa7\r\r\n" + bytes(12) + compiled


def database(value: str, forget: bool = False) -> bytes:
    """An SQLite database with one row that tells, or told until it was deleted."""
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "x")
        link = sqlite3.connect(place)
        link.execute("create table settings(name text, value text)")
        link.executemany("insert into settings values(?, ?)", [("a", "x" * 20), ("hook", value)])
        link.commit()
        if forget:
            link.execute("pragma secure_delete=off")
            link.execute("delete from settings where name = 'hook'")
            link.commit()
        link.close()
        with open(place, "rb") as handle:
            return handle.read()


def zipped(name: str, data: str, comment: str = "", own: str = "") -> bytes:
    """A zip archive of one member, with the archive's comment and the member's own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        info = zipfile.ZipInfo(name)
        info.comment = own.encode()
        target.writestr(info, data)
        target.comment = comment.encode()
    return out.getvalue()


def gzipped(data: bytes, name: str = "", comment: str = "") -> bytes:
    """A gzip file whose header names the file that it was made of, and says something of it."""
    flags = (8 if name else 0) | (16 if comment else 0)
    texts = b"".join(text.encode() + b"\0" for text in (name, comment) if text)
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(5) + b"\xff" + texts + gzip.compress(data, mtime=0)[10:]


def document_page(text: str) -> bytes:
    """A PDF file whose page shows a text, in a compressed stream."""
    stream = zlib.compress(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET\n".encode())
    head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
    return b"%PDF-1.7\n4 0 obj\n" + head + stream + b"\nendstream\nendobj\ntrailer\n<< >>\n%%EOF\n"


def source_map(source: str, content: str = "") -> str:
    """A source map of one file."""
    return document({"version": 3, "file": "x.js", "sources": [source], "names": [],
                     "sourcesContent": [content], "mappings": "AAAA"})


# Paths

@member("path-source-map", "home path among the sources of a source map")
def _(chooser: Chooser) -> Made:
    return "planted.js.map", source_map(home(chooser.random))


@member("path-source-map-bundled", "home path behind the scheme of a bundler")
def _(chooser: Chooser) -> Made:
    return "planted.js.map", source_map("webpack:///ho" + "me/mkowalski/src/release/x.ts")


@member("path-source-map-up", "home path behind steps up")
def _(chooser: Chooser) -> Made:
    return "planted.js.map", source_map("../../../../Us" + "ers/mkowalski/src/release/x.ts")


@member("path-byte-code", "byte code that names a home path", PYTHON)
def _(chooser: Chooser) -> Made:
    return "planted.pyc", byte_code("x = 1", "/ho" + "me/mkowalski/src/release/x.py")


@member("path-direct-url", "direct_url.json that names a folder", ("wheel",))
def _(chooser: Chooser) -> Made:
    info = next(m.name for m in chooser.archive.files if m.name.endswith(".dist-info/METADATA"))
    url = "file:///ho" + "me/mkowalski/src/release"
    return info.rpartition("/")[0] + "/direct_url.json", document({"dir_info": {}, "url": url})


@member("path-build-service", "path of a build service")
def _(chooser: Chooser) -> Made:
    return "planted.cmake", 'set(PREFIX "D:' + '/a/release/release/out")\n'


@member("path-notebook", "home path in the output of a notebook")
def _(chooser: Chooser) -> Made:
    return "planted.ipynb", notebook("run()", "stderr", f"saved to {home(chooser.random)}\n")


@member("path-folded", "home path in lower case in what a compiler remembers", ("npm",))
def _(chooser: Chooser) -> Made:
    names = ["/us" + "ers/mkowalski/release/node_modules/typescript/lib/lib.d.ts"]
    return "planted.tsbuildinfo", document({"fileNames": names, "version": "5.4.2"})


@member("path-inline-map", "home path in a source map inside a script")
def _(chooser: Chooser) -> Made:
    text = base64.b64encode(source_map(home(chooser.random)).encode()).decode()
    return "planted.js", "run();\n//# sourceMapping" + f"URL=data:application/json;base64,{text}\n"


@member("path-zip-comment", "home path in the comment of an archive",
        inside="!/#comment")
def _(chooser: Chooser) -> Made:
    return "planted.zip", zipped("a.txt", "a\n", comment=f"made from {home(chooser.random)}")


@member("path-zip-member-comment", "home path in the comment of an archive's member",
        inside="!/a.txt#comment")
def _(chooser: Chooser) -> Made:
    return "planted.zip", zipped("a.txt", "a\n", own=home(chooser.random))


@member("path-gzip-name", "home path as the name in the header of a compressed file",
        inside="!/#header")
def _(chooser: Chooser) -> Made:
    return "planted.json.gz", gzipped(b"{}\n", name=home(chooser.random))


@member("path-gzip-comment", "home path in the comment of a compressed file",
        inside="!/#header")
def _(chooser: Chooser) -> Made:
    return "planted.json.gz", gzipped(b"{}\n", comment=f"from {home(chooser.random)}")


@member("path-workspace", "path of a container for development")
def _(chooser: Chooser) -> Made:
    return "planted.cmake", 'set(PREFIX "/work' + 'spaces/release/build/out")\n'


@member("path-link-search", "home path that a build script hands to the linker")
def _(chooser: Chooser) -> Made:
    return "planted/output", "cargo:rustc-link-search=native=/ho" + "me/mkowalski/lib\n"


@member("path-page", "home path in a compressed page")
def _(chooser: Chooser) -> Made:
    return "planted.pdf", document_page("/ho" + "me/mkowalski/src/release/build.log")


# Secrets

@member("secret-digits", "key of digits beside its provider's name in a note")
def _(chooser: Chooser) -> Made:
    return "notes.txt", f"Access\n\nrollbar {word(chooser, 32, '0123456789abcdef')}\n"


@member("secret-database-deleted", "token in a deleted record of an SQLite database")
def _(chooser: Chooser) -> Made:
    return "planted.db", database(token(chooser.random), forget=True)


@member("secret-database", "token in a record of an SQLite database")
def _(chooser: Chooser) -> Made:
    return "planted.db", database(token(chooser.random))


@member("secret-environment", "token in an environment file")
def _(chooser: Chooser) -> Made:
    return ".env.production", f"GITHUB_TOKEN={token(chooser.random)}\n"


@member("secret-pypirc", "token for PyPI", PYTHON)
def _(chooser: Chooser) -> Made:
    secret = "pypi-" + "AgEIcHlwaS5vcmc" + word(chooser, 160, BASE62 + "-_")
    return ".pypirc", f"[pypi]\nusername = __token__\npassword = {secret}\n"


@member("secret-npmrc", "token for a private registry of npm", ("npm",))
def _(chooser: Chooser) -> Made:
    return ".npmrc", f"//npm.{word(chooser, 8, 'aeioubdk')}.io/:_auth" + f"Token={word(chooser, 36)}\n"


@member("secret-notebook", "token in the output of a notebook")
def _(chooser: Chooser) -> Made:
    shown = f"{{'TOKEN': '{token(chooser.random)}'}}\n"
    return "planted.ipynb", notebook("show()", "stdout", shown)


@member("secret-nested", "private key in an archive inside the package", inside="!/conf/key.pem")
def _(chooser: Chooser) -> Made:
    return "planted.zip", zipped("conf/key.pem", key_text(chooser.random))


@member("secret-source-map", "private key in the content of a source map")
def _(chooser: Chooser) -> Made:
    return "planted.js.map", source_map("x.ts", key_text(chooser.random))


@member("secret-byte-code", "token among the constants of byte code", PYTHON)
def _(chooser: Chooser) -> Made:
    return "planted.pyc", byte_code(f"T = '{token(chooser.random)}'", "x.py")


@member("secret-compressed", "token in a compressed file", inside="!/planted.json")
def _(chooser: Chooser) -> Made:
    text = document({"token": token(chooser.random)})
    return "planted.json.gz", gzip.compress(text.encode(), mtime=0)


@member("secret-key-store", "key store under another name")
def _(chooser: Chooser) -> Made:
    head = struct.pack(">IIII", 0xfeedfeed, 2, 1, 1) + b"\0\3key" + bytes(8)
    return "planted.bin", head + chooser.random.randbytes(900)


@member("secret-hashes", "password hashes of accounts")
def _(chooser: Chooser) -> Made:
    return "conf/htpasswd", f"admin:$apr1${word(chooser, 8)}${word(chooser, 22)}\n"


# Artifacts

def named(case: str, name: str, data: bytes, what: str) -> None:
    """Registers a case whose name says all."""
    member(case, what)(lambda _: (name, data))


named("artifact-swap", ".planted.py.swp", b"b0VIM 9.0\0" + bytes(80), "swap file of an editor")
named("artifact-os", ".DS_Store", b"\0\0\0\1Bud1" + bytes(60), "list of a file manager")
named("artifact-coverage", ".coverage", b"SQLite format 3\0" + bytes(84), "coverage data")
named("artifact-core", "planted.bin", b"\x7fELF\2\1\1" + bytes(9) + b"\4\0\x3e\0" + bytes(44),
      "memory image of a process")
named("artifact-copy", "planted.py.old", b"x = 1\n", "older copy of a file")
named("artifact-project", "planted.iml", b"<module/>\n", "project file of an editor")
named("artifact-build", "CMakeCache.txt", b"CMAKE_BUILD_TYPE:STRING=Release\n", "cache of CMake")
named("artifact-named", "service-account.json", b"{}\n", "file named after credentials")
named("artifact-partial", "planted-1.0.tar.gz.part", b"part", "unfinished download")


# Licences

def header(case: str, tag: str, what: str) -> None:
    """Registers a case that adds a source file with a header."""
    def make(chooser: Chooser) -> Made:
        ending = {"wheel": ".py", "sdist": ".py", "crate": ".rs", "npm": ".js"}
        opener = COMMENT[ending[chooser.artifact.kind]]
        return "planted" + ending[chooser.artifact.kind], f"{opener} {tag}\n\n"
    member(case, what)(make)


header("spdx-unknown", TAG + "Kowalski-1.0", "id that is not on the list")
header("spdx-deprecated", TAG + "GPL-2.0", "deprecated id")
header("spdx-reference", TAG + "LicenseRef-Kowalski", "LicenseRef without its text")
header("spdx-tag", "SPDX-Licence-" + "Identifier: MIT", "tag that no tool reads")


INVALID = "MIT OR (Apache-2.0 AND"


@member("spdx-sidecar", "invalid expression in a licence file beside another")
def _(chooser: Chooser) -> Made:
    return "planted.png.license", f"SPDX-FileCopyrightText: 2024 M. Kowalski\n\n{TAG}{INVALID}\n"


@member("spdx-reuse", "invalid expression in REUSE.toml")
def _(chooser: Chooser) -> Made:
    tag = "SPDX-License-" + "Identifier"
    return "REUSE.toml", f'version = 1\n\n[[annotations]]\npath = "planted/**"\n{tag} = "{INVALID}"\n'


@member("spdx-dep5", "invalid expression in .reuse/dep5")
def _(chooser: Chooser) -> Made:
    head = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    return ".reuse/dep5", f"{head}\nFiles: planted/*\nCopyright: 2024 M. Kowalski\nLicense: {INVALID}\n"


@member("spdx-bill", "unknown id in a bill of materials of SPDX")
def _(chooser: Chooser) -> Made:
    package = {"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1", "downloadLocation": "NOASSERTION",
               "licenseConcluded": "NOASSERTION", "licenseDeclared": "Kowalski-1.0"}
    return "planted.spdx.json", document({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT",
                                          "dataLicense": "CC0-1.0", "name": "planted", "packages": [package]})


@member("spdx-bill-lines", "unknown id in a bill of materials of lines")
def _(chooser: Chooser) -> Made:
    return "planted.spdx", ("SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n\nPackageName: a\n"
                            "PackageLicenseDeclared: Kowalski-1.0\n")


@member("spdx-bill-cyclonedx", "invalid expression in a bill of materials of CycloneDX")
def _(chooser: Chooser) -> Made:
    part = {"type": "library", "name": "a", "version": "1", "licenses": [{"expression": INVALID}]}
    return "planted.cdx.json", document({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [part]})


@member("spdx-bill-cyclonedx-id", "deprecated id in a bill of materials of CycloneDX")
def _(chooser: Chooser) -> Made:
    part = {"type": "library", "name": "a", "version": "1", "licenses": [{"license": {"id": "GPL-2.0"}}]}
    return "planted.cdx.json", document({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [part]})


def licence_text(case: str, what: str, change: Callable[[bytes], bytes]) -> None:
    """Registers a case that changes the only licence text."""
    def case_of(chooser: Chooser) -> Plant | None:
        names = sorted(chooser.licences())
        if chooser.artifact.size > LARGEST or len(names) != 1:
            return None
        # Others lie too deep to speak for the package.
        if PurePosixPath(names[0]).name.lower().split(".")[0] not in ("license", "licence", "copying"):
            return None
        found = chooser.archive.find(names[0])
        found.data = change(found.data)
        return Plant(case, "spdx", names[0], what)
    CASES[case] = case_of


licence_text("spdx-text-empty", "licence text emptied", lambda _: b"\n")
licence_text("spdx-text-reminder", "reminder in place of the licence text",
             lambda _: b"TODO: add the text\n")
licence_text("spdx-text-other", "licence text of another licence", lambda _: (
    b"GNU AFFERO GENERAL PUBLIC LICENSE\n    Version 3, 19 November 2007\n"))


# Schemas

def schema(case: str, what: str, **keywords: object) -> None:
    """Registers a case that adds a schema."""
    value = {"$schema": DRAFT, "$id": "https://schemas.example.org/planted.schema.json", **keywords}
    member(case, what)(lambda _: ("schemas/planted.schema.json", document(value)))


schema("schema-cycle", "references in a circle", **{
    "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}})
schema("schema-cycle-dynamic", "dynamic reference to itself",
       **{"$dynamicAnchor": "n", "allOf": [{"$dynamicRef": "#n"}]})
schema("schema-type", "type that does not exist", properties={"a": {"type": "strin"}})
schema("schema-enum", "enumeration of another type",
       properties={"a": {"type": "integer", "enum": ["x"]}})
schema("schema-required", "required name misspelt",
       properties={"name": {"type": "string"}}, required=["nmae"])
schema("schema-keyword", "keyword misspelt", properties={"a": {"minLenght": 2}})
schema("schema-example", "example of the wrong type",
       properties={"a": {"type": "integer"}}, examples=[{"a": "x"}])
schema("schema-default", "default of another type",
       properties={"a": {"type": "integer", "default": "x"}})


@member("schema-yaml", "fault in a schema in YAML")
def _(chooser: Chooser) -> Made:
    return "schemas/planted.schema.yaml", "type: object\nproperties:\n  a:\n    type: strin\n"


@member("schema-no-yaml", "schema in YAML that is no YAML")
def _(chooser: Chooser) -> Made:
    return "schemas/planted.schema.yaml", "type: object\nproperties:\n  a: [1, 2\n  b: }\n"


@member("schema-json", "JSON cut short")
def _(chooser: Chooser) -> Made:
    return "data/planted.json", '{"a": [1, 2\n'


def api(schemas: dict, at: str = "planted.json") -> Callable[[Chooser], Made]:
    """Makes a description of an API."""
    value = {"openapi": "3.1.0", "info": {"title": "Planted", "version": "1"}, "paths": {},
             "components": {"schemas": schemas}}
    return lambda _: (at, document(value))


ONE = "#/components/schemas/"
member("schema-api-ref", "reference of an API description that leads nowhere")(
    api({"A": {"properties": {"b": {"$ref": ONE + "Absent"}}}}))
member("schema-api-cycle", "references of an API description in a circle")(
    api({"A": {"$ref": ONE + "B"}, "B": {"$ref": ONE + "A"}}))
member("schema-api-bounds", "bounds of an API description that exclude everything")(
    api({"A": {"type": "integer", "minimum": 5, "maximum": 1}}))
