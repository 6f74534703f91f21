"""A program that calls functions of ocs-ingester 3.2, as an observatory's own programs do.

Its settings are read on import, from the environment alone. Reads a JSON object from each line of
standard input: `{"function": …, "path": …, "arguments": {…}}`; where there is a path, the open file
is the first argument. Answers each in a line: `{"returned": …}` or `{"raised": [class, text]}`.
"""

import json
import sys
from importlib import import_module
from typing import Any

ingester: Any = import_module("ocs_ingester.ingester")  # the library has no types


def carried_out(function: str, path: str | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a function; return what came of it."""
    call = getattr(ingester, function)
    try:
        if path is None:
            return {"returned": call(**arguments)}
        with open(path, "rb") as file:  # noqa: PTH123 - as the client's documentation has it
            return {"returned": call(file, **arguments)}
    except Exception as error:  # noqa: BLE001 - which one it is, is what is asked
        return {"raised": [type(error).__name__, str(error)]}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carried_out(**json.loads(line))) + "\n")
        sys.stdout.flush()
