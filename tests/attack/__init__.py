"""Attacks the real program as vendors, disks and crashes would: ``python -m tests.attack --minutes 5 --seed 7``.

Each part draws cases from the seed until its time is up, and knows what must come of a case: a file is read with every
record accounted for, or refused by name; a command ends in one of our exit codes, changes nothing by halves, and the
same command then succeeds. What breaks that is a finding: kept with the seed that repeats it.
"""
