"""A program: the demo with the little bot and a worker that ignores SIGTERM and has a child of its own.

`python little_demo.py [--dead] [LINE ...]`; with `--dead` one more process ends at once. `--page USER` talks
on the page.
"""

import asyncio
import sys
from pathlib import Path

from sandbox.demo import runner, signals
from sandbox.demo.child_processes import Child
from sandbox.demo.conversations import by_lines, in_terminal, on_page
from sandbox.sandbox_error import SandboxError
from sandbox.server import serving

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", flush=True)
time.sleep(600)
"""
DEAD = "print('I have no Redis'); raise SystemExit(3)"


def main() -> int:
    arguments = sys.argv[1:]
    bot = Path(__file__).with_name("little_bot.py")
    children = [Child("bot", (sys.executable, str(bot))), Child("worker", (sys.executable, "-c", STUBBORN))]
    if "--dead" in arguments:
        arguments.remove("--dead")
        children.append(Child("dead one", (sys.executable, "-c", DEAD)))
    try:
        if arguments[:1] == ["--page"]:
            talk = on_page(arguments[1], open_browser=True)
        else:
            talk = by_lines("student", arguments) if arguments else in_terminal("student")
        asyncio.run(signals.until_signal(runner.run(serving(), children, talk, grace_s=0.5)))
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    except signals.Stopped as stop:
        return 128 + stop.number
    return 0


if __name__ == "__main__":
    sys.exit(main())
