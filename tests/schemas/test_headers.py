from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas.headers
from schemas.columns import PLAIN_FIELDS
from schemas.headers import NUMBERED_FIELDS, fold_header, match_header, read_register

REGISTER = Path(schemas.headers.__file__).with_name("aliases.toml")
LANGUAGES = {"en", "fr", "de", "es", "pt", "others"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return tomllib.loads(REGISTER.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def spellings(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (field, spelling)
        for field, languages in document.items()
        if field != "words"
        for listed in languages.values()
        for spelling in listed
    ]


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("firstName", "first name"),
        ("PhoneNumber", "phone number"),
        ("ZIPCode", "zip code"),
        ("ZIP Code", "zip code"),
        ("email2Address", "email2 address"),
        ("EmailMD5Hash", "email md5 hash"),
        ("Is B2B", "is b2b"),
        ("E-mail 1 - Value", "e mail 1 value"),
        ("  PHONE__1 ", "phone 1"),
        ("Téléphone", "telephone"),
        ("N° de téléphone", "n de telephone"),
        ("Nº teléfono", "no telefono"),
        ("Straße", "strasse"),
        ("\ufeffName", "name"),
        ("Ｅｍａｉｌ", "email"),  # noqa: RUF001  # full-width letters, as Japanese exports have them
        ("电话", "电话"),
        ("Телефон", "телефон"),
        ("हिन्दी", "हिन्दी"),
        ("---", ""),
        ("", ""),
    ],
)
def test_fold(header: str, folded: str) -> None:
    assert fold_header(header) == folded


@pytest.mark.parametrize(
    ("header", "field"),
    [
        # State legislators
        ("id", "vendor_lead_id"),
        ("name", "full_name"),
        ("given_name", "first_name"),
        ("family_name", "last_name"),
        ("email", "email"),
        ("voice", "phone"),
        ("fax", "fax"),
        ("address", "address_1"),
        # Hospitals
        ("Provider ID", "vendor_lead_id"),
        ("Hospital Name", "company"),
        ("Address", "address_1"),
        ("City", "city"),
        ("State", "state"),
        ("ZIP Code", "postal_code"),
        ("Phone Number", "phone"),
        # Government domains
        ("Organization name", "company"),
        ("Security contact email", "email"),
        # French schools
        ("Identifiant_de_l_etablissement", "vendor_lead_id"),
        ("Nom_etablissement", "company"),
        ("Adresse_1", "address_1"),
        ("Adresse_2", "address_2"),
        ("Code postal", "postal_code"),
        ("Nom_commune", "city"),
        ("Telephone", "phone"),
        ("Fax", "fax"),
        ("Mail", "email"),
        # Public bodies
        ("phone", "phone"),
        # Lead vendors and diallers
        ("phone_1", "phone"),
        ("PHONE_7", "phone"),
        ("alt_phone", "phone"),
        ("phone_number", "phone"),
        ("vendor_lead_code", "vendor_lead_id"),
        ("address3", None),
        ("postal_code", "postal_code"),
        ("date_of_birth", "birth_date"),
        ("trustedform_cert_url", "trustedform_cert_url"),
        ("xxTrustedFormCertUrl", "trustedform_cert_url"),
        ("universal_leadid", "jornaya_lead_id"),
        ("LeadiD", "jornaya_lead_id"),
        ("lead_id", "vendor_lead_id"),
        ("ip_address", "consent_ip"),
        ("TCPA Language", "consent_text"),
        ("received_at", "received_at"),
        # Contact managers and mailing services
        ("Phone 2 - Value", "phone"),
        ("E-mail 3 - Value", "email"),
        ("E-mail 2 Address", "email"),
        ("Home Phone 2", "phone"),
        ("Business Fax", "fax"),
        ("Email1EmailAddress", "email"),
        ("State/Region", "state"),
        ("Country/Region", "country"),
        ("Paese", "country"),
        ("Kraj", "country"),
        ("Ülke", "country"),
        ("Страна", "country"),
        ("国家", "country"),
        ("International Code", "phone_code"),
        ("OPTIN_TIME", "consent_at"),
        ("OPTIN_IP", "consent_ip"),
        ("OptOut_Date", "withdrawn_at"),
        ("Legal basis for processing contact's data", "consent_basis"),
        # Other languages
        ("Prénom", "first_name"),
        ("N° téléphone", "phone"),
        ("Téléphone portable (pro)", "phone"),
        ("Handy-Nr.", "phone"),
        ("Telefon (geschäftlich)", "phone"),
        ("E-Mail-Adresse", "email"),
        ("Straße und Hausnummer", "address_1"),
        ("PLZ", "postal_code"),
        ("Correo electrónico 2", "email"),
        ("Teléfono móvil", "phone"),
        ("Código postal", "postal_code"),
        ("Número de Telemóvel", "phone"),
        ("Razão Social", "company"),
        ("CEP", "postal_code"),
    ],
)
def test_headers_that_are_known(header: str, field: str | None) -> None:
    match = match_header(header)
    assert (match and match.field) == field
    assert match is None or match.sure


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("email 1", "email"),
        ("email3", "email"),
        ("tel. 02", "phone"),
        ("Mobile Phone #2", "phone"),
        ("2nd phone", "phone"),
        ("Customer's Phone 3", "phone"),
        ("WhatsApp Number", "phone"),
        ("owner.phone.home", "phone"),
        ("téléphone fixe domicile 2", "phone"),
        ("other business fax 2", "fax"),
    ],
)
def test_numbers_and_harmless_words_do_not_matter(header: str, field: str) -> None:
    match = match_header(header)
    assert match is not None
    assert (match.field, match.sure) == (field, True)


