"""One pass over the vendors' inboxes, safe to run from cron, twice, or after a crash.

A drop goes through these steps, each of which has happened or has not:

    seen in the inbox, complete
      1 received    the ledger gives it its place in the order              drops.state = taken
      2 published   the scrub's result appears under runs/ in one step
      3 recorded    the ledger knows the run                                drops.state = done
      4 closed      the ledger knows the arrival and where the drop will be     drops.kept_at
      5 moved       the raw drop is in archive/

or, where it cannot be read, from 1 to 4 with ``state = quarantined`` and to 5 in quarantine/. The file stays in the
inbox until the last step, so the next pass finds it there after a crash, and goes on behind the last step that the
ledger or the disk shows: 1 is not repeated (same vendor, same content: same place); after 2 the result that the ledger
does not know is recorded as it is; after 3 nothing is scrubbed; after 4 the very file (its place, size and times
are in the ledger) is only moved. What a scrub had begun is in runs/.partial, which each pass clears first.

Where machines share a ledger in PostgreSQL each drop has a lease, and 3 comes before 2: a result that is complete is
entered, then moved to its place (`pipeline.nightly.left_over`). Whoever lost the lease enters nothing.

Any other trouble (a list too old, a disk full, a ledger that does not answer) leaves the drop where it is.
"""
