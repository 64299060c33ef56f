#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the reference's own examples and the commands of its guides with our binary in its place.

    python3 tests/reference/walkthrough.py --ccr target/release/ccr --sdist target/reference/NAME.tar.gz \
        --reference target/ccr-ref-venv/bin/ccr --pic target/pic/A.whl --pic target/pic/B.whl

The sdist and the wheels come from PyPI (`.ci/run` fetches them); nothing of them is kept here. Every
command of the shell blocks of README, AGENTS and the examples' READMEs is run, in order, in a fresh copy of
the sdist for each document: by the reference, by ours in compatibility mode, by ours in the default mode. In
compatibility mode exit code, keys and values must be equal after normalisation; in the default mode a
difference must be one of those listed below. What is absent is said, and ends with exit 2.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

DOCUMENTS = [
    "README.md",
    "AGENTS.md",
    "examples/phase_formation/README.md",
    "examples/pic_interop/README.md",
]
# What a reader puts for the placeholders of the guides.
WORDS = {
    "<role>": "generator",
    "<task_id>": "task.minimal.generator",
    "<agent_id>": "agent.example",
    "<packet_id>": "packet.minimal",
    "packet.json": "examples/minimal/packet.json",
    "task.json": "examples/minimal/task.json",
    "report.json": "examples/phase_formation/mock_http_report.json",
    "baseline.json": "examples/phase_formation/baseline.json",
    "payload.json": "examples/phase_formation/mock_http_report.json",
    "reports/pic/<report>.json": "examples/pic_interop/pic_import_example.json",
}
# Default mode: what may end otherwise than in the reference, and why. (pattern of the line, exit codes)
LISTED = [
    (r"audit repo", {0, 1}, "our own packs judge"),
    (r"audit pic", {0, 1}, "the rules P01 to P40 judge"),
    (r"audit release", {0, 1}, "our own rules judge"),
    (r"packet submit", {1}, "an id is unique over all statuses: the packet was submitted before"),
    (r"task submit", {1}, "an id is unique over all statuses"),
    (r"phase (form|certify|threshold|observe|graph)", {0, 1},
     "a packet put into packets/checked by hand counts when a stored report accepts it"),
    (r"provider execute", {1}, "this machine is a private network"),
]


def fail(text):
    print(f"walkthrough: {text}", file=sys.stderr)
    sys.exit(2)


def commands(text):
    """The `ccr` lines of the shell blocks, without `uv run`."""
    shell = False
    for line in text.splitlines():
        if line.startswith("```"):
            shell = line.strip("`").strip() in ("bash", "sh", "shell")
            continue
        line = line.strip().removeprefix("uv run ")
        if shell and line.startswith("ccr "):
            yield line


def resolve(line, place, pic):
    words = []
    for word in shlex.split(line.replace("<PIC_ROOT>", "PIC_ROOT")):
        word = WORDS.get(word, word)
        if word == "PIC_ROOT":
            word = str(pic)
        words.append(word)
    for at, word in enumerate(words):
        # An observation is what the last command before wrote.
        if word == "observation.json":
            found = sorted(place.glob("**/phase/observations/*.json"))
            words[at] = str(found[-1].relative_to(place)) if found else "phase/observations/none.json"
    # A configuration that the guide leaves to the operator: it allows nothing.
    if "http-config.json" in words:
        (place / "http-config.json").write_text('{"allow_execute": false}')
    return words[1:]


class Program:
    def __init__(self, name, path, mode):
        self.name, self.path, self.mode = name, path, mode

    def run(self, arguments, place):
        env = {
            "PATH": str(place.parent / "bin"),
            "HOME": str(place.parent / "home"),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }
        if self.mode == "compat":
            env["CCR_COMPAT"] = "1.0"
        if self.mode == "default" and "--json" not in arguments and arguments[:1] not in (["report"],):
            arguments = [*arguments, "--json"]
        done = subprocess.run([self.path, *arguments], cwd=place, env=env, capture_output=True,
                              text=True, timeout=120, check=False)
        try:
            body = json.loads(done.stdout)
        except ValueError:
            body = done.stdout
        return done.returncode, body


