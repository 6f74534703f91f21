"""A zip file around members, whose data stay as they are."""

from collections.abc import Iterator, Sequence

from consumers.packaging.members import END, Member
from store.zips.records import Entry, directory, local_header


def archive(members: Sequence[Member]) -> Iterator[bytes]:
    """Yield a zip file of the members, which are open and no longer written to.

    In pieces of about 1 MiB at most. The same contents, written in the same pieces under the same
    names in the same order, are the same bytes. Raises ValueError for a name that occurs twice, and
    LostMemberError, OSError.
    """
    entries = _entries(members)
    for member, entry in zip(members, entries, strict=True):
        yield local_header(entry)
        yield from member.segments()
        yield END
    yield directory(entries)


def archive_size(members: Sequence[Member]) -> int:
    """Return how many bytes `archive` yields, without reading a member."""
    entries = _entries(members)
    data = sum(len(local_header(entry)) + entry.packed for entry in entries)
    return data + len(directory(entries))


def _entries(members: Sequence[Member]) -> list[Entry]:
    names = [member.name for member in members]
    if len(set(names)) < len(names):
        raise ValueError(f"a name occurs twice: {', '.join(names)}")
    return [
        Entry(member.name, mark.size, mark.length + len(END), mark.crc)
        for member in members
        for mark in [member.mark]
    ]
