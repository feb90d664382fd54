"""Dagster: one pass a night. ``dagster dev -f dagster_nightly.py``; set WORKSPACE and LEADSCRUB."""

import json
import subprocess

import dagster as dg

WORKSPACE = "/srv/leads"
LEADSCRUB = "leadscrub"
#: Exit codes of a pass (see nightly.md). What is in none of these sets is worth another try.
DONE = {0}
#: A person must look, and another try changes nothing: too much rejected, quarantine, configuration, usage.
A_PERSON_MUST_LOOK = {2, 3, 4, 6}
#: Another pass is running, and takes what there is.
SKIP = {7}


@dg.op(retry_policy=dg.RetryPolicy(max_retries=2, delay=900))
def nightly(context: dg.OpExecutionContext) -> None:
    """Do one pass; the step fails when somebody should look."""
    command = [LEADSCRUB, "nightly", "--workspace", WORKSPACE, "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # no shell, nothing foreign
    if ran.stdout:
        summary = json.loads(ran.stdout)
        counts = {key: sum(line[key] for line in summary["drops"]) for key in ("read", "clean", "rejected", "review")}
        context.add_output_metadata({"drops": len(summary["drops"]), **counts})
    if ran.returncode not in DONE | SKIP:
        again = ran.returncode not in A_PERSON_MUST_LOOK
        raise dg.Failure(f"leadscrub nightly ended with {ran.returncode}:\n{ran.stderr}", allow_retries=again)


@dg.job
def leadscrub_nightly() -> None:
    """The pass."""
    nightly()


@dg.schedule(cron_schedule="0 3 * * *", target=leadscrub_nightly)
def every_night() -> dict[str, object]:
    """At three."""
    return {}


defs = dg.Definitions(jobs=[leadscrub_nightly], schedules=[every_night])