def normal(value, place):
    """Without times, places and what hangs on them."""
    text = json.dumps(value, sort_keys=True)
    text = text.replace(str(place), "<root>")
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "<time>", text)
    text = re.sub(r"(provider-run|pic-report|event)[:_][0-9a-f]{24}", r"\1:<id>", text)
    return json.loads(text)


def difference(a, b, at="$"):
    if type(a) is not type(b):
        return f"{at}: {str(a)[:80]!r} | {str(b)[:80]!r}"
    if isinstance(a, dict):
        if a.keys() != b.keys():
            return f"{at}: keys {sorted(a.keys() ^ b.keys())}"
        for key in a:
            # Wording is ours.
            if key not in ("error", "message") and (found := difference(a[key], b[key], f"{at}.{key}")):
                return found
        return None
    if isinstance(a, list):
        if len(a) != len(b):
            return f"{at}: {len(a)} | {len(b)} items"
        return next((found for i, (x, y) in enumerate(zip(a, b)) if (found := difference(x, y, f"{at}[{i}]"))), None)
    return None if a == b else f"{at}: {str(a)[:80]!r} | {str(b)[:80]!r}"


def play(program, sdist, document, pic, box):
    """Runs a document's commands in a fresh copy; the same place for every program, ids hang on it."""
    place = box / "checkout"
    shutil.rmtree(box, ignore_errors=True)
    for folder in (box / "bin", box / "home"):
        folder.mkdir(parents=True)
    shutil.copytree(sdist, place)
    steps = []
    for line in commands((sdist / document).read_text(encoding="utf-8")):
        arguments = resolve(line, place, pic)
        code, body = program.run(arguments, place)
        steps.append((line, code, normal(body, place)))
    return steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ccr", required=True)
    parser.add_argument("--reference", required=True, help="the reference's command")
    parser.add_argument("--sdist", required=True)
    parser.add_argument("--pic", action="append", default=[])
    options = parser.parse_args()
    for path in [options.ccr, options.reference, options.sdist, *options.pic]:
        if not Path(path).is_file():
            fail(f"NOT RUN, {path} is not here: fetch it as .ci/run does")
    if not options.pic:
        fail("NOT RUN, no PIC wheel is named")
    reference = Program("reference", os.path.abspath(options.reference), "reference")
    compat = Program("compatibility mode", os.path.abspath(options.ccr), "compat")
    default = Program("default mode", os.path.abspath(options.ccr), "default")
    failures, ran, listed = [], 0, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        with tarfile.open(options.sdist) as archive:
            archive.extractall(folder / "sdist", filter="data")
        (sdist,) = (folder / "sdist").iterdir()
        for wheel in options.pic:
            pic = folder / Path(wheel).stem
            shutil.unpack_archive(wheel, pic, "zip")
            for document in DOCUMENTS:
                # The packages differ only for the commands that name PIC.
                box = folder / "box"
                expected = play(reference, sdist, document, pic, box)
                ours = play(compat, sdist, document, pic, box)
                strict = play(default, sdist, document, pic, box)
                for (line, code, body), (_, got, answer), (_, now, said) in zip(expected, ours, strict):
                    ran += 1
                    where = f"{document}: {line}"
                    found = None if code == got else f"exit {code} | {got}"
                    # Where the reference fails within, failing in order is better.
                    if code != 3 and (found := found or difference(body, answer)):
                        failures.append(f"compatibility mode, {where}\n    {found}")
                    rule = next((why for pattern, codes, why in LISTED
                                 if re.search(pattern, line) and now in codes | {code}), None)
                    if now != code and rule is None:
                        failures.append(f"default mode, {where}\n    exit {code} | {now}: {str(said)[:300]}")
                    elif now != code:
                        listed[f"{line}: exit {code} | {now}, {rule}"] = None
                    missing = set(body) - set(said) if isinstance(body, dict) and isinstance(said, dict) and now == code else ()
                    if missing and "audit" not in line:
                        failures.append(f"default mode, {where}\n    without {sorted(missing)}")
    for line in listed:
        print(f"listed   {line}")
    for line in failures:
        print(f"DIFFERS  {line}")
    print(f"walkthrough: {ran} commands, {len(failures)} differ, {len(listed)} listed differences")
    sys.exit(1 if failures or not ran else 0)


if __name__ == "__main__":
    main()
