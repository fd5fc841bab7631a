"""Scripts that several processes run at the same moment."""

import subprocess
import sys


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that runs the script, which prints "ready" and then waits for a line."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_together(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Let processes that are ready go on at the same moment; returns what each printed after that."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return outputs
