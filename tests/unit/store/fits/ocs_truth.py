"""What ocs-ingester 3.2 says of files: run as a program, since its settings are read on import.

Reads a JSON list of `[path, metadata]` from standard input, and writes one of
`{"record": …, "path": …}` or `{"refused": …}` for each.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# The libraries have no types.
ingester: Any = import_module("ocs_ingester.ingester")
names: Any = import_module("ocs_archive.input.file")
kinds: Any = import_module("ocs_archive.input.filefactory")


def truth(path: Path, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what would be posted, and where its bytes would be put."""
    with path.open("rb") as file:
        try:
            record = ingester.validate_fits_and_create_archive_record(
                file, file_metadata=dict(metadata)
            )
        except ingester.DoNotRetryError as error:
            return {"refused": str(error)}
        named = names.File(file)
        kind = kinds.FileFactory.get_datafile_class_for_extension(named.extension)
        return {"record": record, "path": kind(named, dict(metadata)).get_filestore_path()}


if __name__ == "__main__":
    answers = [truth(Path(path), metadata) for path, metadata in json.load(sys.stdin)]
    json.dump(answers, sys.stdout, allow_nan=False)
