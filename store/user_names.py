"""What users are called.

Sumatra Server 0.3 leaves its users to Django, and whoever has a name there keeps it here: the rule
is Django's, but that a name does not begin with a sign. Names differ by case.
"""

import re
from unicodedata import normalize

ANONYMOUS = "anonymous"
"""Stands for everybody who is not signed in: what this user may see, anybody may. It is no account:
it has no row, and never gets in."""
LONGEST_USER_NAME = 150
"""Characters."""
RULE = (
    f"1 to {LONGEST_USER_NAME} letters, digits and '@', '.', '+', '-' or '_', "
    "a letter, digit or '_' first"
)

_NAME = re.compile(rf"\w[\w@.+-]{{0,{LONGEST_USER_NAME - 1}}}")


def user_name(text: str) -> str | None:
    """Return a user's name as it is kept, however it was typed; None: nobody can be called this.

    One name has one spelling (Unicode's NFKC), so that no two users look the same for being typed
    on different keyboards.
    """
    # Cut off before it is normalised, which takes long for what is long.
    name = normalize("NFKC", text) if len(text) <= LONGEST_USER_NAME else ""
    return name if _NAME.fullmatch(name) else None
