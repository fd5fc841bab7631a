"""Says in one sentence what pip-audit found; reads its JSON from standard input.

Exit status: 0 if no vulnerability is known, 1 if one is, 2 if not every version could be looked up.
"""

import json
import sys
from typing import Any

NOT_ASKED = "The advisory database could not be asked: nothing was audited."


def main() -> int:
    """Print the sentence, after a line for each vulnerability, and return the exit status."""
    try:
        dependencies: list[dict[str, Any]] = json.load(sys.stdin)["dependencies"]
    except (ValueError, KeyError):
        print(NOT_ASKED)
        return 2
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    audited = [one for one in dependencies if "skip_reason" not in one]
    found = [(one, vulnerability) for one in audited for vulnerability in one["vulns"]]
    for one, vulnerability in found:
        cure = ", ".join(vulnerability["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {vulnerability['id']}, fixed in {cure}")
    if found:
        print(f"Known vulnerabilities: {len(found)}. Renew the pins in constraints.txt.")
        return 1
    if not audited:
        print(NOT_ASKED)
        return 2
    if skipped:
        print(
            f"The advisory database answered for {len(audited)} of {len(dependencies)} pinned versions only."
        )
        return 2
    print(f"No vulnerability of the {len(audited)} pinned versions is known.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
