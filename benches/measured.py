# SPDX-License-Identifier: Apache-2.0
"""Runs a command and says what it cost: wall time, CPU time and peak memory of the process tree.

A fresh, small process does the measuring. A process inherits the high-water mark of memory of the
one that started it, so a large caller would otherwise show as the memory of the program.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time


class Cost:
    """What one run took. Times in seconds, memory in bytes."""

    def __init__(self, wall: float, user: float, system: float, peak_rss: int, code: int,
                 timed_out: bool) -> None:
        self.wall = wall
        self.user = user
        self.system = system
        self.peak_rss = peak_rss
        self.code = code
        self.timed_out = timed_out

    @property
    def cpu(self) -> float:
        """User plus system time."""
        return self.user + self.system


def run(command: list[str], stdout=None, stderr=None, timeout: float = 600.0, cwd=None,
        env: dict[str, str] | None = None) -> Cost:
    """Runs `command` to its end, or kills its process group after `timeout` seconds.

    `stdout` and `stderr` are files to write (or None); nothing goes through a pipe that somebody
    would have to drain in time.
    """
    plan = {"command": command, "stdout": stdout and str(stdout),
            "stderr": stderr and str(stderr), "timeout": timeout}
    # Isolated and without site packages: the smallest Python there is.
    meter = subprocess.Popen([sys.executable, "-I", "-S", os.path.abspath(__file__)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd, env=env)
    try:
        answer, _ = meter.communicate(json.dumps(plan).encode())
    except BaseException:
        # An interrupt of ours must not leave the measured program running.
        meter.send_signal(signal.SIGTERM)
        meter.wait()
        raise
    if meter.returncode != 0:
        raise OSError(f"cannot run {command[0]}")
    return Cost(**json.loads(answer))


def meter_one(plan: dict) -> dict:
    """The measuring process: starts the command, waits for it, reads the kernel's account."""
    def target(name: str | None):
        return open(name, "wb") if name else subprocess.DEVNULL

    began = time.perf_counter()
    child = subprocess.Popen(plan["command"], stdin=subprocess.DEVNULL,
                             stdout=target(plan["stdout"]), stderr=target(plan["stderr"]),
                             start_new_session=True)
    expired = threading.Event()

    def kill() -> None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def expire() -> None:
        expired.set()
        kill()

    def stop(*_) -> None:
        kill()
        os._exit(143)

    signal.signal(signal.SIGTERM, stop)
    timer = threading.Timer(plan["timeout"], expire)
    timer.daemon = True
    timer.start()
    # The child and every descendant that it waited for.
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    timer.cancel()
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    scale = 1 if sys.platform == "darwin" else 1024
    return {"wall": wall, "user": usage.ru_utime, "system": usage.ru_stime,
            "peak_rss": usage.ru_maxrss * scale, "code": os.waitstatus_to_exitcode(status),
            "timed_out": expired.is_set()}


if __name__ == "__main__":
    print(json.dumps(meter_one(json.load(sys.stdin))))
