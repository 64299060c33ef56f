# SPDX-License-Identifier: Apache-2.0
"""Plants one fault of a family into a copy of a real archive, and keeps all else in order.

A case is one fault. The common ones stand here, the others in `plant_more.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import plant_more
from archives import Archive, Member, record_faults, record_member, update_record
from planter import (BASE62, COMMENT, Chooser, Plant, append_line, append_paragraph, home,
                     key_text, token)
from store import Artifact


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


def secret_key(chooser: Chooser) -> Plant | None:
    """A private key in a file of its own."""
    name = chooser.package + "deploy_key.pem"
    chooser.archive.add(name, key_text(chooser.random).encode())
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
    **plant_more.CASES,
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
    if done.member is not None and expected != {done.member.partition("!/")[0]}:
        faults.append(f"changed {sorted(expected)[:5]}, meant {done.member}")
    if done.member is None and (not expected or expected & after.keys()):
        faults.append("members should be gone and are not")
    if record is not None:
        faults += sorted(set(record_faults(copied)) - set(record_faults(original)))[:5]
    return faults
