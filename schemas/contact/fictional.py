"""Numbers and domains that are set aside and reach nobody.

Sources: the North American 555-0100 to 555-0199 range (ATIS-0300115), Ofcom's numbers for use in TV and radio drama,
ARCEP decision 2018-0881 (audiovisual works); RFC 2606 and RFC 6761 for domains.
"""

from __future__ import annotations

from collections.abc import Collection

_OFCOM_AREAS = ("113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161")
_OFCOM_OTHERS = (
    *("1632960", "1914980", "2079460", "2890180", "2896496", "2920180"),
    *("3069990", "7700900", "8081570", "9098790"),
)
_ARCEP = ("19900", "26191", "35301", "46571", "53649", "63998")
#: Name of a range (as a campaign's ``treat_as_real`` spells it) -> E.164 forms, a dot for any figure.
FICTIONAL_NUMBERS: dict[str, tuple[str, ...]] = {
    "nanp-555-01xx": ("+1...55501..",),
    "ofcom-drama": (
        *(f"+44{area}4960..." for area in _OFCOM_AREAS),
        *(f"+44{number}..." for number in _OFCOM_OTHERS),
    ),
    "arcep-drama": tuple(f"+33{number}...." for number in _ARCEP),
}

#: Domains for documentation. They are valid in form, and a demonstration may treat them as real.
EXAMPLE_DOMAINS: tuple[str, ...] = ("example.com", "example.net", "example.org", "example")
#: All reserved domains; every name below one of them is reserved too.
RESERVED_DOMAINS: tuple[str, ...] = (
    *EXAMPLE_DOMAINS,
    "arpa",
    "invalid",
    "local",
    "localhost",
    "onion",
    "test",
)


def domain_pattern(domains: tuple[str, ...]) -> str:
    """Build a pattern on a whole address that matches these domains and their subdomains."""
    return "[@.](?:" + "|".join(domain.replace(".", r"\.") for domain in domains) + ")$"


def is_below(domain: str, above: Collection[str]) -> bool:
    """Whether a domain (in lower case) is one of these, or below one."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in above for start in range(len(labels)))
