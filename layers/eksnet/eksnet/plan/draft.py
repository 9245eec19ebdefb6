"""What a remedy proposes: the steps in their order, before anything was proven."""

from eksnet.model.action import Action
from eksnet.model.plan import ManualStep
from eksnet.model.record import record
from eksnet.plan.kind import Key


@record
class DraftStep:
    """A step to be; ``waits`` says for what it waits, where that takes long."""

    action: Action
    waits: str | None = None


@record
class Draft:
    """A repair of one VPC to be proven. ``rests_on`` are facts beside those its steps name."""

    remedy: str
    vpc_id: str
    steps: tuple[DraftStep, ...]
    manual: tuple[ManualStep, ...] = ()
    rests_on: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
