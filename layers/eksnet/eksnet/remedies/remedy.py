"""What a remedy is: a name, the checks whose findings it closes, and one pure function."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NoReturn

from eksnet.model.finding import Finding
from eksnet.model.plan import CannotFix
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.draft import Draft


@record
class Choices:
    """What the person who asks for a plan may choose; None leaves the choice to the remedy.

    ``pool`` is the block that new VPC blocks come from, ``avoid`` blocks that are allocated
    elsewhere, ``growth_percent`` the room to leave. ``destination`` is an ARN; with
    ``destination_type`` it says where flow logs go, and ``role_arn`` who delivers them.
    """

    pool: str | None = None
    avoid: tuple[str, ...] = ()
    prefix: int | None = None
    growth_percent: int | None = None
    reserve_prefixes: bool = False
    destination_type: str | None = None
    destination: str | None = None
    role_arn: str | None = None


Propose = Callable[[Snapshot, Finding, Choices], Draft | CannotFix]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A kind of repair. ``needs`` is what it looks at beside what its checks need."""

    name: str
    title: str
    checks: tuple[str, ...]
    needs: frozenset[Facet]
    source: str
    propose: Propose
    doc: str


class RefusedError(Exception):
    """There is no such repair; ``why`` says which rule decides."""

    def __init__(self, why: CannotFix) -> None:
        super().__init__(why.reason)
        self.why = why


def refuse(rule: str, reason: str, advice: str = "") -> NoReturn:
    """End a proposal.

    Raises:
        RefusedError: always.
    """
    raise RefusedError(CannotFix(rule=rule, reason=reason, advice=advice))


def refusing(
    propose: Callable[[Snapshot, Finding, Choices], Draft],
) -> Propose:
    """Return the proposal with what ends it as its answer."""

    @functools.wraps(propose)
    def answer(snapshot: Snapshot, finding: Finding, choices: Choices) -> Draft | CannotFix:
        try:
            return propose(snapshot, finding, choices)
        except RefusedError as refused:
            return refused.why

    return answer
