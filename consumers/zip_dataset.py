"""Consumers `zip-dataset.fast` and `zip-dataset.slow`: a dataset becomes a zip that can be had.

Rows of a datastore, or a file, are fetched and put into a zip, and whoever asked is written a mail
with its link. Equal requests share one build. What is slow waits in a queue of its own, so that it
does not hold up what is quick; which queue that is, the type of the request says.
"""

import errno
import hashlib
import re
from collections.abc import Sequence
from typing import Protocol

from consumers.contract import Consumer, RetryLater, RetryPolicy
from consumers.packaging.archives import archive, archive_size
from consumers.packaging.building import Built, build
from consumers.packaging.checkpoints import FOR_GOOD, Checkpoints, NoRoomError
from consumers.packaging.construction import Construction
from consumers.packaging.letters import Letter, apology, delivery
from schemas.base import Event
from schemas.datasets import (
    DatasetFailed,
    DatasetPackaged,
    DatasetPackageRequested,
    DatasetSmallPackageRequested,
    PackageRequested,
)
from schemas.mail import MailRequested, Purpose
from store.errors import SourceUnavailableError
from store.keys import package_key
from store.package_ports import (
    Busy,
    HasPackages,
    HasPackaging,
    Mail,
    Mine,
    Package,
    PackageRequest,
    Ready,
)
from store.ports import HasEvent, HasLease, HasLinks, HasObjects, HasWeb

_ASK_AGAIN_SECONDS = 2.0
_NO_ROOM_SECONDS = 30.0
_FULL = {errno.ENOSPC, errno.EDQUOT}
_QUERY = re.compile(r"(https?://[^\s?'\"]*)\?[^\s'\"]*")


class Needs(
    HasEvent,
    HasLease,
    HasLinks,
    HasObjects,
    HasPackages,
    HasPackaging,
    HasWeb,
    Protocol,
):
    """What these consumers may touch."""


def zip_dataset(event: PackageRequested, work: Needs) -> Sequence[Event]:
    """Have a package for the request, and a mail that says so; or an apology.

    Safe to repeat: nobody knows the zip's name before the commit.
    """
    request = work.packages.request(work.key)
    if request is None:
        return [_failure(event, "what was sent with this request is not there")]
    younger_than = work.now - work.packaging.cache
    claim = work.packages.claim(request.digest, work.key, work.now, younger_than)
    if isinstance(claim, Busy):
        raise RetryLater(_ASK_AGAIN_SECONDS, "an equal request is being served")
    try:
        package = claim.package if isinstance(claim, Ready) else _package(work, request)
    except FOR_GOOD as error:
        return _apologise(event, work, request, error)
    if isinstance(claim, Mine):
        work.packages.add(package)
    work.packages.serve(request, package)
    letter = delivery(
        work.packaging.letters,
        request,
        package,
        work.links.package(package.name),
        request.parameters.get("doi", ""),
    )
    return [
        _mail(work, request, "package", letter),
        DatasetPackaged(
            resource_id=event.resource_id,
            kind=event.kind,
            host=event.host,
            artefact=package.id,
            digest=package.sha256,
            size=package.size,
            rows=package.rows,
            expiry=package.expires_at,
            shared=isinstance(claim, Ready),
        ),
    ]


def give_up(event: PackageRequested, work: Needs, error: Exception) -> Sequence[Event]:
    """Apologise when the source has not answered for too long; anything else is for a person."""
    request = work.packages.request(work.key)
    if request is None or not isinstance(error, SourceUnavailableError):
        return []
    return _apologise(event, work, request, error)


def _package(work: Needs, request: PackageRequest) -> Package:
    """Build the package, and put it into the object store.

    Under a name of this run's own: should two runs end it, neither has what the other wrote.
    """
    name = work.packages.new_name()
    try:
        with (
            Construction(work.scratch.folder(work.new_id())) as construction,
            Checkpoints(work, construction) as checkpoints,
        ):
            built = build(work, request, construction, checkpoints)
            size, sha256 = _keep(work, package_key(name), built)
    except SourceUnavailableError as error:
        # This is logged, and kept where many may read it.
        raise SourceUnavailableError(_told(request, error), error.retry_after) from None
    except NoRoomError as error:
        raise RetryLater(_NO_ROOM_SECONDS, "the disk is full; make room for packages") from error
    except OSError as error:
        if error.errno in _FULL:
            raise RetryLater(_NO_ROOM_SECONDS, f"{error.strerror}; make room") from error
        raise
    return Package(
        id=work.key,
        name=name,
        digest=request.digest,
        kind=request.kind,
        resource_id=request.resource_id,
        format=request.format,
        host=request.host,
        size=size,
        sha256=sha256,
        rows=built.rows,
        built_at=work.now,
        expires_at=work.now + work.packaging.keep,
    )


def _keep(work: Needs, key: str, built: Built) -> tuple[int, str]:
    """Write the zip; return its size and its SHA-256."""
    total, size, digest = archive_size(built.members), 0, hashlib.sha256()
    with work.objects.create(key) as sink:
        for piece in archive(built.members):
            sink.write(piece)
            digest.update(piece)
            size += len(piece)
            work.progress(size, total, "bytes")
    return size, digest.hexdigest()


def _apologise(
    event: PackageRequested, work: Needs, request: PackageRequest, error: Exception
) -> Sequence[Event]:
    reason = _told(request, error)
    written = work.package_log.written(request.email)
    work.package_log.failed(request, written, reason, work.now)
    work.packages.give_up(request.digest, work.key)
    work.packages.end(work.key, work.now)
    letter = apology(work.packaging.letters, request)
    return [_mail(work, request, "apology", letter), _failure(event, reason)]


def _told(request: PackageRequest, error: Exception) -> str:
    """Return what went wrong, without what addresses say behind a `?`: it may be a secret."""
    text = str(error)
    for url in (request.parameters.get("api_url"), request.parameters.get("resource_url")):
        if url and "?" in url:
            text = text.replace(url, url.partition("?")[0])
    text = _QUERY.sub(r"\1", text)  # where it redirects to
    return text.replace(request.api_key, "…") if request.api_key else text


def _mail(work: Needs, request: PackageRequest, purpose: Purpose, letter: Letter) -> MailRequested:
    mail = Mail(
        id=work.new_id(),
        request=request.event_key,
        purpose=purpose,
        about=request.resource_id,
        sender=letter.sender,
        recipient=request.email,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        written_at=work.now,
    )
    work.mails.add(mail)
    return MailRequested(mail=mail.id, purpose=purpose, about=mail.about)


def _failure(event: PackageRequested, reason: str) -> DatasetFailed:
    return DatasetFailed(
        resource_id=event.resource_id, kind=event.kind, host=event.host, reason=reason
    )


_PUBLISHES = (DatasetPackaged, DatasetFailed, MailRequested)
_RETRY = RetryPolicy(attempts=8, base_seconds=2, factor=3, cap_seconds=900)
"""A repository that is away for half an hour is waited for."""

FAST = Consumer(
    "zip-dataset.fast",
    DatasetSmallPackageRequested,
    zip_dataset,
    publishes=_PUBLISHES,
    retry=_RETRY,
    give_up=give_up,
    threads=2,
    long=True,
)
SLOW = Consumer(
    "zip-dataset.slow",
    DatasetPackageRequested,
    zip_dataset,
    publishes=_PUBLISHES,
    retry=_RETRY,
    give_up=give_up,
    threads=2,
    long=True,
)
