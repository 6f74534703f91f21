"""What is stored of an address: hashes that match those of a ckanpackager, and keyed ones."""

import pytest

from store.anonymity import Mode, anonymiser, domain_of, is_hash, without

STORED_BY_CKANPACKAGER = {
    "someone@nhm.ac.uk": "$2b$12$MDAwMDAwMDAwbmhtLmFjLeMuQygiPTx1CPpzpQNBz9nbSSxBCAuBi",
    "ada@research.example.org": "$2b$12$cmVzZWFyY2guZXhhbXBsZOph8RGqb2glsqeKZkzWa3VKz7xMucm3e",
    "ada@institute-for-very-long-names.example.org": (
        "$2b$12$aW5zdGl0dXRlLWZvci12ZOxdwLDr7Rz13jdBA9kDV7FAwqjBgv9x2"
    ),
    "nobody": "$2b$12$MDAwMDAwMDAwMDAwbm9ibuH7lKvVB7I77Qe8LJ75inJsGkjEhw9I2",
    80 * "x" + "@nhm.ac.uk": "$2b$12$MDAwMDAwMDAwbmhtLmFjLeW4wtfJbK4aiU4sbIK1WxpgXdSOALNpy",
    "SOMEONE@NHM.AC.UK": "$2b$12$MDAwMDAwMDAwbmhtLmFjLeMuQygiPTx1CPpzpQNBz9nbSSxBCAuBi",
}
KEYED = anonymiser("keyed", b"pepper")


@pytest.mark.parametrize("email", STORED_BY_CKANPACKAGER)
def test_bcrypt_stores_what_ckanpackager_stored(email: str) -> None:
    stored = STORED_BY_CKANPACKAGER[email]
    assert anonymiser("bcrypt")(email) == stored
    assert is_hash(stored)


@pytest.mark.parametrize(
    "email", ["ada@münchen.example", "ada@~~~~~~~~~~~~~~~~~~", "a@é..b", "a@\udc80", "@"]
)
def test_odd_domains_are_no_salt_that_bcrypt_refuses(email: str) -> None:
    assert is_hash(anonymiser("bcrypt")(email))


def test_a_domain_of_other_letters_is_salted_by_what_dns_calls_it() -> None:
    salts = [anonymiser("bcrypt")(f"ada@{domain}")[:29] for domain in ("bü.de", "xn--b-eha.de")]
    assert salts[0] == salts[1]


def test_a_keyed_hash_depends_on_the_key_and_not_on_case() -> None:
    stored = KEYED("Ada@Example.ORG")
    assert stored == KEYED("ada@example.org")
    assert stored.startswith("hmac-sha256:")
    assert is_hash(stored)
    assert stored != anonymiser("keyed", b"salt")("ada@example.org")
    assert stored != KEYED("bob@example.org")


def test_a_keyed_hash_is_the_one_that_anybody_can_compute_from_the_key() -> None:
    """As `printf ada@example.org | openssl dgst -sha256 -hmac pepper` prints it."""
    expected = "eddcbc0c0fa8cbf6d4cfd93ecdb9462505368148b51d85cd49b960068295db40"
    assert KEYED("ada@example.org") == f"hmac-sha256:{expected}"


def test_a_keyed_hash_without_key_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        anonymiser("keyed", b"")


@pytest.mark.parametrize("mode", ["bcrypt", "keyed", "no"])
def test_no_hash_is_hashed_again(mode: Mode) -> None:
    anonymise = anonymiser(mode, b"pepper")
    for stored in (*STORED_BY_CKANPACKAGER.values(), KEYED("ada@example.org")):
        assert anonymise(stored) == stored


def test_as_typed_is_as_typed() -> None:
    assert anonymiser("no")(" Ada@Example.ORG") == " Ada@Example.ORG"


@pytest.mark.parametrize(
    "email",
    ["ada@example.org", "", "$2b$12$tooshort", "x" + next(iter(STORED_BY_CKANPACKAGER.values()))],
)
def test_what_is_no_hash_is_not_taken_for_one(email: str) -> None:
    assert not is_hash(email)


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("Ada@Example.ORG", "example.org"),
        ("a@@B", "@b"),
        ("a@", ""),
        ("Nobody", "nobody"),
        ("", ""),
    ],
)
def test_a_domain_is_what_follows_the_first_at(email: str, domain: str) -> None:
    assert domain_of(email) == domain


def test_an_address_is_taken_out_of_a_message_in_any_case() -> None:
    said = "550 <ADA@example.org>: no such user; ada.example.org"
    assert without("ada@example.org", said) == "550 <(address)>: no such user; ada.example.org"
    assert without("user", said) == said
