"""A drop with everything that happens to drops: damage, quoted line ends, repeats, several countries' forms."""

from __future__ import annotations

import random

HEADER = "first_name,last_name,phone,mobile,email,state,consent_at,note\n"
_AREAS = ("202", "212", "303", "312", "404", "415", "503", "617", "713", "917")
_NAMES = ("Ann", "Bo", "Chloé", "Dmitri", "Eve", "José", "Zoë")
_NOTES = ("", "plain", '"with, comma"', '"two\nlines"', '"a ""quoted"" word"', "naïve £ ☎", '"CR\r\nLF"')


def _phone(draw: random.Random) -> str:
    area, last = draw.choice(_AREAS), draw.randrange(100)
    return draw.choice(
        (
            f"({area}) 555-01{last:02}",
            f"{area}-555-01{last:02}",
            f"+1{area}55501{last:02}",
            f"{area}.555.01{last:02} x{draw.randrange(99)}",
            f"{area}55501{last:02}.0",
            f"+44 20 7946 {draw.randrange(1000):04}",
            "123",
            "(blank)",
            "",
        )
    )


def _email(draw: random.Random) -> str:
    name = f"{draw.choice(('ann', 'bo', 'Eve', 'info', 'zoë'))}{draw.randrange(300)}"
    return draw.choice(
        (f"{name}@example.com", f"{name.upper()}@Example.ORG", f"mailto:{name}@example.net", f"{name}@", "N/A", "")
    )


def rough_drop(rows: int, seed: int = 1) -> str:
    """Return a CSV drop of that many records, the same for the same seed."""
    draw = random.Random(seed)
    lines = [HEADER]
    for number in range(rows):
        damage = draw.random()
        if damage < 0.01:
            lines.append("too,few\n")
        elif damage < 0.02:
            lines.append("\n")
        elif damage < 0.025:
            lines.append('"never closed,a,b,c,d,e,f,g\n')
        elif damage < 0.03:
            lines.append(HEADER)
        else:
            cells = (
                draw.choice(_NAMES),
                f"Lead{number}",
                _phone(draw),
                _phone(draw),
                _email(draw),
                draw.choice(("CA", "TX", "")),
                draw.choice(("2026-01-02", "2026-03-04T05:06:07Z", "last week", "")),
                draw.choice(_NOTES),
            )
            lines.append(",".join(cells) + "\n")
    return "".join(lines) + "Total,,,,,,,\n"


def registry(entries: int, seed: int = 2) -> str:
    """Return a registry's flat file with some of the drop's numbers."""
    draw = random.Random(seed)
    return "".join(f"{draw.choice(_AREAS)},55501{draw.randrange(100):02}\r\n" for _ in range(entries))
