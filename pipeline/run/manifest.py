"""Makes the manifest of a run."""

from __future__ import annotations

from pipeline.context import Context
from pipeline.results.identity import LIBRARIES, program_version
from pipeline.run.plan import Plan
from pipeline.run.run_rules import used_rules
from pipeline.run.tally import Tally, total
from pipeline.run.unmatched_hashed_list import looked_up, silence
from schemas.columns import SCHEMA_VERSION
from schemas.files.table import FileTally, delivery_of
from schemas.manifest import ArchiveMember, InputFile, Manifest, OutputFile, PointCounts, UsedList
from schemas.support.shown import masked_addresses, printable
from suppression.person import scopes_of


def make_manifest(
    plan: Plan,
    context: Context,
    files: list[FileTally],
    tallies: list[Tally],
    matches: dict[str, int],
    outputs: dict[str, OutputFile],
    run_id: str,
) -> Manifest:
    """Put together what is known of a run, but for its timings."""
    campaign = context.campaign
    inputs = [
        InputFile(
            name=masked_addresses(source.table.name),
            path=masked_addresses(printable(str(source.table.input))),
            sheet=source.table.sheet,
            sha256=delivery_of(source.table.input, file).sha256,
            bytes=delivery_of(source.table.input, file).size,
            member=ArchiveMember(sha256=file.sha256, bytes=file.size) if source.table.input.delivery else None,
            read_as=source.table.reader.describe(),
            mapping=source.mapping.fields,
            fax_fields=sorted(source.mapping.fax),
            unmapped=list(source.mapping.unmapped),
            doubts=[masked_addresses(doubt) for doubt in source.mapping.doubts],
            careful_blocks=file.careful_blocks,
            points={
                slot: PointCounts(
                    column=column, given=tally.given[slot], valid=tally.valid[slot], usable=tally.usable[slot]
                )
                for slot, column in source.mapping.fields.items()
                if slot in context.points
            },
            counts=tally.counts(file.records),
        )
        for source, file, tally in zip(context.sources, files, tallies, strict=True)
    ]
    lists = [
        UsedList(
            name=lst.facts.name,
            kind=lst.facts.kind,
            files=[each.model_copy(update={"name": masked_addresses(each.name)}) for each in lst.facts.sources],
            version=lst.facts.version,
            as_of=lst.facts.as_of,
            dated_by=lst.facts.dated_by,
            age_days=(context.as_of - lst.facts.as_of).days,
            valid_until=lst.valid_until,
            registry=lst.facts.registry,
            state=lst.facts.state,
            covers=None if lst.facts.covers is None else list(lst.facts.covers),
            stale_allowed=lst.stale_allowed,
            hash_recipes=lst.facts.hash_recipes,
            entries=lst.facts.counts,
            base=lst.facts.base,
            folds=lst.facts.folds,
            max_age=lst.max_age,
            looked_up=looked_up(lst, context, tallies),
            matches=matches.get(lst.authority, 0),
            alarm=silence(lst, context, tallies, matches),
        )
        for lst in context.lists
    ]
    return Manifest(
        leadscrub=program_version(),
        schema_version=SCHEMA_VERSION,
        run_id=run_id,
        as_of=context.as_of,
        entity=campaign.entity,
        san=campaign.san,
        campaign=campaign.name,
        channels=list(campaign.channels),
        region=plan.region,
        vendor=context.vendor,
        dedupe={
            "keys": list(campaign.dedupe_keys),
            "policy": campaign.dedupe.policy,
            **({"email_folds": list(campaign.dedupe.email_folds)} if campaign.dedupe.email_folds else {}),
        },
        inputs=inputs,
        counts=total(tallies).counts(sum(file.records for file in files)),
        lists=lists,
        person=dict(scopes_of(campaign.person)),
        rules=used_rules(context.rules, context.hours, plan, total(tallies)),
        libraries=LIBRARIES,
        outputs=outputs,
        timings={},
    )
