"""What is kept under which key, as docs/adr/0007-one-table.md tells; pure functions of records."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable

from eksnet.model.finding import Severity, Suppression
from eksnet.model.history import CapacityRow, Judgement, Latest, Letter, RunKind, RunRecord
from eksnet.model.snapshot import Target
from eksnet.model.tracked import Known, State, Tracked
from eksnet.store.bodies import body, packed, parsed, stamp, unpacked, written
from eksnet.store.interface import StoreError
from eksnet.store.items import Item, Key, Value, Values

PART_BYTES = 300_000  # an item holds 400 KB, names included: DynamoDB's constraints page
SUPPRESSIONS = "SUPPRESSION"
FINDING = "FINDING#"
_DIGITS = 4  # of a part's number, so that parts sort


def run_partition(kind: RunKind) -> str:
    """Return the partition of the runs of a kind; their sort keys are their ids."""
    return f"RUN#{kind.upper()}"


def run_keys(run_id: str) -> list[Key]:
    """Return the keys a run may have, one a kind."""
    return [(run_partition(kind), run_id) for kind in RunKind]


def run_item(run: RunRecord, days: int) -> Values:
    """Return a run's item. When it was reported stands beside the body: it comes later."""
    return {
        "pk": run_partition(run.kind),
        "sk": run.id,
        "started_at": stamp(run.started_at),
        "execution": run.execution,
        "reported_at": stamp(run.reported_at) if run.reported_at else None,
        "body": body(dataclasses.replace(run, reported_at=None)),
        "expires_at": _expiry(run.started_at, days),
    }


def run_of(item: Item) -> RunRecord:
    """Return the run of an item."""
    at = item.time("reported_at") if "reported_at" in item.values else None
    return dataclasses.replace(item.record(RunRecord), reported_at=at)


def letter_key(run_id: str) -> Key:
    """Return the key of what people were told of a run."""
    return "LETTER", run_id


def letter_item(letter: Letter, days: int, now: dt.datetime) -> Values:
    """Return the item of what people were told of a run."""
    pk, sk = letter_key(letter.run_id)
    return {"pk": pk, "sk": sk, "body": body(letter), "expires_at": _expiry(now, days)}


def judgement_key(run_id: str, target: Target) -> Key:
    """Return the key of a judgement's first part, which is written last."""
    return f"JUDGEMENT#{run_id}", f"{target.account_id}#{target.region}"


def judgement_items(judgement: Judgement, days: int) -> list[Values]:
    """Return a judgement's parts; the first commits the others by their count and digest."""
    whole = packed(written(judgement))
    digest = hashlib.sha256(whole).hexdigest()
    chunks = [whole[at : at + PART_BYTES] for at in range(0, len(whole), PART_BYTES)]
    pk, sk = judgement_key(judgement.run_id, judgement.target)
    common: dict[str, Value | None] = {"pk": pk, "expires_at": _expiry(judgement.finished_at, days)}
    first: Values = {
        **common,
        "sk": sk,
        "digest": digest,
        "parts": len(chunks),
        "part": chunks[0],
    }
    rest: list[Values] = [
        {**common, "sk": f"{sk}#{digest}#{number:0{_DIGITS}}", "part": chunk}
        for number, chunk in enumerate(chunks[1:], start=1)
    ]
    return [first, *rest]


def judgement_of(first: Item, rest: Iterable[Item]) -> Judgement:
    """Return the judgement of its parts.

    Raises:
        StoreError: a part is missing or another: ``CorruptJudgement``.
    """
    parts = [first.field("part", bytes), *(each.field("part", bytes) for each in rest)]
    whole = b"".join(parts)
    digest = hashlib.sha256(whole).hexdigest()
    if (len(parts), digest) != (first.field("parts", int), first.field("digest", str)):
        raise StoreError(first.api, "CorruptJudgement")
    return parsed(Judgement, unpacked(whole, first.api), first.api)


def target_partition(target: Target) -> str:
    """Return the partition of a target's findings and of its newest run."""
    return f"TARGET#{target.account_id}#{target.region}"


def latest_key(target: Target) -> Key:
    """Return the key of a target's newest run."""
    return target_partition(target), "LATEST"


def latest_item(target: Target, latest: Latest) -> Values:
    """Return the item of a target's newest run, which never expires."""
    pk, sk = latest_key(target)
    return {
        "pk": pk,
        "sk": sk,
        "run_id": latest.run_id,
        "captured_at": stamp(latest.captured_at),
        "body": body(latest),
    }


def finding_key(target: Target, finding_id: str) -> Key:
    """Return the key of a finding."""
    return target_partition(target), f"{FINDING}{finding_id}"


def told_text(known: Known) -> str:
    """Return what people know as an attribute's text, such as ``open high``."""
    return f"{known.state} {known.severity or ''}".strip()


def finding_item(target: Target, tracked: Tracked, days: int) -> Values:
    """Return a finding's item: one that is resolved expires, an open or unknown one never.

    What was told and announced stands beside the body: it is noted later, by others.
    """
    pk, sk = finding_key(target, tracked.finding.finding_id)
    finding = tracked.finding
    return {
        "pk": pk,
        "sk": sk,
        "state": tracked.state.value,
        "status": finding.status.value,
        "severity": finding.severity.value if finding.severity else None,
        "check_id": finding.check_id,
        "cluster": finding.cluster,
        "resource_id": finding.resource.id,
        "run_id": tracked.seen.run_id,
        "seen_at": stamp(tracked.seen.at),
        "opened_at": stamp(tracked.opened.at) if tracked.opened else None,
        "told": told_text(tracked.told) if tracked.told else None,
        "announced": tracked.announced.value if tracked.announced else None,
        "body": body(untold(tracked)),
        "expires_at": _expiry(tracked.resolved.at, days) if tracked.resolved else None,
    }


def untold(tracked: Tracked) -> Tracked:
    """Return a finding as its item's body has it."""
    return dataclasses.replace(tracked, told=None, announced=None)


def tracked_of(item: Item) -> Tracked:
    """Return the finding of an item.

    Raises:
        StoreError: the item is of none: ``CorruptItem``.
    """
    try:
        told = _known(item.field("told", str)) if "told" in item.values else None
        said = State(item.field("announced", str)) if "announced" in item.values else None
    except ValueError as problem:
        raise StoreError(item.api, "CorruptItem") from problem
    return dataclasses.replace(item.record(Tracked), told=told, announced=said)


def _known(text: str) -> Known:
    state, _, severity = text.partition(" ")
    return Known(state=State(state), severity=Severity(severity) if severity else None)


def capacity_partition(subnet_id: str) -> str:
    """Return the partition of a subnet's rows."""
    return f"SUBNET#{subnet_id}"


def capacity_key(row: CapacityRow) -> Key:
    """Return a row's key; two accounts may see one shared subnet at one time."""
    return capacity_partition(row.subnet_id), f"{stamp(row.seen_at)}#{row.target.account_id}"


def capacity_item(row: CapacityRow, days: int) -> Values:
    """Return a row's item."""
    pk, sk = capacity_key(row)
    return {
        "pk": pk,
        "sk": sk,
        "free_ips": row.free_ips,
        "body": body(row),
        "expires_at": _expiry(row.seen_at, days),
    }


def suppression_key(suppression: Suppression) -> Key:
    """Return the key of a suppression: the digest of what it says."""
    return SUPPRESSIONS, hashlib.sha256(written(suppression)).hexdigest()


def _expiry(at: dt.datetime, days: int) -> int:
    """Return when DynamoDB may delete what happened ``at``, in seconds since 1970."""
    return int((at + dt.timedelta(days=days)).timestamp())
