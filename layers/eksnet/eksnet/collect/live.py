"""AWS becomes a snapshot: region-wide sweeps and one call a thing, side by side."""

import concurrent.futures
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from eksnet.collect import parse_eks
from eksnet.collect.calls import NOT_FOUND, Calls, RefusedError
from eksnet.collect.details import Details
from eksnet.collect.facets import ADDONS, PER_CLUSTER, READABLE, SWEEPS, Sweep, needed
from eksnet.collect.members import MEMBERS
from eksnet.collect.quotas import SERVICE as QUOTAS
from eksnet.collect.quotas import read_quotas
from eksnet.collect.session import WORKERS, Session
from eksnet.model.cluster import Cluster
from eksnet.model.errors import NoAccessError
from eksnet.model.snapshot import Blind, Facet, Snapshot, Target

UNKNOWN_ACCOUNT = "unknown"


Progress = Callable[[str], None]


def collect(
    session: Session,
    region: str,
    facets: Iterable[Facet],
    *,
    clusters: Iterable[str] | None = None,
    progress: Progress = lambda _: None,
) -> Snapshot:
    """Read ``facets`` of one region of the caller's account into a snapshot.

    ``clusters`` narrows what is read a cluster; lists of the region are always whole.

    Raises:
        NoAccessError: there are no usable credentials, or no endpoint answered.
    """
    return prepare(session, region, facets, clusters=clusters).run(progress)


def prepare(
    session: Session,
    region: str,
    facets: Iterable[Facet],
    *,
    clusters: Iterable[str] | None = None,
) -> "Job":
    """Make the clients for reading a region; a session can't make them in several threads.

    Raises:
        NoAccessError: the profile that the environment names is not configured.
    """
    wanted = needed(facets)
    services = ["sts", "eks", "ec2"]
    services += ["iam"] * (Facet.CLUSTER_ROLES in wanted) + [QUOTAS] * (Facet.QUOTAS in wanted)
    clients = {service: session.client(service, region) for service in services}
    return Job(clients, region, wanted, None if clusters is None else frozenset(clusters))


class Job:
    """A region ready to be read."""

    def __init__(
        self,
        clients: Mapping[str, Any],
        region: str,
        wanted: frozenset[Facet],
        asked: frozenset[str] | None,
    ) -> None:
        self._clients, self._region, self._wanted, self._asked = clients, region, wanted, asked

    def run(self, progress: Progress = lambda _: None) -> Snapshot:
        """Read the region; see `collect`."""
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            calls = Calls(self._clients, pool)
            return _Collector(calls, self._region, self._wanted, self._asked, progress).run()


