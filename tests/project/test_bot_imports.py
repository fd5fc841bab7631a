"""The bot runs without TensorFlow, NumPy, and everything else that only models need."""

import json
import subprocess
import sys

HEAVY = {"tensorflow", "keras", "sklearn", "matplotlib", "numpy", "safetensors", "sentencepiece"}

IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys
import bot
for module in pkgutil.walk_packages(bot.__path__, "bot."):
    importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


def test_no_module_of_the_bot_imports_what_only_models_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))

    assert {
        "bot.__main__",
        "bot.background.loops",
        "bot.commands.verse_command",
        "discord",
        "redis",
    } <= loaded
    assert not HEAVY & loaded
