"""What the deployed functions work with: made once a container, each client when first needed."""

import functools
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eksnet.checks import catalogue
from eksnet.collect.session import Session
from eksnet.engine.check import Check
from eksnet.engine.select import of_profile
from eksnet.model.plan import Plan, digest, plan_id
from eksnet.model.snapshot import Facet, Target
from eksnet.pipeline.audit import MAPPED
from eksnet.settings.deployment import Deployment, read_deployment
from eksnet.settings.repair import Repair, read_repair
from eksnet.store.aws import EventBus, S3Bucket, SnsTopic, StateMachine
from eksnet.store.clients import Clients
from eksnet.store.dynamodb import DynamoStore
from eksnet.store.interface import Store
from eksnet.store.outlets import Bucket, Bus, Machine, Topic
from eksnet.store.plans import PlanStore

if TYPE_CHECKING:
    from eksnet.apply.aws_doors import Doors

DOORS_SECONDS = 480  # of the 900 that credentials last: an invocation may take 300 more


class Services:
    """The store and the outlets of one deployment, and the checks it asks."""

    def __init__(self, deployment: Deployment, repair: Repair) -> None:
        self.deployment, self.repair = deployment, repair
        self._clients = Clients(deployment.region)
        self._doors: dict[str, tuple[float, Doors]] = {}

    @functools.cached_property
    def session(self) -> Session:
        """The functions' own credentials."""
        return Session()

    @functools.cached_property
    def store(self) -> Store:
        """The table."""
        where = self.deployment
        return DynamoStore(
            self._clients.client("dynamodb"), where.table, history_days=where.history_days
        )

    @functools.cached_property
    def bucket(self) -> Bucket:
        """The bucket of reports and snapshots."""
        return S3Bucket(self._clients.client("s3"), self.deployment.bucket)

    @functools.cached_property
    def topic(self) -> Topic:
        """The topic people subscribe to."""
        return SnsTopic(self._clients.client("sns"), self.deployment.topic)

    @functools.cached_property
    def bus(self) -> Bus:
        """The bus that findings are announced on."""
        return EventBus(self._clients.client("events"), self.deployment.bus)

    @functools.cached_property
    def plans(self) -> PlanStore:
        """The plans in the table."""
        # Late: those who only audit start without it.
        from eksnet.store.plans_dynamodb import DynamoPlanStore

        return DynamoPlanStore(self._clients.client("dynamodb"), self.deployment.table)

    @functools.cached_property
    def machine(self) -> Machine:
        """The state machine that carries out plans."""
        return StateMachine(self._clients.client("stepfunctions"), self.repair.machine)

    def doors(self, plan: Plan) -> "Doors":
        """Return the way into the account of a plan; kept while its credentials surely last."""
        from eksnet.apply.aws_doors import Doors, Key

        name, now = plan_id(digest(plan)), time.monotonic()
        made, kept = self._doors.get(name, (-DOORS_SECONDS, None))
        if kept is None or now - made >= DOORS_SECONDS:
            where = self.deployment
            key = Key(home=self.home, role=self.repair.role, external_id=where.external_id)
            kept = Doors(self.session, plan, key)
            self._doors = {name: (now, kept)}
        return kept

    @functools.cached_property
    def checks(self) -> Sequence[Check]:
        """Every check there is: plans are proven by all of them, whatever an audit asks."""
        return catalogue()

    @functools.cached_property
    def audited(self) -> Sequence[Check]:
        """The checks that an audit asks: those of the deployment's profile."""
        return of_profile(self.checks, self.deployment.profile)

    @functools.cached_property
    def facets(self) -> frozenset[Facet]:
        """What the audit's checks and the reports need."""
        return MAPPED.union(*(check.facets for check in self.audited))

    @property
    def home(self) -> Target:
        """The account and Region the functions run in."""
        where = self.deployment
        return Target(account_id=where.account, region=where.region, partition=where.partition)


@functools.cache
def services() -> Services:
    """Return the services that the environment describes; a container makes them once.

    Raises:
        InputError: the environment is wrong.
    """
    return Services(read_deployment(os.environ), read_repair(os.environ))
