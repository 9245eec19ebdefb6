"""How far a plan has come, in terms of what it rests on: what its carrying out compares with."""

from collections.abc import Collection

from eksnet.model.plan import Fact, Plan, Step
from eksnet.model.snapshot import Facet
from eksnet.plan.facts import facets_of
from eksnet.plan.kinds import kind_of


def expected(plan: Plan, done_numbers: Collection[int]) -> tuple[Fact, ...]:
    """Return the plan's facts as the done steps left them, whatever the order they are given in."""
    values = {(fact.about, fact.of): fact.value for fact in plan.facts}
    for step in sorted(plan.steps, key=lambda each: each.number):
        if step.number in done_numbers:
            values.update({(each.about, each.of): each.after for each in step.changes})
    return tuple(
        Fact(about=fact.about, of=fact.of, value=values[fact.about, fact.of]) for fact in plan.facts
    )


def undo_order(plan: Plan, done_numbers: Collection[int]) -> tuple[Step, ...]:
    """Return the done steps in the order in which they are taken back: the last one first."""
    steps = sorted(plan.steps, key=lambda each: each.number, reverse=True)
    return tuple(step for step in steps if step.number in done_numbers)


def looks_at(plan: Plan) -> frozenset[Facet]:
    """Return what to look at to know the plan's facts, and how each of its steps stands."""
    kinds = (kind_of(step.action).facets for step in plan.steps)
    return facets_of((fact.about, fact.of) for fact in plan.facts).union(*kinds)
