"""What the deployed functions work with: made once a container, each client when first needed."""

import functools
import os
from collections.abc import Sequence

from eksnet.checks import catalogue
from eksnet.collect.session import Session
from eksnet.engine.check import Check
from eksnet.model.snapshot import Facet, Target
from eksnet.pipeline.audit import MAPPED
from eksnet.settings.deployment import Deployment, read_deployment
from eksnet.store.aws import EventBus, S3Bucket, SnsTopic
from eksnet.store.clients import Clients
from eksnet.store.dynamodb import DynamoStore
from eksnet.store.interface import Store
from eksnet.store.outlets import Bucket, Bus, Topic


class Services:
    """The store and the outlets of one deployment, and the checks it asks."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._clients = Clients(deployment.region)

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
    def checks(self) -> Sequence[Check]:
        """Every check there is."""
        return catalogue()

    @functools.cached_property
    def facets(self) -> frozenset[Facet]:
        """What the checks and the reports need."""
        return MAPPED.union(*(check.facets for check in self.checks))

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
    return Services(read_deployment(os.environ))
