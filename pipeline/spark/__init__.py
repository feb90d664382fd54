"""A scrub as a Spark job: the checks in its tasks, the comparisons of the whole run as its shuffles."""
