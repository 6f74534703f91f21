# ruff: noqa: D102 - a test's name is its sentence
"""From a request to the zip, the mail that is written, and the events."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from consumers.zip_dataset import FAST, SLOW
from schemas.datasets import DatasetPackaged
from schemas.mail import MailRequested
from store import tables
from tests.equipment.ckan import Ckan, WebFile
from tests.equipment.ckan_rows import Resource, texts
from tests.equipment.ordering import EMAIL, Counter
from tests.equipment.packager_fixtures import ROWS
from tests.equipment.workbooks import read_workbook

ONE_IS_ENOUGH = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
ODD = (
    *(None, True, 2**53 + 1, 12345678901234567890, 0.1, 3.0, 1e22, 1e-07, "", " a "),
    *("a,b", "a\tb", 'x"y', "l1\nl2", "cr\r", "=1+1", ["a", 1], {"é": None}, "Zoë"),
)
AS_TEXT = (
    *("", "True", "9007199254740993", "12345678901234567890", "0.1", "3.0", "1e+22", "1e-07", ""),
    *(" a ", "a,b", "a\tb", 'x"y', "l1\nl2", "cr\r", "=1+1", '["a",1]', '{"é":null}', "Zoë"),
)


def test_rows_become_a_zip_and_a_mail(counter: Counter) -> None:
    asked = counter.order()
    counter.work_off(SLOW)
    assert len(counter.table()) == ROWS + 1
    (package,) = counter.packages()
    content = counter.zip()
    digest = hashlib.sha256(content).hexdigest()
    assert (package["id"], package["rows"]) == (asked.key, ROWS)
    assert (package["size"], package["sha256"]) == (len(content), digest)
    (mail,) = counter.world.rows(tables.mails)
    assert (mail["recipient"], mail["purpose"], mail["request"]) == (EMAIL, "package", asked.key)
    link = f"https://archive.example.org/packager/resources/{package['name']}"
    assert link in mail["text"]
    assert link in mail["html"]
    (said,) = counter.said(DatasetPackaged.TYPE)
    assert (said["artefact"], said["digest"], said["size"]) == (asked.key, digest, len(content))
    assert (said["rows"], said["shared"]) == (ROWS, False)
    assert counter.said(MailRequested.TYPE) == [
        {"mail": mail["id"], "purpose": "package", "about": "r-1"}
    ]
    assert counter.scratch() == []
    assert counter.world.rows(tables.package_builds) == []


@ONE_IS_ENOUGH
class TestWhatIsInTheZip:
    """Byte for byte, as far as it is ours."""

    def test_values_of_every_kind_as_csv(self, counter: Counter) -> None:
        counter.ckan.resources["r-1"] = texts(*ODD, speaks_csv=False)
        counter.order()
        counter.work_off(SLOW)
        quoted = [
            '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
            for text in AS_TEXT
        ]
        lines = [f"{number},{text}\n" for number, text in enumerate(quoted, 1)]
        expected = ("_id,v\n" + "".join(lines)).encode()
        assert counter.members() == {"resource.csv": expected}

    def test_values_of_every_kind_as_tsv(self, counter: Counter) -> None:
        counter.ckan.resources["r-1"] = texts(*ODD, speaks_csv=False)
        counter.order(format="tsv")
        counter.work_off(SLOW)
        quoted = [
            '"' + text.replace('"', '""') + '"' if set(text) & set('\t"\n\r') else text
            for text in AS_TEXT
        ]
        lines = [f"{number}\t{text}\n" for number, text in enumerate(quoted, 1)]
        expected = ("_id\tv\n" + "".join(lines)).encode()
        assert counter.members() == {"resource.tsv": expected}

    def test_values_of_every_kind_as_xlsx(self, counter: Counter, tmp_path: Path) -> None:
        counter.ckan.resources["r-1"] = texts(*ODD, speaks_csv=False)
        counter.order(format="xlsx")
        counter.work_off(SLOW)
        (tmp_path / "sheet").write_bytes(counter.members()["resource.xlsx"])
        rows = [[str(number), text] for number, text in enumerate(AS_TEXT, 1)]
        assert read_workbook(tmp_path / "sheet") == {"Data": [["_id", "v"], *rows]}

    def test_a_resource_without_rows_is_a_line_of_field_names(self, counter: Counter) -> None:
        counter.ckan.resources["r-1"] = texts()
        counter.order()
        counter.work_off(SLOW)
        assert counter.members() == {"resource.csv": b"_id,v\n"}
        assert counter.packages()[0]["rows"] == 0

    def test_one_column_that_is_empty(self, counter: Counter) -> None:
        rows = Resource(columns=[("v", "text")], row=lambda _: {"v": None}, size=2)
        counter.ckan.resources["r-1"] = rows
        counter.order()
        counter.work_off(SLOW)
        assert counter.members() == {"resource.csv": b'v\n""\n""\n'}

    def test_only_the_rows_that_are_wanted(self, counter: Counter) -> None:
        counter.order(limit="7", offset="3", sort="_id", filters='{"a": ["b"]}')
        counter.work_off(FAST)
        assert [row[0] for row in counter.table()[1:]] == [str(number) for number in range(4, 11)]
        body = counter.ckan.bodies[-1]
        assert (body["sort"], body["filters"]) == ("_id", {"a": ["b"]})
        assert not {"email", "api_url", "format", "key", "secret"} & body.keys()

    def test_an_archive_of_a_core_media_and_documents(self, counter: Counter) -> None:
        counter.ckan.resources["r-1"] = specimens(
            [{"mime": "jpeg", "identifier": "https://x.example/1"}], None
        )
        counter.order("dwc_archive", eml="<eml id='{package_id}'>{ümlaut}</eml>", for_gbif="")
        counter.work_off(SLOW)
        members = counter.members()
        assert list(members)[:3] == ["meta.xml", "eml.xml", "gbif.json"]
        assert members["occurrence.csv"] == (
            b"_id,catalogNumber,dynamicProperties\n"
            b'1,BM 1,"{""someField"":""x""}"\n2,BM 2,"{""someField"":""x""}"\n'
        )
        assert members["multimedia.csv"] == (
            b"_id,type,format,identifier,title,license,rightsHolder\n"
            b"1,,image/jpeg,https://x.example/1,,,\n"
        )
        assert b"multimedia.csv" in members["meta.xml"]
        assert "{ümlaut}".encode() in members["eml.xml"]
        assert b"{package_id}" not in members["eml.xml"]

    def test_an_archive_without_media_says_nothing_of_media(self, counter: Counter) -> None:
        counter.ckan.resources["r-1"] = specimens(None, [])
        counter.order("dwc_archive", format="tsv")
        counter.work_off(SLOW)
        members = counter.members()
        assert list(members) == ["meta.xml", "occurrence.tsv"]
        assert b"multimedia" not in members["meta.xml"]
        assert rb'fieldsTerminatedBy="\t"' in members["meta.xml"]

    def test_a_file_is_packed_as_it_is(self, counter: Counter, ckan: Ckan) -> None:
        content = b"\xff\xfe\x00 no text" * 100_000
        ckan.files["/a/..%2Fmy%20data.csv?v=2"] = WebFile(content)
        counter.order("url", resource_url=f"{ckan.url}/a/..%2Fmy%20data.csv?v=2#x", key="k")
        counter.work_off(FAST)
        assert counter.members() == {"my data.csv": content}
        (package,) = counter.packages()
        assert (package["rows"], package["format"]) == (None, None)
        # Nobody has said that this host may be told keys.
        assert "authorization" not in ckan.asked[0].headers


def specimens(*media: object) -> Resource:
    columns = ["_id", "Catalog number", "associatedMedia", "Some field"]
    row: Callable[[int], dict[str, object]] = lambda number: dict(  # noqa: E731
        zip(columns, [number + 1, f"BM {number + 1}", media[number], "x"], strict=True)
    )
    named = [(name, "text") for name in columns]
    return Resource(columns=named, row=row, size=len(media), speaks_csv=False)
