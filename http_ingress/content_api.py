"""Native API, content: the bytes of files, whole or in ranges (RFC 9110)."""

from functools import partial

from aiohttp import web

from http_ingress import problems
from http_ingress.attachments import Attachment, send
from http_ingress.digests import repr_digest
from http_ingress.files_api import FILE, find_version
from http_ingress.keys import PORTS
from http_ingress.problems import Problem
from http_ingress.ranges import Validators
from http_ingress.routes import BYTES, Answer, Parameter, Route
from store.errors import ObjectNotFoundError


async def get_content(request: web.Request) -> web.StreamResponse:
    """Send the bytes of one version of a file, or one range of them."""
    version = await find_version(request)
    # A frame may not be public yet, and who administers sees it all the same.
    is_everybodys = request.app[PORTS].public_reads and version.frame is None
    scope = "public" if is_everybodys else "private"
    content = Attachment(
        open=partial(request.app[PORTS].objects.open, version.object_key),
        size=version.size,
        validators=Validators(f'"{version.sha256}"', version.archived_at),
        name=version.name.rpartition("/")[2],
        media_type=version.media_type,
        # A version never changes.
        cache_control=f"{scope}, max-age=31536000, immutable",
        headers={"Repr-Digest": repr_digest(version.sha256)},
    )
    try:
        return await send(request, content)
    except ObjectNotFoundError as error:
        if version.frame is None:
            raise  # ours, and lost: nobody foresaw that
        text = "Its bytes are not in the file store (any more)."
        raise Problem(problems.NOT_FOUND, text, field="id") from error


ROUTES = (
    Route(
        method="GET",
        path="/files/{file}/content",
        handler=get_content,
        access="read",
        tag="files",
        parameters=(
            FILE,
            Parameter("Range", "header", "One range of bytes, e.g. `bytes=0-1023`."),
            Parameter("If-None-Match", "header", "Entity tag of what is there already."),
        ),
        answers={
            200: Answer(
                "The bytes, always to be saved and never to be shown.",
                {"*/*": BYTES},
                {"ETag": "The SHA-256 in hex.", "Repr-Digest": "The SHA-256, RFC 9530."},
            ),
            206: Answer("The range.", {"*/*": BYTES}),
            304: Answer("It is there already."),
        },
        problems=(problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.UNSATISFIABLE),
    ),
)
