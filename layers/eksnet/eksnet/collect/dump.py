"""A folder of recorded `aws` output becomes a snapshot: what is not in it was not seen."""

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.capacity.prefix_mode import prefix_sources
from eksnet.cni.membership import nodes_by_cluster
from eksnet.collect import dump_files as files
from eksnet.collect import parse_ec2, parse_eks, quotas, saved
from eksnet.collect.dump_files import NO_OWNER, NOT_RECORDED, Listing, Recording, read_recording
from eksnet.collect.dump_target import find_target, keep_target
from eksnet.collect.facets import ADDONS, PER_CLUSTER, READABLE, SWEEPS
from eksnet.collect.members import ADDON, MEMBERS, Members
from eksnet.model.cluster import ClusterRole
from eksnet.model.network import Vpc
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Blind, Facet, Resource, Snapshot, subnet_by_id

OTHER_TARGET = "OtherRegion"  # recorded, but nothing in it is of the target's region
UNLISTED = Listing(names=frozenset(), error=NOT_RECORDED)


def read_dump(
    folder: pathlib.Path,
    account: str | None,
    region: str | None,
    *,
    partial: bool,
    captured_at: dt.datetime | None = None,
) -> Snapshot:
    """Read the ``*.json`` files of ``folder``, each known by its top-level key, into a snapshot.

    A kind that is not there, goes on after a token, or does not tell its owner is blind. Clusters
    described without a whole list of clusters are judged, for they are there; that others may be
    is a blind of the region beside them, so every check also says what it could not see. Without
    ``captured_at`` the time is the newest file's. ``partial`` says that lists were filtered.

    Raises:
        InputError: a file is broken, or the account or region is not clear.
    """
    recording = read_recording(folder)
    everything = _found(recording)
    target = find_target(folder, recording, everything, account, region)
    found, lost = keep_target(everything, target)
    blinds = list(_sweep_blinds(recording, lost))
    for facet in {blind.facet for blind in blinds}:
        found[next(sweep.field for sweep in SWEEPS if sweep.facet is facet)] = []
    names = _cluster_names(recording, found)
    facts: Any = {field: tuple(sorted(items, key=files.identity)) for field, items in found.items()}
    snapshot = Snapshot(
        target=target,
        captured_at=captured_at or _newest(recording),
        seen=READABLE,
        blinds=tuple(blinds),
        partial=partial,
        cluster_names=names,
        cluster_roles=tuple(_roles(recording, found)),
        **facts,
    )
    saved.require_sound(snapshot, folder)
    more = _Blinds(recording, snapshot).all()
    return dataclasses.replace(snapshot, blinds=tuple(sorted((*blinds, *more), key=_order)))


def _order(blind: Blind) -> tuple[str, ...]:
    resource = blind.resource.id if blind.resource else ""
    return (blind.facet, blind.api, blind.error, blind.cluster or "", resource)


def _newest(recording: Recording) -> dt.datetime:
    newest = max(int(page.path.stat().st_mtime) for page in recording.pages)
    return dt.datetime.fromtimestamp(newest, dt.UTC)


def _found(recording: Recording) -> dict[str, list[Any]]:
    """Return everything the files describe, by the snapshot's field."""
    found = {sweep.field: recording.things(sweep.key, sweep.parse) for sweep in SWEEPS}
    found["clusters"] = recording.described(files.CLUSTER, parse_eks.cluster)
    for kind in (*MEMBERS.values(), ADDON):
        found[kind.field] = recording.described(kind.key, kind.parse)
    found["instance_types"] = recording.things(
        files.INSTANCE_TYPES, lambda raw: (parse_ec2.instance_type(raw),)
    )
    found["cidr_reservations"] = recording.things(
        files.RESERVATIONS, lambda raw: (parse_ec2.cidr_reservation(raw),)
    )
    found["quotas"] = recording.things(quotas.KEY, quotas.quotas)
    attributes = _attributes(recording)
    found["vpcs"] = [_with_attributes(vpc, attributes) for vpc in found["vpcs"]]
    return found


