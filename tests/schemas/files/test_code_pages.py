"""Names of people and cities tell the code page they are written in; where two fit, the doubt is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.files.code_pages import judge_code_page
from schemas.files.encoding import judged_page
from tests.conftest import SHARED, Scrub, Written, needs_shared_data

POLISH = ["Michał Wiśniewski,Kraków", "Paweł Zieliński,Łódź", "Grażyna Kozłowska,Rzeszów", "Łukasz Wójcik,Białystok"]
CZECH = ["Jiří Dvořák,Plzeň", "Žaneta Šťastná,České Budějovice", "Ondřej Růžička,Ústí nad Labem"]
HUNGARIAN = ["Gábor Szűcs,Győr", "Erzsébet Kővári,Szentendre", "Ödön Fülöp,Kőszeg"]
ROMANIAN = ["Ştefan Mureşan,Bucureşti", "Ionuţ Bălan,Braşov", "Răzvan Ţepeş,Iaşi"]
TURKISH = ["Ayşe Y\u0131lmaz,İstanbul", "Gülşah Çelik,Eskişehir", "Oğuz Kağan,Muğla", "İbrahim Şahin,Ankara"]
WESTERN = ["José Muñoz,Málaga", "François Lefèvre,Orléans", "Jürgen Müller,Köln", "Zoë Brontë,Besançon"]
NORDIC = ["Søren Ångström,Århus", "Åsa Öberg,Malmö", "Bjørn Sæther,Tromsø"]
ICELANDIC = ["Þórður Guðmundsson,Reykjavík", "Sigríður Ægisdóttir,Ísafjörður"]
BALTIC = ["Jānis Bērziņš,Rīga", "Šarūnas Jonaitis,Kaišiadorys", "Aušra Žukaitė,Šiauliai"]
RUSSIAN = ["Иван Петров,Москва", "Ольга Сидорова,Казань", "Дмитрий Щербаков,Уфа"]
CASES = [
    *((names, codec) for names in (POLISH, CZECH, HUNGARIAN) for codec in ("cp1250", "cp852", "iso8859_2")),
    *((names, codec) for names in (WESTERN, NORDIC) for codec in ("cp1252", "cp850", "latin-1")),
    (WESTERN, "cp437"),
    (WESTERN, "mac_roman"),
    (ROMANIAN, "cp1250"),
    (TURKISH, "cp1254"),
    (TURKISH, "cp857"),
    (ICELANDIC, "cp1252"),
    (BALTIC, "cp1257"),
    (RUSSIAN, "cp1251"),
    (RUSSIAN, "cp866"),
    (RUSSIAN, "koi8_r"),
]


@pytest.mark.parametrize(("names", "codec"), CASES, ids=lambda value: value if isinstance(value, str) else value[0][:4])
def test_the_code_page_is_told_by_the_names(names: list[str], codec: str) -> None:
    text = "".join(f"{name},212-736-50{number:02}\n" for number, name in enumerate(names))
    page = judge_code_page(text.encode(codec))
    assert page is not None
    assert text.encode(codec).decode(page.codec) == text


@settings(max_examples=100)
@given(st.sampled_from(CASES), st.data())
def test_a_single_name_is_read_right_or_doubted(case: tuple[list[str], str], data: st.DataObject) -> None:
    """Of a few letters no one can be sure; then the note says so, or another page reads them alike."""
    names, codec = case
    name = data.draw(st.sampled_from(names))
    content = name.encode(codec)
    page = judge_code_page(content)
    if page is not None and page.doubt is None and names not in (RUSSIAN, BALTIC):
        assert content.decode(page.codec) == name


#: Few of whose letters are ASCII: a general detector is asked, and is wrong about some.
SHORT = [
    (["Jiří Dvořák,Třebíč", "Růžena Šťastná,Plzeň"], ("cp1250", "cp852", "iso8859_2")),
    (["Иван Петров,Москва", "Ольга Смирнова,Казань"], ("cp1251", "cp866", "koi8_r")),
    (["Γιώργος Παπαδόπουλος,Αθήνα", "Μαρία Νικολάου,Θεσσαλονίκη"], ("cp1253", "iso8859_7")),
    (["דוד כהן,ירושלים", "שרה לוי,חיפה"], ("cp1255",)),
    (["山田太郎,東京", "佐藤花子,大阪"], ("shift_jis", "euc_jp")),
]


@pytest.mark.parametrize(("names", "codec"), [(names, codec) for names, codecs in SHORT for codec in codecs])
def test_few_names_of_an_alphabet_are_read_in_it(names: list[str], codec: str) -> None:
    text = "".join(f"{name},64649{number:05}\n" for number, name in enumerate(names * 20))
    page = judged_page(text.encode(codec), text.encode(codec))
    assert page is not None
    assert text.encode(codec).decode(page.codec) == text


def test_curly_quotes_and_money_are_windows_1252() -> None:
    for text in ("Pat O\u2019Brien", "5 € — “cheap”", "n° 5 or nº 6", "£5"):
        page = judge_code_page(text.encode("cp1252"))
        assert page is not None
        assert (page.codec, page.doubt) == ("cp1252", None)


@needs_shared_data
def test_polish_names_are_polish(scrub: Scrub) -> None:
    ran = scrub(SHARED / "cases" / "polish_cp1250.csv", channels=("call",))
    assert ran.manifest["inputs"][0]["read_as"]["encoding"] == "windows-1250"
    assert ran.clean_rows("full_name", "city")[:2] == [("Michał Wiśniewski", "Kraków"), ("Paweł Zieliński", "Kraków")]


def test_a_doubt_is_a_note_of_the_run(scrub: Scrub, written: Written) -> None:
    """One letter that is ş in one page and þ in another says little."""
    ran = scrub(written("drop.csv", "name,phone\nAyşe,202-555-0100\n".encode("cp1254")), channels=("call",))
    assert ran.code == 0, ran.err
    assert "the encoding is taken for windows-1252, and windows-1250 fits nearly as well: look at the names" in ran.err
    ran = scrub(
        written("drop.csv", "".join(f"{n},202-555-0100\n" for n in ("name", *TURKISH)).encode("cp1254")), out="b"
    )
    assert "fits nearly as well" not in ran.err
