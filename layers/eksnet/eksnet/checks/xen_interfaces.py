"""The x-ENIs, the cross-account interfaces of the control plane: how many, where, how guarded."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.eni import x_enis_by_cluster
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.network import Eni
from eksnet.model.resource import cluster_resource, eni_resource
from eksnet.model.snapshot import Facet, Snapshot

FEWEST = 2  # "Amazon EKS creates 2-4 elastic network interfaces": EKS user guide, network-reqs
MOST = 4  # the same sentence
ZONES_NEEDED = 2  # two interfaces in different zones: EKS best practices, control plane
PREDICTABLE = 2  # "limit the number of subnets to only two": EKS user guide, network-reqs
COMING_OR_GOING = frozenset({"CREATING", "PENDING", "DELETING"})  # EKS API: ClusterStatus


@check(
    id="XEN006",
    title="The control plane has two to four x-ENIs",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source=CLUSTER_SUBNETS,
    rules=(8,),
    since="0.1.0",
)
def x_eni_count(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS keeps two to four cross-account interfaces (x-ENIs) in the cluster subnets.

    Through them the API server reaches kubelets, webhooks and logs. While it updates or scales,
    EKS runs new ones beside the old, so that more than four are normal then.

    **Passes** with two to four, and with more while the cluster is not ACTIVE. **Fails** medium
    with fewer than two, low with more than four on an ACTIVE cluster: leftovers that hold
    addresses. A cluster that is being created or deleted can't be judged by fewer than two.

    **What to do.** If the number stays wrong for an hour, look at the cluster's health issues and
    ask AWS Support. EKS manages these interfaces: never delete one that is in use.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        enis = x_enis_by_cluster(snapshot).get(cluster.name, ())
        count = sum(map(_works, enis))
        seen: dict[str, Any] = {
            "x_enis": count,
            "detached": len(enis) - count,
            "status": cluster.status,
        }
        if count < FEWEST:
            yield _few(
                snapshot, cluster, f"{counted(count, 'x-ENI')}, at least {FEWEST} expected", seen
            )
        elif count <= MOST:
            yield passed(resource, counted(count, "x-ENI"), cluster=cluster.name, **seen)
        elif cluster.status != "ACTIVE":
            text = f"{count} x-ENIs; more than {MOST} are expected while {cluster.status}"
            yield passed(resource, text, cluster=cluster.name, **seen)
        else:
            yield failed(
                resource,
                f"{count} x-ENIs on an ACTIVE cluster, at most {MOST} expected",
                cluster=cluster.name,
                severity=Severity.LOW,
                positive=True,
                **seen,
            )


@check(
    id="XEN007",
    title="The x-ENIs lie in two zones or more",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source="https://docs.aws.amazon.com/eks/latest/best-practices/control-plane.html",
    rules=(9,),
    since="0.1.0",
)
def x_eni_spread(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The control plane survives the loss of a zone only if its interfaces lie in two.

    With all x-ENIs in one zone, that zone's outage cuts the API server from every node of the
    cluster, wherever the nodes run.

    **Passes** where the x-ENIs lie in at least two availability zones. **Fails** where they don't.
    A cluster that is being created or deleted can't be judged yet.

    **What to do.** Check that the cluster subnets of the other zone exist and have free addresses;
    EKS places the interfaces again at the next update.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        enis = [e for e in x_enis_by_cluster(snapshot).get(cluster.name, ()) if _works(e)]
        zones = sorted({eni.az for eni in enis})
        seen: dict[str, Any] = {"x_enis": len(enis), "zones": zones}
        if len(zones) >= ZONES_NEEDED:
            text = f"x-ENIs in {counted(len(zones), 'zone')}"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
        else:
            where = f"in {zones[0]} only" if zones else "in no zone"
            text = f"{counted(len(enis), 'x-ENI')}, {where}; {ZONES_NEEDED} zones needed"
            yield _few(snapshot, cluster, text, seen)


def _works(eni: Eni) -> bool:
    """Tell whether an x-ENI hangs on the control plane; one left behind serves nobody."""
    return eni.status == "in-use" and eni.attachment is not None


def _few(snapshot: Snapshot, cluster: Cluster, text: str, seen: dict[str, Any]) -> Answer:
    """Fail for too little, unless the cluster is coming or going and nobody can tell yet."""
    resource = cluster_resource(snapshot, cluster)
    if cluster.status not in COMING_OR_GOING:
        return failed(resource, text, cluster=cluster.name, **seen)
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api="eks:DescribeCluster",
        error=f"Cluster{cluster.status.title()}",
        message=f"{text}, but the cluster is {cluster.status}",
    )


def _x_enis(snapshot: Snapshot) -> Iterator[tuple[Cluster, Eni]]:
    for cluster in snapshot.clusters:
        for eni in x_enis_by_cluster(snapshot).get(cluster.name, ()):
            yield cluster, eni


@check(
    id="XEN008",
    title="Every x-ENI lies in a listed cluster subnet",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source=CLUSTER_SUBNETS,
    remedies=("cluster-subnets",),
    rules=(10,),
    since="0.1.0",
)
def x_eni_drift(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An x-ENI in a subnet that the cluster no longer lists is a leftover of an older choice.

    The control plane still depends on that subnet's routes, ACLs and addresses, though the
    cluster's configuration does not show it; deleting the subnet would be refused, or worse.

    **Passes** where the interface lies in one of the cluster's subnets. **Fails** medium where it
    does not, low while the cluster is not ACTIVE and EKS may still be moving it.

    **What to do.** Keep the subnet until EKS has moved the interface at its next update, or list
    the subnet again with UpdateClusterConfig.
    """
    for cluster, eni in _x_enis(snapshot):
        resource = eni_resource(snapshot, eni)
        seen: dict[str, Any] = {
            "subnet_id": eni.subnet_id,
            "cluster_subnets": sorted(cluster.subnet_ids),
        }
        if eni.subnet_id in cluster.subnet_ids:
            text = f"in cluster subnet {eni.subnet_id}"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            continue
        settled = cluster.status == "ACTIVE"
        yield failed(
            resource,
            f"in {eni.subnet_id}, which is none of the {len(cluster.subnet_ids)} cluster subnets"
            + ("" if settled else f"; the cluster is {cluster.status}"),
            cluster=cluster.name,
            severity=Severity.MEDIUM if settled else Severity.LOW,
            positive=True,
            **seen,
        )


