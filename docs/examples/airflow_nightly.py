"""Airflow: one pass a night. Put it into the DAGs' folder and set WORKSPACE and LEADSCRUB."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

WORKSPACE = "/srv/leads"
LEADSCRUB = "leadscrub"

with DAG(
    "leadscrub_nightly",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    # A pass goes on where the one before ended, so it may be tried again whatever happened.
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
):
    BashOperator(
        task_id="nightly",
        bash_command=f"{LEADSCRUB} nightly --workspace {WORKSPACE} --json",
        # 7: another pass is at work, and takes what there is.
        skip_on_exit_code=7,
    )
