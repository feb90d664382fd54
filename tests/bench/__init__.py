"""A generator of large drops, three rivals, and a benchmark that runs them in turn."""
