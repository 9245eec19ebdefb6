"""What is kept of plans under which key, as docs/adr/0010 tells; pure functions of records."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from eksnet.model.journal import (
    Decision,
    Entry,
    Lease,
    PlanRow,
    PlanState,
    Principal,
    StepRow,
    Switch,
)
from eksnet.model.plan import Plan, canonical, digest, plan_id
from eksnet.store.bodies import WRITING, attribute, body, stamp
from eksnet.store.interface import StoreError
from eksnet.store.items import Item, Key, Value, Values
from eksnet.store.plans import Commit

FIRST_VERSION = 1
MOST_STEPS = 97  # a plan begins in one transaction of 100: TransactWriteItems, API Reference
META, BODY, ENTRY = "META", "BODY", "ENTRY#"
STEP, AFTER_STEPS = "STEP#", "STEP$"  # a row is what lies between META and here
REJECTED = "!REJECTED"  # no principal's id begins so: pipeline/principal.py
PLANS = "PLANS"
CONTROL: Key = ("CONTROL", "SWITCH")
_VERSION_DIGITS, _STEP_DIGITS = 6, 2  # so that entries and steps sort


def first_row(plan: Plan, requester: Principal, at: dt.datetime) -> PlanRow:
    """Return the row that a plan begins with: awaiting approval, no step begun.

    Raises:
        StoreError: it has more than ``MOST_STEPS`` steps: ``TooManySteps``.
    """
    if len(plan.steps) > MOST_STEPS:
        raise StoreError(WRITING, "TooManySteps")
    plan_digest = digest(plan)
    return PlanRow(
        plan_id=plan_id(plan_digest),
        digest=plan_digest,
        state=PlanState.AWAITING_APPROVAL,
        version=FIRST_VERSION,
        requester=requester,
        created_at=at,
        expires_at=plan.expires_at,
        steps=tuple(StepRow(number=step.number) for step in plan.steps),
    )


def fixed(row: PlanRow) -> dict[str, Value]:
    """Return the attributes of a row that no change may touch."""
    return {
        "digest": row.digest,
        "requester_id": row.requester.id,
        "created_at": stamp(row.created_at),
        "approve_before": stamp(row.expires_at),
    }


def changed_step(change: Commit) -> StepRow | None:
    """Return the step that a change is about, as it shall be.

    Raises:
        ValueError: the change is none: of a step that is not there, to a version that no row is
            changed to, or agreed twice by one person.
    """
    if change.row.version <= FIRST_VERSION:
        message = f"no change leads to version {change.row.version}"
        raise ValueError(message)
    people = [each.principal.id for each in change.agreed or ()]
    if len(people) != len(set(people)):
        message = "one person's word counts once"
        raise ValueError(message)
    if change.number is None:
        return None
    found = [step for step in change.row.steps if step.number == change.number]
    if len(found) != 1:
        message = f"there is no one step {change.number}"
        raise ValueError(message)
    return found[0]


def entry_of(change: Commit) -> Entry:
    """Return the line of the journal that tells of a change."""
    return Entry(
        plan_id=change.row.plan_id,
        version=change.row.version,
        at=change.at,
        state=change.row.state,
        step=changed_step(change),
        text=change.text,
        worker=change.worker,
    )


def to_the_second(at: dt.datetime) -> dt.datetime:
    """Return a time as a stamp keeps it."""
    return dt.datetime.fromisoformat(stamp(at))


def plan_partition(name: str) -> str:
    """Return the partition of a plan: its text, its row, its steps and its journal."""
    return f"PLAN#{name}"


def meta_key(name: str) -> Key:
    """Return the key of a plan's row."""
    return plan_partition(name), META


def body_key(name: str) -> Key:
    """Return the key of a plan's text."""
    return plan_partition(name), BODY


def step_key(name: str, number: int) -> Key:
    """Return the key of a step of a plan."""
    return plan_partition(name), f"{STEP}{number:0{_STEP_DIGITS}}"