def _attributes(recording: Recording) -> Mapping[tuple[str, str], bool]:
    """Return each VPC attribute that was recorded, by VPC and key."""
    return {
        (str(page.raw.get("VpcId")), key): value["Value"]
        for key in (files.DNS_SUPPORT, files.DNS_HOSTNAMES)
        for page in recording.having(key)
        if isinstance(value := page.raw[key], dict) and isinstance(value.get("Value"), bool)
    }


def _with_attributes(vpc: Vpc, attributes: Mapping[tuple[str, str], bool]) -> Vpc:
    return dataclasses.replace(
        vpc,
        dns_support=attributes.get((vpc.id, files.DNS_SUPPORT)),
        dns_hostnames=attributes.get((vpc.id, files.DNS_HOSTNAMES)),
    )


def _cluster_names(recording: Recording, found: Mapping[str, list[Any]]) -> tuple[str, ...]:
    """Return every cluster that anything names: what is described is there, listed or not."""
    listed = recording.listings(files.CLUSTERS, "ListClusters").values()
    names = {name for listing in listed for name in listing.names}
    names.update(cluster.name for cluster in found["clusters"])
    for kind in (*MEMBERS.values(), ADDON):
        names.update(item.cluster for item in found[kind.field])
    return tuple(sorted(names))


def _policies(recording: Recording) -> Mapping[str | None, Listing]:
    return recording.listings(
        files.POLICIES, "ListAttachedRolePolicies", lambda raw: str(raw["PolicyArn"])
    )


def _roles(recording: Recording, found: Mapping[str, list[Any]]) -> Iterator[ClusterRole]:
    policies = _policies(recording)
    for arn in sorted({cluster.role_arn for cluster in found["clusters"]}):
        listing = policies.get(arn.rpartition("/")[2])
        if listing and listing.error is None:
            yield ClusterRole(arn=arn, policy_arns=tuple(sorted(listing.names)))


def _sweep_blinds(recording: Recording, lost: frozenset[str]) -> Iterator[Blind]:
    for sweep in SWEEPS:
        error = recording.error(sweep.key) or (OTHER_TARGET if sweep.field in lost else None)
        if error:
            yield Blind(facet=sweep.facet, api=f"ec2:{sweep.operation}", error=error)


