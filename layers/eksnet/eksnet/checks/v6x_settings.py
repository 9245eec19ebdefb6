"""IPv6: the VPC CNI's settings for the cluster's address family."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import UNNAMED, cni_nodes, pod_eni
from eksnet.cni.effective import Effective, effective
from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.cni.env_vars import read_flag, read_version
from eksnet.cni.precedence import IPV4, IPV6, REFUSED, V4_EGRESS, V6_EGRESS
from eksnet.cni.settings import ADDON, CniSettings
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.network import Eni
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, addon_by_cluster_and_name, derived

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/cni-ipv6.html"
README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
FAMILY = "ipv6"  # EKS API reference: KubernetesNetworkConfigRequest.ipFamily
IPV6_SINCE = (1, 10, 1)  # EKS user guide, cni-ipv6
POD_ENI_SINCE = (1, 16, 0)  # EKS user guide, security-groups-for-pods: IPv6 clusters on EC2


def _settings(snapshot: Snapshot) -> Iterator[tuple[Cluster, CniSettings | Unseen]]:
    """Yield each cluster that may run the VPC CNI; an IPv4 one only where its settings are seen."""
    for cluster, settings in told_settings(snapshot):
        if cluster.ip_family == FAMILY or not isinstance(settings, Unseen):
            yield cluster, settings


def _version(snapshot: Snapshot, cluster: Cluster) -> str:
    return addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version


@check(
    id="V6X007",
    title="The VPC CNI is set to the cluster's address family",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=GUIDE,
    rules=(66, 138, 184, 185, 192),
    since="0.2.0",
)
def address_family(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A CNI set to another family than the cluster's does not start, and no new pod does.

    In an IPv6 cluster EKS sets ENABLE_IPv6 and ENABLE_PREFIX_DELEGATION to true and ENABLE_IPv4 to
    false. The add-on's configuration can undo each of them; both families together, or custom
    networking beside IPv6, make the CNI exit. IPv6 needs v1.10.1 or later.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where the settings amount to the cluster's family and nothing forbidden beside it.
    **Fails** where they don't, or where the version knows no IPv6. IPv4 clusters are judged only
    where the add-on names ENABLE_IPv4 or ENABLE_IPv6.

    **What to do.** Take ENABLE_IPv4, ENABLE_IPv6, ENABLE_PREFIX_DELEGATION and
    AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG out of the add-on's configuration: EKS's own values fit.
    """
    for cluster, settings in _settings(snapshot):
        if isinstance(settings, Unseen):
            yield settings
        elif cluster.ip_family == FAMILY or {IPV4, IPV6} & settings.env.keys():
            yield _family_verdict(snapshot, cluster, settings)


