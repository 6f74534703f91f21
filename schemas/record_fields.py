"""The fields of a record: what each must be, and which need not be given."""

import re
from collections.abc import Mapping
from typing import Any

from schemas.record_faults import DocumentError, FieldError
from schemas.record_literals import check_dict_literal
from schemas.record_names import check_label, check_tags
from schemas.record_shapes import (
    Check,
    anything,
    list_of,
    metadata_object,
    moment,
    moment_or_null,
    number_or_null,
    object_of,
    parameters_object,
    text,
    text_or_null,
)


def _label(value: object) -> str:
    return check_label(text(value))


def _parameters(value: object) -> dict[str, Any]:
    given: dict[str, Any] = _PARAMETERS(value)
    if given["type"] == "dict":  # the one type whose content the client evaluates as a whole
        try:
            check_dict_literal(given["content"])
        except FieldError as error:
            raise DocumentError([("content", str(error))]) from None
    return given


_PARAMETERS = object_of({"content": text, "type": text})


def _made_by(ending: str) -> Check:
    """Return the check of something that the client makes an object of, by the name of a class.

    The client looks the name up among all that its module knows. Were it not bound to what such
    classes are called, a record could have the client of whoever reads it call anything there.
    """

    def check(value: object) -> str:
        name = text(value)
        if not (name.isidentifier() and name.endswith(ending)):
            raise FieldError(f"must be the name of a class that ends in {ending}")
        return name

    return object_of({"type": check, "parameters": parameters_object})


def _executable(value: object) -> dict[str, Any]:
    given: dict[str, Any] = _PROGRAM(value)
    # The client asks a shell for a version that is empty.
    if not given["version"] and _SHELL.search(given["path"] or ""):
        raise DocumentError([("path", "must not have a shell's characters where version is empty")])
    return given


_SHELL = re.compile(r"[;&|$`<>\n\r]")
_MODE, _PLACE = _made_by("LaunchMode"), _made_by("DataStore")
_FILES = list_of(
    object_of(
        {"path": text, "digest": text, "metadata": metadata_object, "creation": moment_or_null},
        creation=None,
    )
)
# The client sends null for the path of an executable that is not in PATH, and of a package whose
# place R does not tell, and for the reason of a run that a script of one's own launches. The
# version of a Python module is whatever its __version__ says, and that need not be text.
_PROGRAM = object_of(
    {"path": text_or_null, "version": text, "name": text, "options": text}, options=""
)
_REPOSITORY = object_of({"url": text, "type": text, "upstream": text_or_null}, upstream=None)
_DEPENDENCIES = list_of(
    object_of(
        {
            "path": text_or_null,
            "version": anything,
            "name": text,
            "module": text,
            "diff": text,
            "source": text_or_null,
        },
        source=None,
    )
)
_PLATFORMS = list_of(
    object_of(
        dict.fromkeys(
            (
                "system_name",
                "ip_addr",
                "architecture_bits",
                "architecture_linkage",
                "machine",
                "version",
                "release",
                "network_name",
                "processor",
            ),
            text,
        )
    )
)
FIELDS: Mapping[str, Check] = {
    "label": _label,
    "timestamp": moment,
    "reason": text_or_null,
    "outcome": text,
    "tags": check_tags,
    "duration": number_or_null,
    "executable": _executable,
    "repository": _REPOSITORY,
    "main_file": text_or_null,
    "version": text,
    "parameters": _parameters,
    "input_data": _FILES,
    "script_arguments": text,
    "launch_mode": _MODE,
    "datastore": _PLACE,
    "input_datastore": _PLACE,
    "output_data": _FILES,
    "stdout_stderr": text,
    "diff": text,
    "user": text,
    "dependencies": _DEPENDENCIES,
    "platforms": _PLATFORMS,
    "repeats": text_or_null,
}
"""What may be sent of a record, in the order in which it is served."""
DEFAULTS: Mapping[str, Any] = {
    "reason": "",
    "outcome": "",
    "input_data": [],
    "script_arguments": "",
    "input_datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
    "output_data": [],
    "stdout_stderr": "",
    "user": "",
    "repeats": None,
}
"""What a record has that was created without it."""
