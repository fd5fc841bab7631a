"""Programs that tests run."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil


@contextmanager
def started(*arguments: object, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python program; at the end of the context, the program and its descendants are killed."""
    process = subprocess.Popen([sys.executable, *map(str, arguments)], text=True, **options)
    try:
        yield process
    finally:
        for item in descendants(process):
            item.kill()
        process.kill()
        process.wait()


def finished(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A Python program that has ended."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def first_line(process: subprocess.Popen[str]) -> str:
    """The next line that the program prints."""
    assert process.stdout
    return process.stdout.readline()


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that a program started, with those that they started."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
