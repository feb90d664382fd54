"""The figures of a pass as an OpenMetrics text file, for Prometheus' node_exporter or whatever else reads one.

Every figure is a gauge, of the last pass: so readers of the older Prometheus text format understand the file too.
Names of vendors, lists and codes are in it; names of files are not, since a vendor may put anything there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final, get_args

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector, CollectorRegistry

from pipeline.nightly.summary import Outcome, Summary
from pipeline.results.folder import open_manifest
from schemas.errors import ListError, UsageError
from schemas.support.durable import write_content
from suppression.lists import last_day
from suppression.store import store_of

#: Values of the labels, and the figure.
Value = tuple[tuple[str, ...], float]

_SUCCESS: Final = "leadscrub_nightly_last_success_timestamp_seconds"
#: A dry run alone has drops that are ready.
_OUTCOMES: Final = tuple(outcome for outcome in get_args(Outcome) if outcome != "ready")


def write_metrics(path: Path, summary: Summary, workspace: Path) -> None:
    """Replace the file in one step; whoever may read its folder may read it. Raises `OSError` when that fails."""
    registry = CollectorRegistry()
    registry.register(_Figures(summary, workspace, _last_success(path)))
    write_content(path, generate_latest(registry), mode=0o644)


class _Figures(Collector):
    """What there is to say of a pass."""

    def __init__(self, summary: Summary, workspace: Path, last_success: float | None) -> None:
        self._summary, self._workspace, self._last_success = summary, workspace, last_success

    def collect(self) -> Iterator[Metric]:
        summary = self._summary
        began = summary.began_at.timestamp()
        yield _gauge("leadscrub_nightly_start_timestamp_seconds", "When the last pass began", [((), began)])
        yield _gauge("leadscrub_nightly_duration_seconds", "How long the last pass took", [((), summary.seconds)])
        yield _gauge("leadscrub_nightly_exit_code", "What the last pass ended with", [((), summary.exit_code)])
        success = began + summary.seconds if summary.exit_code == 0 else self._last_success
        if success is not None:
            yield _gauge(_SUCCESS, "When the last pass that ended with 0 was done", [((), success)])
        yield from self._of_drops()
        waiting = Counter((item.vendor, item.kind) for item in summary.unsettled)
        yield _gauge(
            "leadscrub_nightly_unsettled", "What waits for a person", waiting.items(), labels=("vendor", "kind")
        )
        troubles = Counter((trouble.vendor or "",) for trouble in summary.troubles)
        help_text = "Faults that stopped a vendor, or the pass where no vendor is named"
        yield _gauge("leadscrub_nightly_troubles", help_text, troubles.items(), labels=("vendor",))
        yield from _of_lists(self._workspace, summary.as_of)

    def _of_drops(self) -> Iterator[Metric]:
        summary = self._summary
        drops = Counter({(vendor, outcome): 0 for vendor in summary.vendors for outcome in _OUTCOMES})
        reasons: Counter[tuple[str, str]] = Counter()
        kinds = ("read", "clean", "rejected", "review")
        rows = Counter({(vendor, kind): 0 for vendor in summary.vendors for kind in kinds})
        for line in summary.drops:
            drops[line.vendor, line.outcome] += 1
            if line.outcome != "scrubbed":
                continue
            for kind, count in zip(kinds, (line.read, line.clean, line.rejected, line.review), strict=True):
                rows[line.vendor, kind] += count
            reasons.update({(line.vendor, code): count for code, count in self._reasons(line.out)})
        yield _gauge("leadscrub_nightly_drops", "Drops by outcome", drops.items(), labels=("vendor", "outcome"))
        what = "Rows of the drops that were scrubbed; those in review are rejected ones that a person may release"
        yield _gauge("leadscrub_nightly_rows", what, rows.items(), labels=("vendor", "result"))
        what = "Rejected rows by their primary reason"
        yield _gauge("leadscrub_nightly_rejected_rows", what, reasons.items(), labels=("vendor", "reason"))

    def _reasons(self, out: str | None) -> list[tuple[str, int]]:
        if out is None:
            return []
        try:
            return list(open_manifest(self._workspace / out).counts.by_primary_reason.items())
        except UsageError:  # it was removed meanwhile
            return []


def _of_lists(workspace: Path, today: date) -> Iterator[Metric]:
    """How old the lists of the store are. One that cannot be read is not usable, and has no age."""
    usable: list[Value] = []
    ages: list[Value] = []
    left: list[Value] = []
    store = store_of(None, workspace)
    try:
        names = [] if store is None else store.names()
    except ListError:
        names = []
    for name in names:
        assert store is not None  # noqa: S101  # it has names
        try:
            facts = store.facts(name)
        except ListError:
            usable.append(((name,), 0))
            continue
        until = last_day(facts)
        usable.append(((name,), until is None or today <= until))
        ages.append(((name, facts.kind), (today - facts.as_of).days))
        if until is not None:
            left.append(((name, facts.kind), (until - today).days))
    yield _gauge("leadscrub_list_usable", "Whether a list of the store may be used today", usable, labels=("list",))
    labels = ("list", "kind")
    yield _gauge("leadscrub_list_age_days", "Days since a list of the store was copied", ages, labels=labels)
    yield _gauge("leadscrub_list_left_days", "Days until it is too old; below 0 it is", left, labels=labels)


def _gauge(name: str, what: str, values: Iterable[Value], labels: Sequence[str] = ()) -> Metric:
    made = GaugeMetricFamily(name, f"{what}.", labels=labels)
    for of, value in sorted(values):
        made.add_metric(list(of), float(value))
    return made


def _last_success(path: Path) -> float | None:
    """What the file has of an earlier pass; nothing where it is none of ours."""
    try:
        text = path.read_text(encoding="utf-8")
        families = list(text_string_to_metric_families(text))
    except (OSError, ValueError):
        return None
    return next((family.samples[0].value for family in families if family.name == _SUCCESS and family.samples), None)
