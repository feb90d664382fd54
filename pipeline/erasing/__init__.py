"""One person, over everything that a workspace holds: where they are, and how they are taken out of each place."""
