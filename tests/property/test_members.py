"""A package that was disturbed is byte for byte the one that was not, and anybody can read it."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from hypothesis import given
from hypothesis import strategies as st

from consumers.packaging.archives import archive, archive_size
from consumers.packaging.members import START, Mark, Member

segments = st.lists(st.binary(max_size=40) | st.just(b"abc," * 20_000), max_size=6)
names = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1)


def written(path: Path, data: Sequence[bytes], mark: Mark = START) -> Mark:
    with Member(path, "resource.csv", mark) as member:
        for segment in data:
            member.write(segment)
        return member.mark


@given(segments, st.integers(0, 6), st.lists(st.binary(max_size=30), max_size=3))
def test_a_resumed_member_is_the_undisturbed_one(
    data: list[bytes], done: int, lost: list[bytes]
) -> None:
    with TemporaryDirectory() as folder:
        whole, resumed = Path(folder, "whole"), Path(folder, "resumed")
        mark = written(resumed, data[:done])
        written(resumed, lost, mark)
        assert written(resumed, data[done:], mark) == written(whole, data)
        assert resumed.read_bytes() == whole.read_bytes()
        with Member(resumed, "resource.csv", written(resumed, [], mark)) as member:
            assert b"".join(member.content()) == b"".join(data[:done])


@given(st.dictionaries(names, segments, max_size=4))
def test_an_archive_is_read_back(contents: Mapping[str, list[bytes]]) -> None:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        members = []
        for number, (name, data) in enumerate(contents.items()):
            members.append(stack.enter_context(Member(Path(folder, str(number)), name)))
            for segment in data:
                members[-1].write(segment)
        package = b"".join(archive(members))
        assert len(package) == archive_size(members)
        with ZipFile(BytesIO(package)) as file:
            assert file.testzip() is None
            found = {name: file.read(name) for name in file.namelist()}
    assert found == {name: b"".join(data) for name, data in contents.items()}
