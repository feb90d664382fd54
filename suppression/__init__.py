"""Who must not be contacted, and on whose authority. Imports only ``schemas``."""
