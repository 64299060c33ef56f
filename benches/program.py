# SPDX-License-Identifier: Apache-2.0
"""The frame of a measuring program: a command line of subcommands, each a function."""

from __future__ import annotations

import argparse
import signal
import sys


class CommandLine:
    """Subcommands; each is called with the parsed arguments and returns the exit code."""

    def __init__(self, text: str | None) -> None:
        self._parser = argparse.ArgumentParser(
            description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
        self._commands = self._parser.add_subparsers(required=True, metavar="COMMAND")

    def add(self, name: str, call, text: str) -> argparse.ArgumentParser:
        """A subcommand, for its flags."""
        sub = self._commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=call)
        return sub

    def run(self) -> int:
        """Parses the command line and runs one subcommand."""
        arguments = self._parser.parse_args()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return arguments.run(arguments)
