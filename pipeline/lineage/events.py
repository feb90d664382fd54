"""One OpenLineage event of a run: that it began, or how it ended.

Its id is a UUIDv7 of this execution alone, since an event says what happened once, and the first one is sent before
the content of the drop, and so leadscrub's own ``run_id``, is known. The ``run_id`` is a tag of the last event, and the
version of what was written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from uuid import uuid4

from openlineage.client import event_v2
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    documentation_job,
    error_message_run,
    job_type_job,
    nominal_time_run,
    parent_run,
    processing_engine_run,
    set_producer,
    tags_run,
)
from openlineage.client.uuid import generate_static_uuid

from pipeline.results.identity import program_version
from schemas.support.shown import shown

#: Who made the events, as a URI.
PRODUCER: Final = f"urn:leadscrub:{program_version()}"
State = Literal["START", "COMPLETE", "FAIL", "ABORT"]
_ABOUT: Final = {
    "scrub": "Checks every contact point of a drop, and parts clean rows from rejected ones.",
    "rescrub": "Checks the clean rows of an earlier result against today's lists and rules.",
    "export": "Writes rows of a result to a file for another system.",
    "nightly": "One pass over the inboxes of all vendors.",
}
set_producer(PRODUCER)


class RunName(NamedTuple):
    """A run, and the job that it is one of, as another run may name them."""

    namespace: str
    job: str
    run_id: str


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run from its beginning. ``kind``: scrub, rescrub, export or nightly. ``day``: its --as-of.

    ``root``: the first of the runs that it is a part of.
    """

    name: RunName
    kind: str
    day: date
    parent: RunName | None = None
    root: RunName | None = None


@dataclass
class Ending:
    """What is known at the end of a run. ``failed``: why, for a person."""

    inputs: list[event_v2.InputDataset] = field(default_factory=list)
    outputs: list[event_v2.OutputDataset] = field(default_factory=list)
    failed: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


def new_run_id(at: datetime) -> str:
    """An id for a run that begins at this instant: later ones sort behind it."""
    return str(generate_static_uuid(at, uuid4().bytes))


def event(state: State, facts: RunFacts, at: datetime, ending: Ending) -> event_v2.RunEvent:
    """Make an event."""
    name = facts.name
    job: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet("BATCH", "LEADSCRUB", "COMMAND"),
        "documentation": documentation_job.DocumentationJobFacet(_ABOUT[facts.kind]),
    }
    return event_v2.RunEvent(
        eventType=event_v2.RunState(state),
        eventTime=at.isoformat(timespec="milliseconds"),
        run=event_v2.Run(name.run_id, _run_facets(facts, ending)),
        job=event_v2.Job(name.namespace, name.job, job),
        inputs=ending.inputs,
        outputs=ending.outputs,
        producer=PRODUCER,
    )


def _run_facets(facts: RunFacts, ending: Ending) -> dict[str, RunFacet]:
    made: dict[str, RunFacet] = {
        "nominalTime": nominal_time_run.NominalTimeRunFacet(f"{facts.day.isoformat()}T00:00:00Z"),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(program_version(), "leadscrub"),
    }
    if (parent := facts.parent) is not None:
        root = facts.root
        made["parent"] = parent_run.ParentRunFacet(
            parent_run.Run(parent.run_id),
            parent_run.Job(parent.namespace, parent.job),
            None
            if root is None
            else parent_run.Root(parent_run.RootRun(root.run_id), parent_run.RootJob(root.namespace, root.job)),
        )
    if ending.tags:
        tags = [tags_run.TagsRunFacetFields(key, shown(value), "LEADSCRUB") for key, value in ending.tags.items()]
        made["tags"] = tags_run.TagsRunFacet(tags)
    if ending.failed is not None:
        made["errorMessage"] = error_message_run.ErrorMessageRunFacet(shown(ending.failed), "python")
    return made
