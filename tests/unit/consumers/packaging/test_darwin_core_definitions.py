"""Definitions of extensions: those that are shipped, and those of an operator."""

from pathlib import Path

import pytest

from consumers.packaging.definitions import SHIPPED, read_definition

DWC = "http://rs.tdwg.org/dwc/terms/"
DC = "http://purl.org/dc/terms/"


def _file(folder: Path, text: str) -> str:
    path = folder / "definition.xml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_occurrence_core_has_its_terms() -> None:
    occurrence = read_definition("occurrence")
    assert (occurrence.name, occurrence.row_type) == ("Occurrence", f"{DWC}Occurrence")
    assert len(occurrence.terms) == 162
    assert sum(uri.startswith(DC) for uri in occurrence.terms.values()) == 9
    assert occurrence.terms["catalogNumber"] == f"{DWC}catalogNumber"
    assert occurrence.terms["modified"] == f"{DC}modified"
    assert list(occurrence.terms)[0::161] == ["type", "taxonRemarks"]


def test_multimedia_has_the_terms_of_dublin_core() -> None:
    multimedia = read_definition("multimedia")
    assert multimedia.row_type == "http://rs.gbif.org/terms/1.0/Multimedia"
    assert len(multimedia.terms) == 14
    assert multimedia.terms["rightsHolder"] == f"{DC}rightsHolder"


def test_measurement_or_fact_has_nine_terms() -> None:
    facts = read_definition("measurement_or_fact")
    assert (facts.name, facts.row_type) == ("MeasurementOrFact", f"{DWC}MeasurementOrFact")
    assert len(facts.terms) == 9
    assert facts.terms["measurementValue"] == f"{DWC}measurementValue"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_term_is_named_like_the_end_of_its_uri(name: str) -> None:
    terms = read_definition(name).terms
    assert [uri for term, uri in terms.items() if uri not in {DC + term, DWC + term}] == []


def test_a_definition_is_read_as_gbif_publishes_it(tmp_path: Path) -> None:
    place = _file(
        tmp_path,
        """<?xml version="1.0" encoding="utf-8"?>
        <?xml-stylesheet type="text/xsl" href="/style/human.xsl"?>
        <extension xmlns="http://rs.gbif.org/extension/" xmlns:dc="http://purl.org/dc/terms/"
            dc:title="Röntgen" name="Scan" namespace="http://x/" rowType="http://x/Scan">
          <!-- a comment -->
          <property group="G" name="dose" qualName="http://x/dose" dc:relation="" required="false">
            <thesaurus><property name="nested" qualName="http://x/nested"/></thesaurus>
          </property>
          <property name="dose" qualName="http://x/again"/>
          <property name="a&amp;b" qualName="http://x/a&amp;b"/>
        </extension>""",
    )
    scan = read_definition(place)
    assert (scan.name, scan.row_type) == ("Scan", "http://x/Scan")
    assert scan.terms == {"dose": "http://x/dose", "a&b": "http://x/a&b"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no element found"),
        ("<extension", "unclosed token"),
        ("<archive/>", "its root is <archive>"),
        ("<extension rowType='r'/>", "<extension> has no name"),
        ("<extension name='n'/>", "<extension> has no rowType"),
        ("<extension name='n' rowType='r'/>", "it has no property"),
        ("<extension name='n' rowType='r'><property name='p'/></extension>", "has no qualName"),
        ("<extension name='n' rowType='r'><property qualName='p'/></extension>", "has no name"),
        ("<!DOCTYPE extension><extension name='n' rowType='r'/>", "document type declaration"),
    ],
)
def test_what_is_no_definition_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        read_definition(_file(tmp_path, text))
    assert "definition.xml" in str(caught.value)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    layers = "".join(f"<!ENTITY e{layer} '{f'&e{layer - 1};' * 10}'>" for layer in range(1, 12))
    bomb = f"<!DOCTYPE extension [<!ENTITY e0 'lol'>{layers}]>"
    with pytest.raises(ValueError, match="document type declaration"):
        read_definition(_file(tmp_path, f"{bomb}<extension name='&e11;' rowType='r'/>"))


def test_a_file_outside_is_not_read(tmp_path: Path) -> None:
    outside = "<!DOCTYPE extension SYSTEM 'file:///etc/passwd'><extension name='n' rowType='r'/>"
    with pytest.raises(ValueError, match="document type declaration"):
        read_definition(_file(tmp_path, outside))


def test_a_missing_file_is_told_with_what_would_be_possible(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"No such file.*occurrence, multimedia") as caught:
        read_definition(str(tmp_path / "nowhere.xml"))
    assert "nowhere.xml" in str(caught.value)
