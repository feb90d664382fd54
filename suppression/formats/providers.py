"""Mail domains of one provider under which one mailbox answers, or which senders treat as one.

Not applied by any reader: whether ``a@hotmail.com`` suppresses ``a@live.com`` is the list's owner's choice.
"""

from __future__ import annotations

from typing import Final

from schemas.contact.match_keys import PROVIDER_ALIASES

_GROUPS: Final = {name: frozenset(group) for group in PROVIDER_ALIASES for name in group}


def alias_domains(domain: str) -> frozenset[str]:
    """Return the ``.com`` domains of the same provider, itself among them; only itself when it is of no group."""
    folded = domain.strip().lower()
    name, _, rest = folded.partition(".")
    if rest != "com" or name not in _GROUPS:
        return frozenset({folded})
    return frozenset(f"{alias}.com" for alias in _GROUPS[name])