@check(
    id="XEN009",
    title="Two cluster subnets make the x-ENIs' place predictable",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS},
    source=CLUSTER_SUBNETS,
    remedies=("cluster-subnets",),
    rules=(10,),
    since="0.1.0",
)
def x_eni_place(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS may put the x-ENIs into any of the cluster subnets, and elsewhere at each update.

    Firewall rules, routes and flow logs that know the old subnets then miss the new ones, and
    each listed subnet has to keep room. Only with two subnets is the place known beforehand.

    **Passes** with at most two cluster subnets. **Fails** low with more.

    **What to do.** List one dedicated subnet in each of two zones where the place matters. The new
    list must cover the same zones as the first one, so a cluster of three zones keeps three.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        ids = sorted(set(cluster.subnet_ids))
        report = passed if len(ids) <= PREDICTABLE else failed
        text = f"{len(ids)} cluster subnets"
        if len(ids) > PREDICTABLE:
            text += f": EKS chooses among them at each update; {PREDICTABLE} are predictable"
        yield report(resource, text, cluster=cluster.name, positive=True, subnet_ids=ids)


@check(
    id="XEN010",
    title="The x-ENIs carry the cluster's security groups",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source="https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html",
    rules=(11,),
    since="0.1.0",
    profiles={Profile.CORE, Profile.SECURITY},
)
def x_eni_groups(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS puts the cluster security group, and every custom one, on each x-ENI.

    One that lacks a group was changed by hand or left behind by an update: traffic between the
    control plane and the nodes then passes or not depending on which interface it takes.

    **Passes** where the interface carries all of them. **Fails** where one is missing: high, low
    while the cluster is not ACTIVE and EKS may still be changing it. A cluster that names no
    security group at all is not judged.

    **What to do.** Set the security groups with UpdateClusterConfig, never on the interface.
    """
    for cluster, eni in _x_enis(snapshot):
        own = cluster.cluster_security_group_id
        expected = sorted({*cluster.security_group_ids, *([own] if own else [])})
        if not expected:
            continue
        resource = eni_resource(snapshot, eni)
        missing = [group for group in expected if group not in eni.groups]
        seen: dict[str, Any] = {
            "expected": expected,
            "groups": sorted(eni.groups),
            "missing": missing,
        }
        if not missing:
            text = f"carries all {len(expected)} security groups of the cluster"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            continue
        settled = cluster.status == "ACTIVE"
        yield failed(
            resource,
            f"lacks {len(missing)} of {len(expected)} security groups: {', '.join(missing)}",
            cluster=cluster.name,
            severity=Severity.HIGH if settled else Severity.LOW,
            positive=True,
            **seen,
        )
