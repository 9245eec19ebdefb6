"""A plan as a person reads it in a minute: why, what is written, what changes, and the way back."""

import json
from collections.abc import Iterable, Iterator

from eksnet.model.finding import counted
from eksnet.model.journal import Decision, Entry, PlanRow, PlanState, Say, StepRow
from eksnet.model.plan import About, CannotFix, Plan, Step, digest, plan_id
from eksnet.plan.kinds import kind_of
from eksnet.report.escape import visible
from eksnet.report.mail_text import fold, moment, place

_MARKS = {"creates": "+", "changes": "~", "deletes": "-"}
_WIDE = 4  # columns before what a step says
_TOLD_BY_OTHERS = frozenset({About.SUBNETS_IN})  # the subnets themselves tell it
NOBODY = "nobody has decided yet"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield a plan's lines; whatever AWS or a person named is made visible."""
    hashed = digest(plan)
    clusters = ", ".join(each.name for each in plan.clusters) or "no cluster"
    yield visible(f"Plan {plan_id(hashed)}: {plan.remedy} in {plan.vpc_id}, used by {clusters}")
    yield f"  {place(plan.target)}, as it was at {moment(plan.read_at)}"
    yield f"  expires {moment(plan.expires_at)}; can be taken back until {moment(plan.undo_until)}"
    yield f"  {_blast(plan)}"
    if not reversible(plan):
        yield "  what can't be undone alike: two people or more must approve"
    yield from _section("Because", _causes(plan))
    yield from _section("Steps", _steps(plan))
    yield from _section("What is different afterwards", _changes(plan))
    yield from _section("Proof", _proof(plan))
    yield from _section("The way back", _undoing(plan))
    yield from _section("To know before approving", plan.notes)
    yield ""
    yield f"Digest {hashed}"


def reversible(plan: Plan) -> bool:
    """Tell whether taking a plan back leaves all as it was."""
    return all(kind_of(step.action).reversible for step in plan.steps)


def refusal_lines(why: CannotFix) -> Iterator[str]:
    """Yield why there is no plan."""
    yield from fold(visible(f"no plan ({why.rule}): {why.reason}"), rest="  ")
    if why.advice:
        yield from fold(visible(f"instead: {why.advice}"), rest="  ")


def row_line(row: PlanRow, effective: PlanState) -> str:
    """Return one plan's line in the list of all."""
    done = sum(each.state.value in ("done", "adopted", "unproven") for each in row.steps)
    steps = f"{done} of {counted(len(row.steps), 'step')} done"
    when = moment(row.created_at)
    return visible(f"{row.plan_id}  {effective:<18} {steps:<20} {when}  {row.requester.arn}")


def state_lines(row: PlanRow, effective: PlanState, decisions: Iterable[Decision]) -> Iterator[str]:
    """Yield how far a plan has come, and who said what."""
    yield from _state(row, effective)
    yield visible(f"Asked for by {row.requester.arn}, {moment(row.created_at)}")
    said = [*decisions]
    for each in said:
        word = "approved" if each.say is Say.APPROVE else "rejected"
        reason = f": {each.reason}" if each.reason else ""
        yield visible(f"{word.capitalize()} by {each.principal.arn}, {moment(each.at)}{reason}")
    if not said:
        yield NOBODY
    yield from map(_row, (each for each in row.steps if each.state.value != "pending"))


def entry_line(entry: Entry) -> str:
    """Return one line of the journal."""
    step = f" step {entry.step.number} {entry.step.state}" if entry.step else ""
    return visible(f"{moment(entry.at)}  {entry.version:>4} {entry.state}{step}: {entry.text}")


def _state(row: PlanRow, effective: PlanState) -> Iterator[str]:
    """Yield the state and why; a list of what is left is a list, its commands in one line each."""
    because = f": {row.reason}" if row.reason else ""
    said = f"State {effective}{because}"
    # Any other reason may hold what a person wrote, who could forge a line.
    first, *others = said.splitlines() if effective is PlanState.NEEDS_HUMAN else [said]
    yield from fold(visible(first), rest="  ")
    yield from (visible(f"  {each}" if each.startswith("- ") else f"    {each}") for each in others)


