"""Reads a subunit stream and prints what became of each test, a line of JSON each: {"id", "status", "reason"}.

Runs in the environment of the clients: `python outcomes.py FILE`. A class that was skipped or failed as a whole is `class NAME`.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import subunit
import testtools

_WHOLE_CLASS = re.compile(r"setUpClass \((.*)\)")
_STATUS = {"success": "passed", "xfail": "passed", "skip": "skipped"}


def outcome(test: dict[str, Any]) -> dict[str, str]:
    """One test's, from what testtools made of the stream."""
    found = _WHOLE_CLASS.match(test["id"])
    return {
        "id": f"class {found[1]}" if found else test["id"],
        "status": _STATUS.get(test["status"], "failed"),
        "reason": _reason(test["details"]),
    }


def _reason(details: dict[str, Any]) -> str:
    """Why it was skipped, or the end of what went wrong."""
    for name, content in details.items():
        if name == "reason":
            return content.as_text().strip()
    for name, content in details.items():
        if name.startswith("traceback"):
            lines = [line.strip() for line in content.as_text().splitlines() if line.strip()]
            return " ".join(lines[-4:])[:600]
    return ""


def main(path: str) -> None:
    """Print all of a stream."""

    def tell(test: dict[str, Any]) -> None:
        if test["status"] not in ("exists", "inprogress"):
            print(json.dumps(outcome(test)))

    with open(path, "rb") as stream:
        case = subunit.ByteStreamToStreamResult(stream, non_subunit_name="stdout")
        result = testtools.StreamToDict(tell)
        result.startTestRun()
        case.run(result)
        result.stopTestRun()


if __name__ == "__main__":
    main(sys.argv[1])
