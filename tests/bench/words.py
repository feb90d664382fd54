"""The words that made-up people, companies, streets and mail domains are put together from."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard
    Susan Joseph Jessica Thomas Sarah Carlos Karen Charles Lisa Daniel Nancy Matthew Betty Anthony
    Sandra Mark Margaret Donald Ashley Steven Kimberly Andrew Emily Paul Donna Joshua Michelle
    Kenneth Carol Kevin Amanda Brian Melissa Tyrone Deborah Ronald Stephanie José Rebecca Jason
    Sharon Jeffrey Laura Ryan Cynthia Jacob Dorothy Gary Amy Nicholas Kathleen Eric Angela Jonathan
    Shirley Stephen Emma Larry Brenda Justin Pamela Scott Nicole Zoë Anna Benjamin Samantha Samuel
    Katherine Raúl Christine Gregory Debra André Rachel Patrick Olivia Jürgen Chloé Dennis Maria
    Priya Heather Aaron Diane Jean-Luc
    """
)

LAST = _words(
    """
    Smith Johnson Williams Brown Jones García Miller Davis Rodríguez Martínez Hernández López
    González Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Pérez Thompson White Harris
    Sánchez Clark Ramírez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill
    Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gómez Phillips
    Evans Turner Díaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers
    Gutiérrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson
    Watson Brooks Chávez Wood James Bennett Gray Mendoza Ruiz Hughes Price Álvarez Castillo Sanders
    Patel Myers Long Ross Foster Jiménez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler
    Henderson Barnes González-Lee Fisher Vásquez Simmons Romero Jordan Patterson Alexander Hamilton
    Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina
    Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernández Müller Schmidt Schneider
    Fischer Weber Dubois Lefèvre Rossi Silva Souza O'Brien O'Neill
    """
)

_LEFT = _words(
    """
    Bright Summit Harbor Cedar Blue Silver North Prime Liberty Pioneer Evergreen Granite Maple
    Falcon Beacon
    """
)
_RIGHT = _words(
    """
    River Point Field Bridge Valley Stone Gate Ridge Works Path Light Crest Haven Lane Peak
    """
)
_TRADE = (
    "Solar",
    "Insurance",
    "Roofing",
    "Plumbing & Heating",
    "Mortgage",
    "Dental",
    "Auto",
    "Windows",
    "Legal",
    "Home Care",
)
_FORM = ("LLC", "Inc.", "Ltd", "Group", "& Sons")

_STREET = _words(
    """
    Main Oak Pine Maple Cedar Elm Washington Lake Hill Park View Church Spring River Sunset Highland
    Forest
    """
)
_STREET_KIND = ("St", "Ave", "Rd", "Blvd", "Ln", "Dr", "Ct", "Way", "Pl")
_UNIT = ("Suite 200", "Apt 4B", "Unit 12", "Floor 3")

#: Free mail and throw-away providers, with their share per mille; the rest have a domain of their own.
PROVIDERS: Mapping[str, int] = MappingProxyType(
    {
        "gmail.com": 330, "yahoo.com": 120, "hotmail.com": 60, "outlook.com": 45, "aol.com": 35,
        "icloud.com": 30, "comcast.net": 20, "live.com": 12, "msn.com": 8, "att.net": 8, "verizon.net": 6,
        "gmx.de": 8, "web.de": 6, "orange.fr": 6, "libero.it": 4, "uol.com.br": 4,
        "mailinator.com": 2, "guerrillamail.com": 1, "yopmail.com": 1,
    }
)  # fmt: skip


def ascii_fold(name: str) -> str:
    """A name as people write it in the local part of their address: lower case, no accents, letters only."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in plain.lower() if c.isalpha())


def companies() -> list[str]:
    """CSV cells of about 2,250 company names; half of the list is blank, as in consumer leads."""
    cells = []
    for i, left in enumerate(_LEFT):
        for j, right in enumerate(_RIGHT):
            for k, trade in enumerate(_TRADE):
                form = _FORM[(i + j + k) % len(_FORM)]
                match (i * 7 + j * 3 + k) % 20:
                    case 0:
                        cells.append(f'"{left}{right.lower()} {trade}, {form}"')
                    case 1:
                        cells.append(f'"{left} ""{right}"" {trade}"')
                    case _:
                        cells.append(f"{left} {right} {trade} {form}")
    return cells + [""] * len(cells)


def streets() -> list[str]:
    """What follows the house number in an address cell."""
    return [f" {name} {kind}" for name in _STREET for kind in _STREET_KIND]


def address_cells() -> list[tuple[str, str, int]]:
    """The ways to open and close an address cell, with their share per mille."""
    return [
        ("", "", 820),
        ("  ", " ", 30),
        ('"', '"', 30),
        *(('"', f', {unit}"', 25) for unit in _UNIT),
        *(('"', f'\n{unit}"', 5) for unit in _UNIT),
    ]


def domains() -> list[str]:
    """500 mail domains: the `PROVIDERS`, then small companies."""
    small = [
        f"{left.lower()}{right.lower()}-{tail}.com"
        for tail in ("home", "group", "team")
        for left in _LEFT
        for right in _RIGHT
    ]
    return [*PROVIDERS, *small][:500]