def _row(row: StepRow) -> str:
    made = f" {row.resource_id}" if row.resource_id else ""
    problem = f": {row.problem}" if row.problem else ""
    return visible(f"  step {row.number} {row.state}{made}{problem}")


def _blast(plan: Plan) -> str:
    made = f"makes {counted(plan.blast.creates, 'thing')}"
    others = f"changes {plan.blast.changes}, deletes {plan.blast.deletes}"
    return f"{made}, {others}, in a VPC with {counted(len(plan.clusters), 'cluster')}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    held = [*lines]
    if held:
        yield ""
        yield title
        for each in held:
            indent = len(each) - len(each.lstrip()) + 2
            yield from fold(visible(each.strip()), " " * indent, " " * (indent + 2))


def _causes(plan: Plan) -> Iterator[str]:
    for each in plan.causes:
        yield f"{each.check_id} {each.severity}: {each.message}"


def _steps(plan: Plan) -> Iterator[str]:
    by_hand: dict[int, list[str]] = {}
    for manual in plan.manual:
        lines = [f"  by hand: {manual.text}"]
        lines += [f"      {line}" for line in manual.document.splitlines()]
        by_hand.setdefault(manual.after, []).extend(lines)
    yield from by_hand.get(0, ())
    for step in plan.steps:
        kind = kind_of(step.action)
        yield f"{step.number:>2} {_MARKS[kind.counts]} {kind.tells(step.action)}"
        if step.waits:
            yield f"{'':>{_WIDE}}waits: {step.waits}"
        yield from by_hand.get(step.number, ())


def _changes(plan: Plan) -> Iterator[str]:
    """Yield each fact once: as it is before the first step that changes it, and after the last."""
    merged: dict[tuple[About, str], tuple[str, str]] = {}
    for each in (change for step in plan.steps for change in step.changes):
        before, _ = merged.get((each.about, each.of), (each.before, each.after))
        merged[each.about, each.of] = before, each.after
    for (about, of), (before, after) in merged.items():
        if about not in _TOLD_BY_OTHERS:
            yield f"{about} {of.partition('|')[2] or of}"
            yield from _difference(json.loads(before), json.loads(after))


def _difference(before: object, after: object) -> Iterator[str]:
    """Yield what went and what came; of a list only the members that did."""
    old, new = ([*each] if isinstance(each, list) else [each] for each in (before, after))
    for mark, these, others in (("-", old, new), ("+", new, old)):
        for each in these:
            if each is not None and each not in others:
                yield f"  {mark} {_worded(each)}"


def _worded(value: object) -> str:
    """Return a fact's value without the signs that only a program needs."""
    if isinstance(value, dict):
        parts = (f"{name} {_worded(each)}" for name, each in value.items() if each)
        return ", ".join(parts) or "{}"
    if isinstance(value, list):
        return " ".join(map(_worded, value))
    return str(value)


def _proof(plan: Plan) -> Iterator[str]:
    proof = plan.proof
    closed = {each.finding_id: each.check_id for each in plan.causes}
    names = ", ".join(sorted({closed[each] for each in proof.closes if each in closed}))
    yield (
        f"on a copy of what was seen, {proof.checks} checks were asked again: {names or 'it'} is "
        f"closed, nothing of medium severity or worse is opened"
    )
    for each in proof.opens:
        yield f"opens {each.severity} {each.check_id} on {each.resource.id}: {each.message}"


def _undoing(plan: Plan) -> Iterator[str]:
    yield "in reverse, each thing only while it is this plan's own, unchanged and unused:"
    for step in reversed(plan.steps):
        yield f"  {step.number:>2} {_undo(step)}"


def _undo(step: Step) -> str:
    kind = kind_of(step.action)
    warning = "" if kind.reversible else " (not the same again: see the notes)"
    return f"{kind.tells_undo(step.action)}{warning}"
