"""Builds the phone tables that come with the program, after an update of ``phonenumbers``.

python -m tests.phone_tables
"""

from __future__ import annotations

import sys

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, __version__

from schemas.contact.numbering.lookup import Numbering
from schemas.contact.numbering.region_habits import learnt_habits
from schemas.contact.numbering.shipped import Key, write_tables

#: Everything that a table can be for.
KEYS: tuple[Key, ...] = (*sorted(SUPPORTED_REGIONS), *sorted(COUNTRY_CODE_TO_REGION_CODE))

if __name__ == "__main__":
    numbering = Numbering()
    habits = {region: learnt_habits(region) for region in sorted(SUPPORTED_REGIONS)}
    write_tables([(key, numbering.build(key)) for key in KEYS], numbering.answers.forms, habits)
    sys.stdout.write(f"{len(KEYS)} tables from phonenumbers {__version__}\n")