def _family_verdict(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Answer:
    resource, version = cluster_resource(snapshot, cluster), _version(snapshot, cluster)
    ipv6 = cluster.ip_family == FAMILY
    amount = effective(
        settings.env,
        init_env=settings.init_env,
        version=version,
        source="add-on",
        ipv6_cluster=ipv6,
    )
    wrong = _family_faults(amount, version, ipv6=ipv6)
    seen: dict[str, Any] = {
        "ip_family": cluster.ip_family,
        "version": version,
        IPV4: amount.flag(IPV4),
        IPV6: amount.flag(IPV6),
    }
    if wrong:
        return failed(resource, "; ".join(wrong), cluster=cluster.name, positive=True, **seen)
    text = f"{version} is set to {cluster.ip_family}"
    told = "" if {IPV4, IPV6} & settings.env.keys() else f" ({UNNAMED})"
    return passed(resource, text + told, cluster=cluster.name, positive=True, **seen)


def _family_faults(amount: Effective, version: str, *, ipv6: bool) -> list[str]:
    number = read_version(version)
    if ipv6 and number is not None and number < IPV6_SINCE:
        return [f"{version} knows no IPv6, v1.10.1 does"]
    faults = [each.statement for each in amount.contradictions if each.rule in REFUSED]
    if not faults and amount.flag(IPV6) != ipv6:
        faults.append(
            f"{IPV6} is {str(not ipv6).lower()} in an {'IPv6' if ipv6 else 'IPv4'} cluster"
        )
    return faults


@check(
    id="V6X008",
    title="Security groups for pods come with a CNI that knows them on IPv6",
    severity=Severity.HIGH,
    needs=NEEDS,
    source="https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html",
    rules=(177,),
    since="0.2.0",
)
def pod_groups_on_ipv6(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Before v1.16.0 the VPC CNI gives branch interfaces no IPv6 address.

    A pod that a SecurityGroupPolicy selects then never starts on an EC2 node of an IPv6 cluster.
    The EKS user guide names v1.16.0 as the first that can; the CNI's own README still says that
    IPv6 has no security groups for pods. The user guide is followed here.

    **Passes** with ENABLE_POD_ENI on and v1.16.0 or later. **Fails** with an earlier one. Judged
    are IPv6 clusters with ENABLE_POD_ENI on.

    **What to do.** Update the vpc-cni add-on to v1.16.0 or later, one minor version at a time.
    """
    for cluster, settings in _settings(snapshot):
        if cluster.ip_family != FAMILY:
            continue
        if isinstance(settings, Unseen):
            yield settings
        elif pod_eni(snapshot, cluster).on:
            resource, version = cluster_resource(snapshot, cluster), _version(snapshot, cluster)
            number = read_version(version)
            if number is None:
                yield _odd_version(resource, cluster, version)
            elif number < POD_ENI_SINCE:
                text = f"ENABLE_POD_ENI is on with {version}, v1.16.0 needed"
                yield failed(resource, text, cluster=cluster.name, positive=True, version=version)
            else:
                text = f"{version}; its README, unlike the user guide, still denies it"
                yield passed(resource, text, cluster=cluster.name, positive=True, version=version)


def _odd_version(resource: Resource, cluster: Cluster, version: str) -> Unseen:
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api="eks:DescribeAddon",
        error="UnreadableVersion",
        message=f"the add-on's version {version!r} could not be read",
    )


@check(
    id="V6X009",
    title="Pods reach hosts of the other address family",
    severity=Severity.MEDIUM,
    needs=NEEDS | {Facet.INSTANCES, Facet.NETWORK_INTERFACES},
    source=README,
    rules=(193,),
    since="0.2.0",
)
def other_family(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Pods have addresses of one family; the node translates for them to reach the other.

    ENABLE_V4_EGRESS gives pods of an IPv6 cluster an address of 169.254.172.0/22 that the node
    translates; without it every host that has only IPv4 is out of their reach. ENABLE_V6_EGRESS
    does the same for pods of an IPv4 cluster, and can only where the node has an IPv6 address. It
    must stand on aws-node and on its init container.

    **Passes** with ENABLE_V4_EGRESS on in an IPv6 cluster; with ENABLE_V6_EGRESS on in an IPv4
    cluster where each node's primary interface has an IPv6 address. **Fails** where one is off or
    lacks that. **Unknown** for ENABLE_V6_EGRESS without nodes. IPv4 clusters with ENABLE_V6_EGRESS
    off are not judged.

    **What to do.** Set ENABLE_V4_EGRESS to true in an IPv6 cluster. In an IPv4 cluster give the
    node subnets IPv6 blocks and replace the nodes, or take ENABLE_V6_EGRESS out.
    """
    for cluster, settings in _settings(snapshot):
        if isinstance(settings, Unseen):
            yield settings
        elif cluster.ip_family == FAMILY:
            yield _to_ipv4(snapshot, cluster, settings)
        elif any(_v6_egress(settings)):
            yield _to_ipv6(snapshot, cluster, settings)


def _to_ipv4(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Answer:
    resource, name = cluster_resource(snapshot, cluster), cluster.name
    if settings.flag(V4_EGRESS, default=True):
        told = "" if V4_EGRESS in settings.env else f" ({UNNAMED})"
        return passed(resource, f"{V4_EGRESS} is on{told}", cluster=name, positive=True)
    text = f"{V4_EGRESS} is off: pods reach no host that has only IPv4"
    return failed(resource, text, cluster=name, positive=True)


@derived
def _primary_by_instance(snapshot: Snapshot) -> dict[str, Eni]:
    classes = class_by_eni(snapshot)
    return {
        eni.attachment.instance_id: eni
        for eni in snapshot.enis
        if classes[eni.id] is EniClass.NODE_PRIMARY
        and eni.attachment
        and eni.attachment.instance_id
    }


def _v6_egress(settings: CniSettings) -> tuple[bool, bool]:
    """Tell whether it is on for aws-node, and for its init container."""
    init = read_flag(settings.init_env.get(V6_EGRESS))
    return settings.flag(V6_EGRESS, default=False), init is True


def _to_ipv6(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Answer:
    resource, name = cluster_resource(snapshot, cluster), cluster.name
    if not all(_v6_egress(settings)):
        where = "its init container" if _v6_egress(settings)[0] else "aws-node"
        text = f"{V6_EGRESS} is not on for {where}, as it is for the other"
        return failed(resource, text, cluster=name, positive=True)
    primary = _primary_by_instance(snapshot)
    nodes = cni_nodes(snapshot, cluster)
    bare = sorted(n.id for n in nodes if n.id in primary and not primary[n.id].ipv6_ips)
    if bare:
        text = f"{V6_EGRESS} is on, but {counted(len(bare), 'node')} without an IPv6 address"
        return failed(resource, text, cluster=name, positive=True, nodes=bare)
    if not nodes or any(node.id not in primary for node in nodes):
        return Unseen(
            resource=resource,
            cluster=name,
            api="ec2:DescribeNetworkInterfaces",
            error="NotFound",
            message=f"{V6_EGRESS} is on; the primary interfaces of its nodes are not all seen",
        )
    text = f"{V6_EGRESS} is on and each of {counted(len(nodes), 'node')} has an IPv6 address"
    return passed(resource, text, cluster=name, nodes=len(nodes))