class _Collector:
    """One target being read. Tasks append to ``found``; appending is atomic in CPython."""

    def __init__(
        self,
        calls: Calls,
        region: str,
        wanted: frozenset[Facet],
        asked: frozenset[str] | None,
        progress: Progress,
    ) -> None:
        self.calls, self.region, self.wanted, self.asked = calls, region, wanted, asked
        self.progress = progress
        self.account, self.partition = UNKNOWN_ACCOUNT, "aws"
        self.names: list[str] = []
        self.found: dict[str, list[Any]] = {}

    def run(self) -> Snapshot:
        started = dt.datetime.now(dt.UTC)
        self.calls.start(self._identity)
        self.calls.start(self._clusters)
        for sweep in SWEEPS:
            if sweep.facet in self.wanted:
                self.calls.start(self._sweep, sweep)
        if Facet.QUOTAS in self.wanted:
            self.calls.start(self._quotas)
        self.calls.finish()
        if not self.calls.answered and self.calls.unanswered:
            msg = f"no endpoint answered in {self.region}: {self.calls.unanswered}"
            raise NoAccessError(msg)
        seen = self._snapshot(started)
        self._account_of(seen.clusters)
        Details(self.calls, self.found).ask(seen)
        self.calls.finish()
        return self._snapshot(started)

    def _snapshot(self, started: dt.datetime) -> Snapshot:
        target = Target(account_id=self.account, region=self.region, partition=self.partition)
        found: Any = {field: tuple(sorted(items, key=_name)) for field, items in self.found.items()}
        asked = self.asked
        return Snapshot(
            target=target,
            captured_at=started.replace(microsecond=0),
            seen=self.wanted & READABLE,
            blinds=tuple(sorted(self.calls.blinds, key=_blind_order)),
            selected=None if asked is None else tuple(sorted(asked)),
            cluster_names=tuple(sorted(self.names)),
            **found,
        )

    def _keep(self, field: str, items: Iterable[object]) -> None:
        self.found.setdefault(field, []).extend(items)

    def _identity(self) -> None:
        try:
            self.account, self.partition = self.calls.ask(
                "sts",
                "GetCallerIdentity",
                lambda answer: (answer["Account"], answer["Arn"].split(":")[1]),
            )
        except RefusedError:
            self.progress("the account is told by its clusters' ARNs")

    def _sweep(self, sweep: Sweep) -> None:
        paging = {"PaginationConfig": {"PageSize": sweep.page}} if sweep.page else {}
        try:
            items = self.calls.pages("ec2", sweep.operation, sweep.items, **paging)
        except RefusedError as refusal:
            self.calls.blind(sweep.facet, refusal)
            return
        self._keep(sweep.field, items)
        self.progress(f"{len(items)} {sweep.facet}")

    def _quotas(self) -> None:
        try:
            self._keep("quotas", read_quotas(self.calls))
        except RefusedError as refusal:
            self.calls.blind(Facet.QUOTAS, refusal)

    def _clusters(self) -> None:
        try:
            names = self.calls.pages("eks", "ListClusters", lambda page: page["clusters"])
        except RefusedError as refusal:
            for facet in sorted(self.wanted & (PER_CLUSTER | {Facet.CLUSTERS})):
                self.calls.blind(facet, refusal)
            return
        self.names.extend(names)
        for name in names:
            if self.asked is not None and name not in self.asked:
                continue
            self.calls.start(self._cluster, name)
            for facet in sorted(self.wanted & MEMBERS.keys()):
                self.calls.start(self._list, facet, name)
            for facet in sorted(self.wanted & ADDONS.keys()):
                self.calls.start(self._addon, facet, name)

    def _cluster(self, name: str) -> None:
        try:
            cluster = self.calls.ask(
                "eks", "DescribeCluster", lambda got: parse_eks.cluster(got["cluster"]), name=name
            )
        except RefusedError as refusal:
            if refusal.code == NOT_FOUND:
                self.names.remove(name)
            else:
                self.calls.blind(Facet.CLUSTERS, refusal, cluster=name)
            return
        self._keep("clusters", [cluster])
        self.progress(f"cluster {name}")

    def _list(self, facet: Facet, cluster: str) -> None:
        kind = MEMBERS[facet]
        try:
            names = self.calls.pages(
                "eks", kind.list_operation, lambda page: page[kind.list_key], clusterName=cluster
            )
        except RefusedError as refusal:
            self._blind_unless_gone(facet, refusal, cluster)
            return
        for name in names:
            self.calls.start(self._member, facet, cluster, name)

    def _member(self, facet: Facet, cluster: str, name: str) -> None:
        kind = MEMBERS[facet]
        try:
            member = self.calls.ask(
                "eks",
                kind.operation,
                lambda answer: kind.parse(answer[kind.key]),
                clusterName=cluster,
                **{kind.parameter: name},
            )
        except RefusedError as refusal:
            self._blind_unless_gone(facet, refusal, cluster)
            return
        self._keep(kind.field, [member])

    def _addon(self, facet: Facet, cluster: str) -> None:
        try:
            addon = self.calls.ask(
                "eks",
                "DescribeAddon",
                lambda answer: parse_eks.addon(answer["addon"]),
                clusterName=cluster,
                addonName=ADDONS[facet],
            )
        except RefusedError as refusal:
            self._blind_unless_gone(facet, refusal, cluster)
            return
        self._keep("addons", [addon])

    def _blind_unless_gone(self, facet: Facet, refusal: RefusedError, cluster: str) -> None:
        """Only the service's own word for "there is none" means that there is none."""
        if refusal.code != NOT_FOUND:
            self.calls.blind(facet, refusal, cluster=cluster)

    def _account_of(self, clusters: tuple[Cluster, ...]) -> None:
        """Take the account from a cluster's ARN where the identity was refused."""
        if self.account == UNKNOWN_ACCOUNT and clusters:
            _, self.partition, _, _, self.account, _ = clusters[0].arn.split(":", 5)


def _name(item: Any) -> tuple[str, str]:  # noqa: ANN401 - any record
    for attribute in ("id", "name", "arn"):
        if hasattr(item, attribute):
            return getattr(item, "cluster", ""), getattr(item, attribute)
    raise TypeError(item)


def _blind_order(blind: Blind) -> tuple[str, ...]:
    resource = blind.resource.id if blind.resource else ""
    return (blind.facet, blind.api, blind.error, blind.cluster or "", resource)