@pytest.mark.parametrize(
    "header",
    [
        # About a phone or an email, not one
        "phone type",
        "Phone 1 - Type",
        "Phone 1 - Label",
        "phone_code_2",
        "Mobile Country Code",
        "Phone Ext",
        "E-mail 2 Display Name",
        "email opt in",
        "EmailOptOut",
        "email status",
        "Emails Bounced",
        "Number of Emails Opened",
        "email_md5",
        "email sha256",
        "Email Domain",
        "email id status",
        "Do Not Email",
        "sms_opt_in",
        "Accepts Email Marketing",
        "Téléphone type",
        "Email validé",
        "Telefon Vorwahl",
        "fecha correo",
        "telefone operadora",
        # Too many meanings
        "do not call",
        "voicemail",
        "date",
        "contact",
        "number",
        "position",
        "title",
        "type",
        "status",
        "region",
        "source_url",
        "Created Date",
        # A number after anything but a contact point is another thing
        "name 2",
        "Adresse_3",
        "Hospital Type",
        "Domain name",
        "Suborganization name",
        "Nombre_d_eleves",
        "Voie_generale",
        "etat",
        "other_names",
        # Not headers
        "",
        "7",
        "§$%",
        "5550100",
        "contact@mobile.example",
        "jo.home@email.example",
    ],
)
def test_headers_that_name_no_field(header: str) -> None:
    assert match_header(header) is None


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Spouse Phone", "phone"),
        ("Assistant's Phone", "phone"),
        ("Emergency Contact Phone", "phone"),
        ("phone 2023", "phone"),
        ("DDD_TELEFONE_1", "phone"),
        ("Sales email", "email"),
        # Several at once
        ("Phone/Email", "phone"),
        ("Tel./Fax", "phone"),
        ("voice mail", "phone"),
        # Words of two meanings
        ("WhatsApp", "phone"),
        ("SMS", "phone"),
        ("Email ID", "email"),
        ("Personal E-mail ID 2", "email"),
        ("mail_addr3", "email"),
        ("mail address 3", "email"),
        ("Owner mail address", "email"),
        ("No Email", "email"),
        ("Number of phones", "phone"),
        # The seller's own agent
        ("Lead Owner Email", "email"),
        # The first line of a list of domains
        ("email.com", "email"),
        ("mobile.de", "phone"),
    ],
)
def test_doubts(header: str, field: str) -> None:
    match = match_header(header)
    assert match is not None
    assert (match.field, match.sure) == (field, False)
    assert match.why


def test_why_does_not_repeat_the_header() -> None:
    match = match_header("phone of Quillfeather")
    assert match is not None
    assert "quillfeather" not in match.why.casefold()


def test_every_field_has_spellings_and_every_spelling_a_field(document: dict[str, Any]) -> None:
    assert set(document) == {*PLAIN_FIELDS, *NUMBERED_FIELDS, "phone_code", "words"}
    assert all(set(languages) <= LANGUAGES for field, languages in document.items() if field != "words")
    assert all(set(languages) <= LANGUAGES for languages in document["words"].values())


def test_spellings_are_folded_and_stand_once(spellings: list[tuple[str, str]]) -> None:
    listed = [spelling for _, spelling in spellings]
    assert [spelling for spelling in listed if fold_header(spelling) != spelling] == []
    assert len(listed) == len(set(listed))
    assert len(listed) >= 500


def test_every_spelling_is_found(spellings: list[tuple[str, str]]) -> None:
    for field, spelling in spellings:
        for written in (spelling, spelling.upper(), spelling.title(), spelling.replace(" ", "_")):
            match = match_header(written)
            assert match is not None, written
            assert (match.field, match.sure) == (field, True), written


def test_every_canonical_name_is_a_spelling_of_itself(document: dict[str, Any]) -> None:
    for field in document.keys() - {"words"}:
        match = match_header(field)
        assert match is not None, field
        assert match.field == field


def test_words_are_folded_single_and_stand_once(document: dict[str, Any]) -> None:
    for kind, languages in document["words"].items():
        words = [word for listed in languages.values() for word in listed]
        assert len(words) == len(set(words))
        assert [word for word in words if fold_header(word) != word] == []
        assert kind == "doubtful" or all(" " not in word for word in words)


@pytest.mark.parametrize(
    "text",
    [
        '[phone]\nen = ["tel"]\n[fax]\nde = ["tel"]\n',
        '[words.harmless]\nen = ["type"]\n[words.disqualifying]\nen = ["type"]\n',
    ],
)
def test_one_spelling_under_two_headings_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is under both"):
        read_register(text)


PARTS = st.sampled_from(
    [
        "Phone",
        "e-mail",
        "tel",
        "fax",
        "Mail",
        "type",
        "home",
        "2",
        "№",
        "É",
        "İ",
        "ß",
        "_",
        " ",
        ".",
        "@",
        "x",
        "IP",
        "ID",
    ]
)


@given(st.one_of(st.text(), st.lists(PARTS).map("".join), st.lists(PARTS).map(" ".join)))
def test_any_text_is_judged_and_folding_is_final(header: str) -> None:
    folded = fold_header(header)
    assert fold_header(folded) == folded
    match = match_header(header)
    assert match is None or (match.field and match.why)
