"""The runs of a command, as OpenLineage has them: each tells that it began and how it ended, if anybody wants to know.

No event ever stops or changes a run: one that cannot be made or delivered is a note for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import LeadscrubError
from schemas.manifest import Manifest

if TYPE_CHECKING:  # the client is loaded only where events are wanted
    from pipeline.lineage.events import Ending, RunFacts, RunName, State
    from pipeline.lineage.sender import Sender


@dataclass(frozen=True)
class Wanted:
    """Where events go. ``notes``: what a person should know at the end."""

    namespace: str
    sender: Sender
    now: Callable[[], datetime]
    notes: list[str] = field(default_factory=list)


class Lineage(NamedTuple):
    """Tells of runs; of none where ``wanted`` is None. ``parent``: of which run they are a part, ``root`` the first."""

    wanted: Wanted | None = None
    parent: RunName | None = None
    root: RunName | None = None

    @contextmanager
    def run(
        self,
        kind: str,
        day: date,
        *,
        campaign: str | Path | None = None,
        vendor: str | None = None,
        inputs: Sequence[str | Path] = (),
    ) -> Iterator[LineageRun]:
        """Tell that a run begins, and, behind the block, how it ended: what the block raises failed or ended it.

        ``day``: its --as-of. ``campaign``: its name or file. ``inputs``: paths or URLs of what it reads, as far as they
        are known.
        """
        run = LineageRun(self, [str(place) for place in inputs])
        named = campaign.stem if isinstance(campaign, Path) else campaign
        run.begin(kind, day, [part for part in (named, vendor) if part])
        try:
            yield run
        except Exception as error:
            known = isinstance(error, LeadscrubError)
            run.failed(str(error) if known else f"internal error ({type(error).__name__})")
            run.end()
            raise
        except BaseException:
            run.end(stopped=True)
            raise
        run.end()

    def close(self) -> list[str]:
        """Wait for what is still to be sent, for a bounded time. Returns what a person should know of the events."""
        if self.wanted is None:
            return []
        return [*self.wanted.notes, *self.wanted.sender.close()]


class LineageRun:
    """A run that goes on. What is said of it here goes into its last event."""

    def __init__(self, lineage: Lineage, inputs: list[str]) -> None:
        self._lineage, self._inputs = lineage, inputs
        self._facts: RunFacts | None = None
        self._tell: list[Callable[[Ending], None]] = []

    def begin(self, kind: str, day: date, about: list[str]) -> None:
        """Tell that it began."""
        if (wanted := self._lineage.wanted) is None:
            return
        from pipeline.lineage.events import RunFacts, RunName, new_run_id  # noqa: PLC0415

        name = RunName(wanted.namespace, ".".join([kind, *about]), new_run_id(wanted.now()))
        self._facts = RunFacts(name, kind, day, self._lineage.parent, self._lineage.root)
        self._send("START")

    def children(self) -> Lineage:
        """What tells of runs that are parts of this one."""
        if self._facts is None:
            return self._lineage
        root = self._lineage.root or self._facts.name
        return self._lineage._replace(parent=self._facts.name, root=root)

    def wrote(self, manifest: Manifest, out: Path, *, too_many_rejected: bool = False) -> None:
        """It wrote a result."""

        def tell(ending: Ending) -> None:
            from pipeline.lineage.datasets import read_by, written_by  # noqa: PLC0415

            namespace = self._facts.name.namespace if self._facts is not None else ""
            ending.inputs = read_by(manifest, namespace, too_many_rejected=too_many_rejected)
            ending.outputs = written_by(manifest, out, namespace)
            ending.tags["leadscrub.run_id"] = manifest.run_id

        self._tell.append(tell)

    def exported(
        self,
        manifest: Manifest,
        out: Path,
        rows: str,
        to: Path | str,
        comes_from: Mapping[str, Iterable[str]],
        written: int,
        sha256: str | None,
    ) -> None:
        """It wrote rows of a result to a file. ``comes_from``: columns of the file -> columns of the result."""

        def tell(ending: Ending) -> None:
            from pipeline.lineage.datasets import export_file, exported  # noqa: PLC0415
            from pipeline.lineage.names import DatasetName  # noqa: PLC0415

            table = exported(manifest, out, rows)
            ending.inputs = [table]
            ending.outputs = [export_file(to, DatasetName(table.namespace, table.name), comes_from, written, sha256)]
            ending.tags["leadscrub.run_id"] = manifest.run_id

        self._tell.append(tell)

    def failed(self, why: str) -> None:
        """It did not do what it should."""

        def tell(ending: Ending) -> None:
            ending.failed = why

        self._tell.append(tell)

    def end(self, *, stopped: bool = False) -> None:
        """Tell how it ended: that it was ``stopped``, or failed, or is complete."""
        self._send("ABORT" if stopped else "COMPLETE")

    def _send(self, state: State) -> None:
        wanted = self._lineage.wanted
        if wanted is None or self._facts is None:
            return
        from pipeline.lineage.datasets import named_input  # noqa: PLC0415
        from pipeline.lineage.events import Ending, event  # noqa: PLC0415

        try:
            ending = Ending([named_input(place) for place in self._inputs])
            for tell in self._tell:
                tell(ending)
            if state == "COMPLETE" and ending.failed is not None:
                state = "FAIL"
            wanted.sender.send(event(state, self._facts, wanted.now(), ending))
        except Exception as error:  # whatever it is, the run is not its concern
            wanted.notes.append(f"a lineage event could not be made ({type(error).__name__})")
