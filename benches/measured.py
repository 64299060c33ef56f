# SPDX-License-Identifier: Apache-2.0
"""Runs a command and says what it cost: wall time, CPU time and peak memory of the process tree."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run took. Times in seconds, memory in bytes."""

    wall: float
    user: float
    system: float
    peak_rss: int
    code: int
    timed_out: bool = False

    @property
    def cpu(self) -> float:
        """User plus system time."""
        return self.user + self.system


def run(command: list[str], stdout: Path | None = None, stderr: Path | None = None,
        timeout: float = 600.0, cwd: Path | None = None,
        env: dict[str, str] | None = None) -> Cost:
    """Runs `command` to its end, or kills its process group after `timeout` seconds.

    Output goes to files (or nowhere), never through a pipe that this process would have to drain.
    `wait4` reports the child and every descendant it waited for.
    """
    out = stdout.open("wb") if stdout else subprocess.DEVNULL
    err = stderr.open("wb") if stderr else subprocess.DEVNULL
    try:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 cwd=cwd, env=env, start_new_session=True)
        expired = threading.Event()

        def kill() -> None:
            expired.set()
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        timer = threading.Timer(timeout, kill)
        timer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            # An interrupt of ours must not leave the measured program running.
            kill()
            raise
        finally:
            timer.cancel()
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        for handle in (out, err):
            if handle is not subprocess.DEVNULL:
                handle.close()
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    scale = 1 if os.uname().sysname == "Darwin" else 1024
    return Cost(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * scale, child.returncode,
                expired.is_set())
