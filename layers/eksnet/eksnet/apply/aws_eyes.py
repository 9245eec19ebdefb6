"""The eyes that look at what a plan is about: the collector, asked for no more than that."""

from collections.abc import Iterable

from eksnet.apply.aws_doors import Doors
from eksnet.apply.interface import LostError
from eksnet.collect.live import collect
from eksnet.model.errors import NoAccessError
from eksnet.model.plan import About
from eksnet.model.snapshot import Facet, Snapshot


class AwsEyes:
    """Looks at the target of one plan; implements ``apply.interface.Eyes``.

    Lists of the Region are whole. Of clusters only the plan's are asked for, unless it rests on
    which clusters a VPC has.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors, plan = doors, doors.plan
        self._target = plan.target
        changes = [change.about for step in plan.steps for change in step.changes]
        rests_on = {*changes, *(fact.about for fact in plan.facts)}
        names = tuple(cluster.name for cluster in plan.clusters)
        self._clusters = None if About.CLUSTERS in rests_on else names

    def look(self, facets: Iterable[Facet]) -> Snapshot:
        """Return the target as it is now; what could not be seen is blind in it.

        Raises:
            LostError: nothing could be seen at all, or it was another account.
        """
        session = self._doors.session()
        try:
            seen = collect(session, self._target.region, facets, clusters=self._clusters)
        except NoAccessError as problem:
            raise LostError(str(problem)) from problem
        if seen.target.account_id != self._target.account_id:
            msg = f"looked into account {seen.target.account_id}, not {self._target.account_id}"
            raise LostError(msg)
        return seen
