"""Building a package: pages or a file come in, and members grow.

Killed anywhere, the next process goes on at the last checkpoint, and the package has the same
bytes as if nothing had happened. When its folder is gone, for example because the next process runs
on another machine, it begins anew.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import NAMESPACE_OID, uuid5

from pydantic import JsonValue
from pydantic_core import from_json

from consumers.packaging.checkpoints import Checkpoints, NoRoomError, Reached
from consumers.packaging.construction import Construction
from consumers.packaging.darwin_core_options import read_options
from consumers.packaging.datastore import Datastore, Query
from consumers.packaging.file_names import member_name
from consumers.packaging.layouts import Archive, Layout, Sheet, Table
from consumers.packaging.members import Member
from consumers.packaging.streams import pieces_of
from consumers.packaging.tables import CSV, TSV
from store.errors import SourceRefusedError
from store.package_ports import HasPackaging, PackageRequest
from store.ports import HasEvent, HasLease, HasWeb

_FORWARDED = ("q", "plain", "language", "fields", "sort")
_log = logging.getLogger(__name__)


class Needs(HasEvent, HasLease, HasPackaging, HasWeb, Protocol):
    """What building may touch."""


@dataclass(frozen=True, slots=True)
class Built:
    """What goes into the zip."""

    members: Sequence[Member]
    rows: int | None
    """None: a file."""


def build(
    work: Needs, request: PackageRequest, construction: Construction, checkpoints: Checkpoints
) -> Built:
    """Have the members of the package that a request asks for.

    Raises SourceRefusedError, SourceNotFoundError, SheetLimitError (for good); NoRoomError,
    SourceUnavailableError (for now); OSError.
    """
    reached = checkpoints.resume()
    if request.kind == "url":
        if reached is None:
            _fetch(work, request, construction)
            checkpoints.save(Reached(None, 0, (), whole=True))
        return Built(construction.members, None)
    if reached is None or not reached.whole:
        reached = _read(work, request, construction, checkpoints, reached)
    return Built(_layout(work, request, reached.columns).finish(construction), reached.rows)


def _read(
    work: Needs,
    request: PackageRequest,
    construction: Construction,
    checkpoints: Checkpoints,
    reached: Reached | None,
) -> Reached:
    """Read the rows that are still to be read; return where that ended."""
    with Datastore(work.web, _query(work, request)) as source:
        columns = source.columns
        if not columns:
            raise SourceRefusedError(request.parameters["api_url"], "the resource has no columns")
        if reached is not None and list(reached.columns) != list(columns):
            _log.warning("a package is begun anew: the resource has other columns now")
            construction.clear()
            reached = None
        layout = _layout(work, request, columns)
        if reached is None:
            reached = Reached(None, 0, columns)
            layout.begin(construction)
        for page in source.pages(reached.cursor, reached.rows, as_csv=layout.as_csv):
            layout.append(construction, page)
            reached = Reached(page.cursor, reached.rows + page.count, columns)
            work.progress(reached.rows, page.total, "rows")
            checkpoints.reach(reached)
    reached = replace(reached, whole=True)
    checkpoints.save(reached)
    return reached


def _query(work: Needs, request: PackageRequest) -> Query:
    said, options = request.parameters, work.packaging
    fields: dict[str, JsonValue] = {name: said[name] for name in _FORWARDED if name in said}
    if "filters" in said:
        fields["filters"] = from_json(said["filters"])
    return Query(
        api_url=said["api_url"],
        resource_id=request.resource_id,
        fields=fields,
        limit=int(said["limit"]) if "limit" in said else None,
        offset=int(said.get("offset", "0")),
        page_size=options.page_size,
        key=request.api_key,
        most_rows=options.most_rows,
        largest=options.largest_page,
    )


def _layout(work: Needs, request: PackageRequest, columns: Sequence[str]) -> Layout:
    if request.kind == "dwc_archive":
        # Both runs of a killed job have to say the same.
        package_id = str(uuid5(NAMESPACE_OID, work.key))
        options = read_options(work.packaging.darwin_core)
        return Archive(columns, options, request.parameters, package_id, request.accepted_at)
    if request.format == "xlsx":
        return Sheet(columns)
    return Table(columns, TSV if request.format == "tsv" else CSV)


def _fetch(work: Needs, request: PackageRequest, construction: Construction) -> None:
    url, largest = request.parameters["resource_url"], work.packaging.largest_file
    member = construction.begin(member_name(url, request.resource_id))
    with (
        work.web.visit(url, _credentials(work, request)) as visit,
        ThreadPoolExecutor(1, thread_name_prefix="compression") as thread,
    ):
        download = visit.get()
        with download.body as body:
            done, writing = 0, thread.submit(member.write, b"")
            for piece in pieces_of(body):
                # While one piece is compressed, the next one is on its way.
                writing.result()
                writing = thread.submit(member.write, piece)
                done += len(piece)
                work.progress(done, download.length, "bytes")
                if done > largest:
                    raise SourceRefusedError(url, f"it has more than {largest} bytes")
                if not work.scratch.has_room():
                    raise NoRoomError
            writing.result()


def _credentials(work: Needs, request: PackageRequest) -> Mapping[str, str]:
    if request.api_key is None or request.host not in work.packaging.key_hosts:
        return {}
    return {"Authorization": request.api_key}
