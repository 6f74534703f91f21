"""Drafts the next migration: `make migration NAME="what changes"`."""

import sys
import tempfile

from store.database import open_database
from store.upgrading import draft, upgrade

_NAMED = 2

if __name__ == "__main__":
    if len(sys.argv) != _NAMED or not sys.argv[1].strip():
        sys.exit('say what changes: make migration NAME="what changes"')
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/muniment.db")
        upgrade(database)
        draft(database, sys.argv[1])
        database.close()
