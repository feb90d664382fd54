"""Whether the law lets us contact this person: dated rule packs, and the facts that they are asked of."""
