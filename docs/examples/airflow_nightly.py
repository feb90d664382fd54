"""Airflow: one pass a night. Put it into the DAGs' folder and set WORKSPACE and LEADSCRUB."""

import json
import subprocess
from datetime import datetime, timedelta

from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.sdk import DAG, task

WORKSPACE = "/srv/leads"
LEADSCRUB = "leadscrub"
#: Exit codes of a pass (see nightly.md). What is in none of these sets is worth another try.
DONE = {0}
#: A person must look, and another try changes nothing: too much rejected, quarantine, configuration, usage.
A_PERSON_MUST_LOOK = {2, 3, 4, 6}
#: Another pass is running, and takes what there is.
SKIP = {7}

with DAG(
    "leadscrub_nightly",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    # A pass goes on where the one before ended, so it may be tried again whatever happened.
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
):

    @task
    def nightly() -> dict[str, int]:
        """Do one pass. What an earlier pass put aside fails this one as well, until it is settled."""
        command = [LEADSCRUB, "nightly", "--workspace", WORKSPACE, "--json"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # nothing foreign
        print(ran.stderr)  # noqa: T201  # for the task's log
        said = f"leadscrub nightly ended with {ran.returncode}: {ran.stderr}"
        if ran.returncode in SKIP:
            raise AirflowSkipException(said)
        if ran.returncode in A_PERSON_MUST_LOOK:
            raise AirflowFailException(said)  # fails at once, without a retry
        if ran.returncode not in DONE:
            raise AirflowException(said)  # a list too old, a full disk: tried again
        drops = json.loads(ran.stdout)["drops"]
        return {key: sum(line[key] for line in drops) for key in ("read", "clean", "rejected", "review")}

    nightly()
