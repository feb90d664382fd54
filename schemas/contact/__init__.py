"""The canonical form of a contact point: what makes two spellings the same phone or the same email."""