class _Blinds:
    """What else the recording does not show, given what it does."""

    def __init__(self, recording: Recording, snapshot: Snapshot) -> None:
        self.recording, self.snapshot = recording, snapshot

    def all(self) -> Iterator[Blind]:
        clusters = self.recording.error(files.CLUSTERS)
        if clusters:
            yield from self._no_list(clusters)
        described = {cluster.name for cluster in self.snapshot.clusters}
        for name in self.snapshot.cluster_names:
            if name not in described:
                yield Blind(
                    facet=Facet.CLUSTERS,
                    api="eks:DescribeCluster",
                    error=NOT_RECORDED,
                    cluster=name,
                )
        for facet, kind in MEMBERS.items():
            yield from self._members(facet, kind)
        yield from self._addons()
        yield from self._roles()
        yield from self._attributes()
        yield from self._instance_types()
        yield from self._reservations()
        yield from self._quotas()

    def _no_list(self, error: str) -> Iterator[Blind]:
        """Clusters that are described can be judged beside this; without any, nothing can."""
        some = bool(self.snapshot.clusters)
        region = Resource(type="AWS::Region", id=self.snapshot.target.region) if some else None
        facets = (Facet.CLUSTERS,) if some else sorted(PER_CLUSTER | {Facet.CLUSTERS})
        for facet in facets:
            yield Blind(facet=facet, api="eks:ListClusters", error=error, resource=region)

    def _members(self, facet: Facet, kind: Members) -> Iterator[Blind]:
        listings = self.recording.listings(kind.list_key, kind.list_operation)
        described = {files.identity(item) for item in getattr(self.snapshot, kind.field)}
        for cluster in self.snapshot.cluster_names:
            listing = _of(listings, cluster)
            if listing.error:
                yield Blind(
                    facet=facet,
                    api=f"eks:{kind.list_operation}",
                    error=listing.error,
                    cluster=cluster,
                )
            if any((cluster, name) not in described for name in listing.names):
                yield Blind(
                    facet=facet, api=f"eks:{kind.operation}", error=NOT_RECORDED, cluster=cluster
                )

    def _addons(self) -> Iterator[Blind]:
        """A whole list without an add-on says that there is none."""
        listings = self.recording.listings(ADDON.list_key, ADDON.list_operation)
        described = {(addon.cluster, addon.name) for addon in self.snapshot.addons}
        for cluster in self.snapshot.cluster_names:
            listing = _of(listings, cluster)
            for facet, name in ADDONS.items():
                if (cluster, name) in described:
                    continue
                error = NOT_RECORDED if name in listing.names else listing.error
                if error:
                    api = f"eks:{ADDON.operation}"
                    yield Blind(facet=facet, api=api, error=error, cluster=cluster)

    def _roles(self) -> Iterator[Blind]:
        policies = _policies(self.recording)
        for cluster in self.snapshot.clusters:
            error = _of(policies, cluster.role_arn.rpartition("/")[2]).error
            if error:
                yield Blind(
                    facet=Facet.CLUSTER_ROLES,
                    api="iam:ListAttachedRolePolicies",
                    error=error,
                    cluster=cluster.name,
                )

    def _attributes(self) -> Iterator[Blind]:
        recorded = _attributes(self.recording)
        for vpc_id in sorted({cluster.vpc_id for cluster in self.snapshot.clusters} - {""}):
            if {(vpc_id, files.DNS_SUPPORT), (vpc_id, files.DNS_HOSTNAMES)} - recorded.keys():
                yield Blind(
                    facet=Facet.VPC_ATTRIBUTES,
                    api="ec2:DescribeVpcAttribute",
                    error=NOT_RECORDED,
                    resource=Resource(type="AWS::EC2::VPC", id=vpc_id),
                )

    def _instance_types(self) -> Iterator[Blind]:
        """Types nobody uses need not be recorded, where all that could use one was seen."""
        used = {name for group in self.snapshot.node_groups for name in group.instance_types}
        for nodes in nodes_by_cluster(self.snapshot).values():
            used.update(node.type for node in nodes)
        missing = used - {each.name for each in self.snapshot.instance_types}
        error = self.recording.error(files.INSTANCE_TYPES)
        unsure = error and self._hidden(Facet.INSTANCES, Facet.NETWORK_INTERFACES)
        if missing or unsure:
            yield Blind(
                facet=Facet.INSTANCE_TYPES,
                api="ec2:DescribeInstanceTypes",
                error=error or NOT_RECORDED,
            )

    def _reservations(self) -> Iterator[Blind]:
        facet, operation = Facet.CIDR_RESERVATIONS, "GetSubnetCidrReservations"
        whole = [page for page in self.recording.having(files.RESERVATIONS) if page.whole]
        seen = {page.owner(operation) for page in whole}
        seen.update(each.get("SubnetId") for page in whole for each in page.raw[files.RESERVATIONS])
        api = f"ec2:{operation}"
        clusters = self.snapshot.clusters
        wanted = {eni.subnet_id for eni in self.snapshot.enis if eni.prefixes}
        wanted.update(s for each in clusters for s in prefix_sources(self.snapshot, each))
        for subnet_id in sorted(wanted & subnet_by_id(self.snapshot).keys()):
            if subnet_id not in seen:
                subnet = subnet_resource(subnet_id)
                yield Blind(facet=facet, api=api, error=NOT_RECORDED, resource=subnet)
        if not whole and self._hidden(Facet.NETWORK_INTERFACES):
            yield Blind(facet=facet, api=api, error=NOT_RECORDED)

    def _quotas(self) -> Iterator[Blind]:
        """An account without any quota does not exist: the list is another region's."""
        error = self.recording.error(quotas.KEY)
        if error or not self.snapshot.quotas:
            yield Blind(facet=Facet.QUOTAS, api=quotas.API, error=error or OTHER_TARGET)

    def _hidden(self, *facets: Facet) -> bool:
        return any(blind.facet in facets for blind in self.snapshot.blinds)


def _of(listings: Mapping[str | None, Listing], owner: str) -> Listing:
    """Return an owner's list; where there is none but one of nobody, that is why."""
    nobody = Listing(names=frozenset(), error=NO_OWNER) if None in listings else UNLISTED
    return listings.get(owner, nobody)