def entry_key(name: str, version: int) -> Key:
    """Return the key of the entry that tells of a row's version."""
    return plan_partition(name), f"{ENTRY}{version:0{_VERSION_DIGITS}}"


def decision_key(name: str, principal_id: str) -> Key:
    """Return the key of a person's word; ``REJECTED`` in place of one is anybody's no."""
    return f"APPROVAL#{name}", principal_id


def lease_key(key: str) -> Key:
    """Return the key of a lease."""
    return f"LEASE#{key}", "LEASE"


def budget_key(account_id: str, day: dt.date) -> Key:
    """Return the key of what an account has spent in a day."""
    return f"BUDGET#{account_id}", day.isoformat()


def row_body(row: PlanRow) -> str | bytes:
    """Return the body of a row's item; its steps are items of their own."""
    return body(dataclasses.replace(row, steps=()))


def plan_items(plan: Plan, row: PlanRow) -> list[Values]:
    """Return the items that a plan begins with: row, text, steps, and its line in the list."""
    pk = plan_partition(row.plan_id)
    meta: Values = {
        "pk": pk,
        "sk": META,
        "state": row.state.value,
        "version": row.version,
        "step_changes": 0,
        **fixed(row),
        "body": row_body(row),
    }
    text: Values = {"pk": pk, "sk": BODY, "body": attribute(canonical(plan))}
    listed: Values = {"pk": PLANS, "sk": f"{stamp(row.created_at)}#{row.plan_id}"}
    return [meta, text, {**listed, "plan_id": row.plan_id}, *_step_items(row)]


def _step_items(row: PlanRow) -> Iterable[Values]:
    for step in row.steps:
        pk, sk = step_key(row.plan_id, step.number)
        yield {"pk": pk, "sk": sk, "version": row.version, "changes": 0, "body": body(step)}


def row_of(meta: Item, steps: Iterable[Item]) -> PlanRow:
    """Return the row of its items."""
    rows = tuple(each.record(StepRow) for each in steps)
    return dataclasses.replace(meta.record(PlanRow), steps=rows)


def torn(meta: Item, steps: Iterable[Item]) -> bool:
    """Tell whether a row's items were read while a change was being written.

    No step may be newer than the row, and together they have changed as often as the row says:
    then none is older than it either.
    """
    found = list(steps)
    newest = max((each.field("version", int) for each in found), default=0)
    changes = sum(each.field("changes", int) for each in found)
    return newest > meta.field("version", int) or changes != meta.field("step_changes", int)


def plan_of_items(name: str, text: Item, meta: Item) -> Plan:
    """Return a plan from its text.

    Raises:
        StoreError: its digest is not the one its row and its name say: ``CorruptPlan``.
    """
    plan = text.record(Plan)
    found = digest(plan)
    if found != meta.field("digest", str) or plan_id(found) != name:
        raise StoreError(text.api, "CorruptPlan")
    return plan


def entry_item(entry: Entry, nonce: str) -> Values:
    """Return an entry's item; ``nonce`` tells whose it is when an answer was lost."""
    pk, sk = entry_key(entry.plan_id, entry.version)
    return {"pk": pk, "sk": sk, "nonce": nonce, "body": body(entry)}


def decision_item(decision: Decision) -> Values:
    """Return the item of a person's word."""
    pk, sk = decision_key(decision.plan_id, decision.principal.id)
    said = {"say": decision.say.value, "digest": decision.digest}
    return {"pk": pk, "sk": sk, **said, "body": body(decision)}


def lease_of(key: str, item: Item) -> Lease:
    """Return the lease of an item that somebody holds."""
    return Lease(
        key=key,
        owner=item.field("owner", str),
        epoch=item.field("epoch", int),
        until=item.time("until"),
    )


def switch_item(switch: Switch) -> Values:
    """Return the switch's item; ``stopped`` is 1 or 0."""
    pk, sk = CONTROL
    return {"pk": pk, "sk": sk, "stopped": int(switch.stopped), "body": body(switch)}
