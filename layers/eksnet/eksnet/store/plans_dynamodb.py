"""The store of plans in the DynamoDB table; ``plan_layout`` says what is kept under which key."""

import concurrent.futures
import datetime as dt
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.model.journal import (
    Budget,
    Decision,
    Entry,
    Lease,
    PlanRow,
    PlanState,
    Principal,
    Say,
    Switch,
)
from eksnet.model.plan import Plan
from eksnet.store import plan_layout as layout
from eksnet.store.bodies import body, stamp
from eksnet.store.calls import Sleep, tries
from eksnet.store.interface import StoreError
from eksnet.store.items import SCHEMA, Item, Key, Value
from eksnet.store.plans import Commit
from eksnet.store.table import ABSENT, PRESENT, Table

READERS = 8  # rows read at once, of some kilobytes each
_READ_BACK, _QUERY = "dynamodb:GetItem", "dynamodb:Query"
_ROW = "pk = :pk AND sk BETWEEN :first AND :last"
_BEGINNING = "pk = :pk AND begins_with(sk, :prefix)"
_UNCHANGED = (
    "version = :was AND digest = :digest AND requester_id = :requester_id"
    " AND created_at = :created_at AND approve_before = :approve_before"
)
_SET_ROW = "SET #state = :state, version = :version, body = :body ADD step_changes :changes"
_SET_STEP = "SET version = :version, body = :body ADD changes :one"
_HELD = "#owner = :owner AND epoch = :epoch"
_LASTS = f"{_HELD} AND #until > :at"
_GOES = f"{ABSENT} OR stopped = :no"
_SPEND, _LEFT = "SET schema_version = :schema ADD spent :one", f"{ABSENT} OR spent < :most"
_WORD_FOR_WORD = "body = :body"
_APPROVABLE = (
    "#state = :awaiting AND digest = :digest AND requester_id <> :person AND approve_before > :at"
)
_FIRST_NO = "SET schema_version = :schema, body = if_not_exists(body, :body)"
_RENEWED = "#owner = :owner AND plan_id = :plan"
_FREE = "attribute_not_exists(#owner) OR #until < :now"
_TAKE = (
    "SET #owner = :owner, plan_id = :plan, #until = :until, schema_version = :schema ADD epoch :one"
)

Action = Mapping[str, Any]


