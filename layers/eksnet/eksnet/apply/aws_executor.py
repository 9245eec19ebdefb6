"""The executor that changes AWS: the one place where the hands that write are taken."""

import uuid

from eksnet.apply.aws_doors import Doors
from eksnet.apply.aws_eyes import AwsEyes
from eksnet.apply.aws_hands import AwsHands
from eksnet.apply.executor import Executor
from eksnet.apply.executor_turn import Closed
from eksnet.apply.interface import Clock
from eksnet.settings.terms import Terms
from eksnet.store.plans import PlanStore


def aws_executor(
    doors: Doors, *, store: PlanStore, clock: Clock, terms: Terms, closed: Closed
) -> Executor:
    """Return who carries out the plan that ``doors`` lead to, as a worker of its own name."""
    return Executor(
        store=store,
        eyes=AwsEyes(doors),
        hands=AwsHands(doors),
        clock=clock,
        terms=terms,
        worker=uuid.uuid4().hex,
        closed=closed,
    )
