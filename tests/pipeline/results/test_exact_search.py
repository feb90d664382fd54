"""A person is found by exact values, wherever they are in a result and however they are written; nobody else is."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.results.exact_search import find_rows, rows_alike, search_frame
from pipeline.results.person_wanted import Wanted, wanted_email, wanted_name, wanted_phone
from schemas.errors import UsageError
from tests.conftest import Scrub, Written

PHONE = wanted_phone("(202) 555-0123", "US")
EMAIL = wanted_email("Jo@Mail.Example")
NAME = wanted_name("Zoë Lee")
UNREAD = wanted_phone("555-0123", "US")


@pytest.mark.parametrize(
    ("wanted", "cell", "is_found"),
    [
        (PHONE, "+12025550123", True),
        (PHONE, "202.555.0123", True),
        (PHONE, "x,Ann,202-555-0123,94103", True),
        (PHONE, "12025550123 ext 5", True),
        (PHONE, "Tel: (202)555_0123;foo", True),
        (PHONE, "001 202 555 0123", True),
        (PHONE, "call 2025550123 94103", True),
        (PHONE, "tel:+1-202-555-0123", True),
        (PHONE, "\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0662\u0663", True),
        (PHONE, "202\u200b555\u200b0123", True),
        (PHONE, "+442025550123", False),
        (PHONE, "+44 2025550123", False),
        (PHONE, "22025550123", False),
        (PHONE, "20255501234", False),
        (PHONE, "202-555-0124", False),
        (UNREAD, "555 0123", True),
        (UNREAD, "202 555 0123", False),
        (EMAIL, "JO@MAIL.EXAMPLE ", True),
        (EMAIL, "x,<jo@mail.example>,y", True),
        (EMAIL, "'jo@mail.example'", True),
        (EMAIL, "jo @mail.example", True),
        (EMAIL, "jo@mail,example", True),
        (EMAIL, "mailto:jo%40mail.example", True),
        (EMAIL, "jo\uff20mail.example", True),
        (EMAIL, "Write to jo@mail.example.", True),
        (EMAIL, "banjo@mail.example", False),
        (EMAIL, "o'jo@mail.example", False),
        (EMAIL, "x,o'jo@mail.example,y", False),
        (EMAIL, "jo@mail.example.org", False),
        (EMAIL, "jo@mail.example-x.org", False),
        (wanted_email("jo@b\u00fccher.example"), "x,jo@xn--bcher-kva.example", True),
        (wanted_email("jo at mail"), " JO AT MAIL", True),
        (wanted_email("jo at mail"), "jo at mail.example", False),
        (NAME, "zoe lee", True),
        (NAME, "Lee, Zoe", True),
        (NAME, "x,Zoe\u0308,LEE,1", True),
        (NAME, "Zoe Lee-Smith", False),
        (NAME, "Zoe Leeson", False),
        (NAME, "Zoe", False),
    ],
)
def test_a_cell_is_found_by_each_way_to_write_the_value_and_by_no_other(
    wanted: Wanted, cell: str, is_found: bool
) -> None:
    frame = pl.DataFrame({"row_id": [4, 7], "a": [None, "other"], "cell": [cell, ""]}).lazy()
    assert search_frame(frame, [wanted]).rows() == ([(4, "cell")] if is_found else [])


@pytest.mark.parametrize(
    "make", [lambda: wanted_phone("none", "US"), lambda: wanted_email(" "), lambda: wanted_name("Lee")]
)
def test_what_names_nobody_is_refused(make: object) -> None:
    with pytest.raises(UsageError):
        make()  # type: ignore[operator]  # each is a call


def test_a_person_is_found_in_slots_source_cells_unmapped_columns_and_unparsed_text(
    scrub: Scrub, written: Written
) -> None:
    drop = (
        "first_name,phone,phone_2,email,Zone *\n"
        "Ann,(202) 555-0123,,ann@mail.example,\n"
        "Bea,202-555-0147,,bea@mail.example,call Bob on 202.555.0123\n"
        'Cid,,,"jo @mail.example, 5",\n'
        "Dee,202-555-0149,202-555-0123,dee@mail.example,\n"
        'Eve,202-555-0150,,"broken" jo@mail.example,x,y,z\n'
        "Fay,+442025550123,,banjo@mail.example,\n"
    )
    dnc = written("dnc.csv", "2025550123\n2025550199\n")
    ran = scrub(drop, "--dnc", dnc, channels=("call",))
    assert find_rows(ran.folder, [PHONE]).rows() == [
        ("rejected", 0, "phone"),
        ("rejected", 0, "original:phone"),
        ("clean", 1, "extra:Zone *"),
    ]
    assert {row for _, row, _ in find_rows(ran.folder, [EMAIL]).rows()} == {2, 4}
    assert rows_alike(ran.folder, [PHONE]) == [3]
    assert rows_alike(ran.folder, [wanted_phone("202-555-0199", "US")]) == []
