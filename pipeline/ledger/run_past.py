"""What the ledger answers a run: the order of its drops, and what had been let through before each of them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.ledger.drops import Received
from pipeline.ledger.history import History
from pipeline.ledger.history_past import Past
from schemas.manifest import UsedHistory


@dataclass(frozen=True)
class RunPast:
    """The ledger's answer. ``sources``: SHA-256 of the drop of each source; ``pasts`` by it."""

    received: list[Received]
    sources: list[str]
    pasts: dict[str, Past]
    history: History
    used: UsedHistory