class DynamoPlanStore:
    """A PlanStore in the table of a botocore client. Nothing in it expires."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - botocore makes its classes at run time
        table: str,
        *,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._table, self._sleep = Table(client, table, sleep), sleep

    def put_plan(self, plan: Plan, requester: Principal, at: dt.datetime) -> PlanRow:
        """Keep a plan, awaiting approval, unless it is there; return the row that is then kept."""
        row = layout.first_row(plan, requester, at)
        items = layout.plan_items(plan, row)
        self._table.transact([{"Put": self._table.put_if(each, ABSENT)} for each in items])
        return self._there(row.plan_id)

    def plan(self, plan_id: str) -> Plan | None:
        """Return a plan.

        Raises:
            StoreError: what is kept has another digest than its name says: ``CorruptPlan``.
        """
        places = layout.body_key(plan_id), layout.meta_key(plan_id)
        found = self._table.get_all(places)
        if not found:
            return None
        if len(found) < len(places):
            raise StoreError(_READ_BACK, "CorruptPlan")
        return layout.plan_of_items(plan_id, *(found[place] for place in places))

    def row(self, plan_id: str) -> PlanRow | None:
        """Return how far a plan has come: row and steps of one moment."""
        pk = layout.plan_partition(plan_id)
        given = {":pk": pk, ":first": layout.META, ":last": layout.AFTER_STEPS}
        for _ in tries(self._sleep):
            found = list(self._table.query(_ROW, given))
            if not found:
                return None
            if not layout.torn(found[0], found[1:]):
                return layout.row_of(found[0], found[1:])
        raise StoreError(_QUERY, "TornPlanRow")

    def rows(self) -> tuple[PlanRow, ...]:
        """Return the row of every plan, newest first."""
        listed = self._table.query("pk = :pk", {":pk": layout.PLANS}, ScanIndexForward=False)
        names = [item.field("plan_id", str) for item in listed]
        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            return tuple(pool.map(self._there, names))

    def entries(self, plan_id: str) -> tuple[Entry, ...]:
        """Return a plan's journal, oldest first."""
        given = {":pk": layout.plan_partition(plan_id), ":prefix": layout.ENTRY}
        return tuple(item.record(Entry) for item in self._table.query(_BEGINNING, given))

    def commit(self, change: Commit) -> bool:
        """Change a plan's row; False when a condition does not hold, and then nothing happened.

        A change that was kept although the answer was lost counts as kept: its entry says so.

        Raises:
            ValueError: it is no change that a plan's row can have.
        """
        nonce = str(uuid.uuid4())
        actions = [*self._written(change, nonce), *self._conditions(change)]
        if change.budget is not None and change.budget.most < 1:
            return False
        place = layout.entry_key(change.row.plan_id, change.row.version)
        try:
            kept = self._table.transact(actions, token=nonce)
        except StoreError:
            found = self._table.get(place)
            if found is None:  # it may still come to be: nothing can be said
                raise
        else:
            found = None if kept else self._table.get(place)
            if kept or found is None:
                return kept
        return found.field("nonce", str) == nonce

    def _written(self, change: Commit, nonce: str) -> Iterator[Action]:
        """Yield the row, the step and the entry of a change."""
        row, entry = change.row, layout.entry_of(change)
        step, version = entry.step, {":version": row.version}
        yield self._update(
            layout.meta_key(row.plan_id),
            _SET_ROW,
            _UNCHANGED,
            {
                **version,
                ":was": row.version - 1,
                ":state": row.state.value,
                ":body": layout.row_body(row),
                ":changes": 0 if step is None else 1,
                **{f":{name}": value for name, value in layout.fixed(row).items()},
            },
        )
        yield {"Put": self._table.put_if(layout.entry_item(entry, nonce), ABSENT)}
        if step is not None:
            place = layout.step_key(row.plan_id, step.number)
            given = {**version, ":body": body(step), ":one": 1}
            yield self._update(place, _SET_STEP, PRESENT, given)

    def _conditions(self, change: Commit) -> Iterator[Action]:
        """Yield what else a change asks for, each a condition of its transaction."""
        name = change.row.plan_id
        if change.lease is not None:
            given = {**_holder(change.lease), ":at": stamp(change.at)}
            yield self._check(layout.lease_key(change.lease.key), _LASTS, given)
        if change.running:
            yield self._check(layout.CONTROL, _GOES, {":no": 0})
        if change.budget is not None:
            yield self._spending(change.budget)
        if change.agreed is not None:
            yield self._check(layout.decision_key(name, layout.REJECTED), ABSENT)
        for each in change.agreed or ():
            place = layout.decision_key(name, each.principal.id)
            yield self._check(place, _WORD_FOR_WORD, {":body": body(each)})

    def _spending(self, budget: Budget) -> Action:
        place = layout.budget_key(budget.account_id, budget.day)
        given = {":one": 1, ":most": budget.most, ":schema": SCHEMA}
        return self._update(place, _SPEND, _LEFT, given)

    def decide(self, decision: Decision) -> bool:
        """Keep a person's word; False when it does not count."""
        reject = decision.say is Say.REJECT
        actions = self._rejection(decision) if reject else self._approval(decision)
        try:
            return self._table.transact(actions)
        except StoreError:
            place = layout.decision_key(decision.plan_id, decision.principal.id)
            found = self._table.get(place)
            if found is None or found.record(Decision) != decision:
                raise
            return True

    def _approval(self, decision: Decision) -> list[Action]:
        name = decision.plan_id
        given: dict[str, Value] = {
            ":awaiting": PlanState.AWAITING_APPROVAL.value,
            ":digest": decision.digest,
            ":person": decision.principal.id,
            ":at": stamp(decision.at),
        }
        return [
            self._check(layout.meta_key(name), _APPROVABLE, given),
            self._check(layout.decision_key(name, layout.REJECTED), ABSENT),
            {"Put": self._table.put_if(layout.decision_item(decision), ABSENT)},
        ]

    def _rejection(self, decision: Decision) -> list[Action]:
        name, given = decision.plan_id, {":digest": decision.digest}
        first = {":body": body(decision), ":schema": SCHEMA}
        place = layout.decision_key(name, layout.REJECTED)
        return [
            self._check(layout.meta_key(name), "digest = :digest", given),
            {"Put": self._table.put_if(layout.decision_item(decision))},
            self._update(place, _FIRST_NO, "", first),
        ]

    def decisions(self, plan_id: str) -> tuple[Decision, ...]:
        """Return what was decided, by principal."""
        pk, rejected = layout.decision_key(plan_id, layout.REJECTED)
        found = self._table.query("pk = :pk", {":pk": pk})
        return tuple(item.record(Decision) for item in found if item.key[1] != rejected)

    def take_lease(
        self, key: str, plan_id: str, owner: str, now: dt.datetime, until: dt.datetime
    ) -> Lease | None:
        """Take or renew the right to change a target; None when another has it.

        What is returned was read back: so the answer to a taking may be lost.
        """
        place = layout.lease_key(key)
        given: dict[str, Value] = {":owner": owner, ":plan": plan_id, ":until": stamp(until)}
        if not self._table.update(place, "SET #until = :until", _RENEWED, given):
            given |= {":now": stamp(now), ":one": 1, ":schema": SCHEMA}
            self._table.update(place, _TAKE, _FREE, given)
        found = self._table.get(place)
        return layout.lease_of(key, found) if found and _is_of(found, owner, plan_id) else None

    def drop_lease(self, lease: Lease) -> None:
        """Give the right back if it is still held; the epoch is kept."""
        place = layout.lease_key(lease.key)
        self._table.update(place, "REMOVE #owner, plan_id, #until", _HELD, _holder(lease))

    def switch(self) -> Switch:
        """Return whether writing is stopped."""
        found = self._table.get(layout.CONTROL)
        return found.record(Switch) if found else Switch()

    def put_switch(self, switch: Switch) -> None:
        """Stop all writing, or allow it again."""
        self._table.put(layout.switch_item(switch))

    def spent(self, account_id: str, day: dt.date) -> int:
        """Return how many changes an account has seen in a day."""
        found = self._table.get(layout.budget_key(account_id, day))
        return found.field("spent", int) if found else 0

    def _there(self, plan_id: str) -> PlanRow:
        """Return the row of a plan that was written or listed.

        Raises:
            StoreError: there is none: ``LostPlanRow``.
        """
        row = self.row(plan_id)
        if row is None:
            raise StoreError(_QUERY, "LostPlanRow")
        return row

    def _check(
        self, place: Key, condition: str, given: Mapping[str, Value] | None = None
    ) -> Action:
        return {"ConditionCheck": self._table.check(place, condition, given)}

    def _update(
        self, place: Key, change: str, condition: str, given: Mapping[str, Value]
    ) -> Action:
        return {"Update": self._table.update_if(place, change, condition, given)}


def _holder(lease: Lease) -> dict[str, Value]:
    return {":owner": lease.owner, ":epoch": lease.epoch}


def _is_of(item: Item, owner: str, plan_id: str) -> bool:
    return (item.values.get("owner"), item.values.get("plan_id")) == (owner, plan_id)
