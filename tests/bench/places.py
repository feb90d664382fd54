"""Cities with state and form of postal code, by country; `#` stands for a digit, `@` for a letter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_US = """
New York NY 100##|Buffalo NY 142##|Los Angeles CA 900##|San Diego CA 921##|Sacramento CA 958##
Chicago IL 606##|Houston TX 770##|Dallas TX 752##|Austin TX 787##|San Antonio TX 782##
Phoenix AZ 850##|Tucson AZ 857##|Philadelphia PA 191##|Pittsburgh PA 152##|Jacksonville FL 322##
Miami FL 331##|Tampa FL 336##|Orlando FL 328##|Columbus OH 432##|Cleveland OH 441##
Charlotte NC 282##|Raleigh NC 276##|Indianapolis IN 462##|Seattle WA 981##|Spokane WA 992##
Denver CO 802##|Boston MA 021##|Worcester MA 016##|Nashville TN 372##|Memphis TN 381##
Detroit MI 482##|Portland OR 972##|Las Vegas NV 891##|Louisville KY 402##|Baltimore MD 212##
Milwaukee WI 532##|Albuquerque NM 871##|Kansas City MO 641##|Atlanta GA 303##|Omaha NE 681##
Minneapolis MN 554##|Tulsa OK 741##|Wichita KS 672##|New Orleans LA 701##|Newark NJ 071##
Trenton NJ 086##|Hartford CT 061##|Providence RI 029##|Richmond VA 232##|Boise ID 837##
Des Moines IA 503##|Salt Lake City UT 841##|Birmingham AL 352##|Little Rock AR 722##
Jackson MS 392##|Charleston SC 294##|Concord NH 033##|Burlington VT 054##|Portland ME 041##
Honolulu HI 968##|Cheyenne WY 820##|Billings MT 591##|Fargo ND 581##|Sioux Falls SD 571##
Wilmington DE 198##|Anchorage AK 995##
"""

_OTHER = {
    "CA": "Toronto ON M5@ #@#|Montréal QC H3@ #@#|Vancouver BC V6@ #@#|Calgary AB T2@ #@#|Halifax NS B3@ #@#",
    "GB": "London - SW1# #@@|Manchester - M1# #@@|Leeds - LS# #@@|Glasgow - G1# #@@|Cardiff - CF1# #@@",
    "FR": "Paris - 750##|Lyon - 690##|Marseille - 130##|Saint-Étienne - 420##|Bourg-en-Bresse - 010##",
    "DE": "Berlin - 101##|München - 803##|Köln - 506##|Leipzig - 041##|Düsseldorf - 402##",
    "ES": "Madrid - 280##|Barcelona - 080##|Málaga - 290##|Sevilla - 410##",
    "IT": "Roma RM 001##|Milano MI 201##|Forlì FC 471##|Torino TO 101##",
    "BR": "São Paulo SP 010##-###|Rio de Janeiro RJ 200##-###|Brasília DF 700##-###",
    "MX": "Ciudad de México CDMX 060##|Guadalajara JAL 441##|Mérida YUC 970##",
    "IN": "Mumbai MH 4000##|Bengaluru KA 5600##|Delhi DL 1100##",
    "AU": "Sydney NSW 20##|Melbourne VIC 30##|Darwin NT 08##",
    "NL": "Amsterdam - 10## @@|Utrecht - 35## @@",
    "BE": "Bruxelles - 10##|Gent - 90##",
    "SE": "Stockholm - 11# ##|Malmö - 21# ##",
    "PL": "Warszawa - 00-###|Łódź - 90-###",
    "CH": "Zürich ZH 80##|Genève GE 12##",
    "PT": "Lisboa - 10##-###|Porto - 40##-###",
    "IE": "Dublin D D0# @#@#|Cork CO T12 @#@#",
    "NZ": "Auckland - 10##|Christchurch - 80##",
    "ZA": "Johannesburg GP 20##|Durban KZN 40##",
}

#: How city, state, zip and country cells are written; see `cells`.
STYLES = ("plain", "quoted", "upper", "zeros_lost", "us_left_out")
CODES_PER_CITY = 40


def _split(text: str) -> tuple[str, str, str]:
    """City, state ('' for '-') and postal code: the state is the first word in capitals, or a dash."""
    match = re.fullmatch(r"(.+?) (-|[A-Z]{1,4}) (.+)", text)
    if match is None:
        raise ValueError(f"not a city, a state and a postal code: {text!r}")
    return match[1], match[2].replace("-", ""), match[3]


def _postal_code(pattern: str, n: int) -> str:
    out = ""
    for mark in pattern:
        n = (n * 1_103_515_245 + 12_345) % (1 << 31)
        drawn = n >> 12
        out += str(drawn % 10) if mark == "#" else "ABCEHJKLMNPRSTVXY"[drawn % 17] if mark == "@" else mark
    return out


CITIES: Mapping[str, tuple[tuple[str, str, str], ...]] = MappingProxyType(
    {
        "US": tuple(_split(city) for city in _US.strip().replace("\n", "|").split("|")),
        **{code: tuple(_split(city) for city in cities.split("|")) for code, cities in _OTHER.items()},
    }
)


def _write(cell: tuple[str, str, str, str], style: str) -> str:
    city, state, code, country = cell
    match style:
        case "quoted":
            return f'"{city}","{state}","{code}","{country}"'
        case "upper":
            return f"{city.upper()},{state},{code.replace(' ', '')},{country}"
        case "zeros_lost":
            return f"{city},{state},{code.lstrip('0')},{country}"
        case "us_left_out":
            return f"{city},{state},{code},{'' if country == 'US' else country}"
        case _:
            return f"{city},{state},{code},{country}"


def cells(country: str, style: str) -> list[str]:
    """The four cells 'city,state,zip,country', for every city and `CODES_PER_CITY` postal codes of it."""
    return [
        _write((city, state, _postal_code(pattern, i * 1_000 + k), country), style)
        for i, (city, state, pattern) in enumerate(CITIES[country])
        for k in range(CODES_PER_CITY)
    ]
