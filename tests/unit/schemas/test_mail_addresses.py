"""What is taken for an address of mail, how machines write it, and what people are shown of it."""

import pytest

from schemas.mail_addresses import LONGEST, check_address, masked, with_ascii_domain


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org",
        "Ada.Lovelace+data@research.example.org",
        "o'brien@example.org",
        "ada@localhost",
        "zoë@bücher.example",
        "用户@例子.广告",
        f"{'x' * 80}@nhm.ac.uk",
        f"{'x' * (LONGEST - len('@nhm.ac.uk'))}@nhm.ac.uk",
    ],
)
def test_an_address_is_returned_as_it_was_typed(text: str) -> None:
    assert check_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@",
        "ada@",
        "@example.org",
        "ada@example@org",
        "ada@example.org,bob@example.org",
        "ada@example.org;bob@example.org",
        "ada@example.org bob@example.org",
        "Ada <ada@example.org>",
        '"ada lovelace"@example.org',
        "ada(lovelace)@example.org",
        "ada@[127.0.0.1]",
        "ada@example.org:25",
        "ada@example.org\nBcc: bob@example.org",
        "ada@example.org\r\n",
        "ada@exam\x00ple.org",
        "ada@exam\u2028ple.org",
        "ada@exam\u200bple.org",
        "ada@\ud800.org",
        " ada@example.org",
        "ada@example..org",
        f"ada@{'x' * 64}.org",
        f"ada@{'ü' * 60}.org",
        f"{'x' * (LONGEST - len('@nhm.ac.uk') + 1)}@nhm.ac.uk",
        f"{'ü' * 130}@nhm.ac.uk",
    ],
)
def test_what_is_not_one_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|domain") as caught:
        check_address(text)
    assert "ada" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada@example.org", "ada@example.org"),
        ("Ada@Example.ORG", "Ada@Example.ORG"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@cafe\u0301.example", "ada@xn--caf-dma.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@例子\u3002广告", "ada@xn--fsqu00a.xn--4rr70v"),
        ("zoë@example.org", "zoë@example.org"),
    ],
)
def test_a_domain_is_written_as_the_dns_knows_it(address: str, written: str) -> None:
    assert with_ascii_domain(address) == written


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("ada@example.org", "a…@example.org"),
        ("zoë@bücher.example", "z…@bücher.example"),
        ("a@example.org", "…@example.org"),
        ("nobody", "n…"),
        ("", "…"),
    ],
)
def test_of_an_address_the_first_letter_and_the_domain_are_shown(email: str, shown: str) -> None:
    assert masked(email) == shown
