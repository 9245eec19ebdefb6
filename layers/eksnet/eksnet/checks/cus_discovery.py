"""Subnet discovery: the tags that open a subnet to a cluster's pods, and those that close it."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import cni_node_subnets, runs_cni
from eksnet.cni.env_vars import read_version
from eksnet.cni.membership import (
    CLUSTER_TAG_PREFIX,
    ROLE_CNI_TAG,
    cni_may_use,
)
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY, SCOPE_TAG
from eksnet.cni.settings import ADDON, CniSettings, settings_of
from eksnet.engine.check import Answer, check, failed, not_listed, passed
from eksnet.engine.cni_settings import unread
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    addon_by_cluster_and_name,
    derived,
    grouped,
    subnet_by_id,
    subnets_by_vpc,
)

README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
CODE = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/pkg/awsutils/awsutils.go"
CLOSED = "0"  # awsutils.go: the value of kubernetes.io/role/cni that takes a subnet out
DISCOVERY_SINCE = (1, 18, 0)  # release notes of v1.18.0


def _clusters(snapshot: Snapshot) -> Iterator[Cluster]:
    """Yield the clusters whose pods take IPv4 addresses by way of the VPC CNI."""
    for cluster in snapshot.clusters:
        if cluster.ip_family != "ipv6" and runs_cni(snapshot, cluster):
            yield cluster


def _idle(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> str | None:
    """Return why subnet discovery does nothing, None where it is at work."""
    version = read_version(addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version)
    if version is not None and version < DISCOVERY_SINCE:
        return "the VPC CNI finds subnets by tag since v1.18.0"
    if not settings.flag(DISCOVERY, default=True):
        return f"{DISCOVERY} is off"
    return None


@check(
    id="CUS008",
    title="Nodes have a subnet that their pods may use",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.ADDON_VPC_CNI,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    },
    source=CODE,
    rules=(142, 143),
    since="0.2.0",
)
def closed_node_subnets(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The tag kubernetes.io/role/cni=0 keeps pods out of the subnet their node is in.

    It is meant for nodes whose pods have other subnets. Where no other subnet of the zone is
    offered to the cluster, or subnet discovery is off, the CNI finds no valid subnet and no pod on
    those nodes gets an address. A cni.networking.k8s.aws/cluster/ tag for other clusters closes a
    subnet in the same way.

    **Passes** where the node subnet is open to its own pods, or another subnet of the zone is
    offered. **Fails** where it is closed and none is. With custom networking the ENIConfig names
    the subnet, and the tags are not judged. Nor are subnets that have only nodes of EKS Auto Mode
    or Windows, whose pods the tag does not keep out.

    **What to do.** Take the tag off, or tag a pod subnet of the zone kubernetes.io/role/cni=1 and
    leave ENABLE_SUBNET_DISCOVERY on.
    """
    for cluster in _clusters(snapshot):
        for subnet_id in cni_node_subnets(snapshot, cluster):
            subnet = subnet_by_id(snapshot).get(subnet_id)
            if subnet is None:
                missing = subnet_resource(subnet_id)
                yield not_listed(missing, cluster.name, "ec2:DescribeSubnets")
            else:
                yield from _trap(snapshot, cluster, subnet)


def _scopes(subnet: Subnet, *prefixes: str) -> list[str]:
    """Return the clusters that a subnet's tags name."""
    return sorted(
        key.removeprefix(prefix)
        for key in subnet.tags
        for prefix in prefixes
        if key.startswith(prefix)
    )


def _trap(snapshot: Snapshot, cluster: Cluster, subnet: Subnet) -> Iterator[Answer]:
    resource, settings = subnet_resource(subnet), settings_of(snapshot, cluster)
    tag, scopes = subnet.tags.get(ROLE_CNI_TAG), _scopes(subnet, SCOPE_TAG)
    seen: dict[str, Any] = {"role_cni": tag, "only_for": scopes, "az_id": subnet.az_id}
    scoped = bool(scopes) and cluster.name not in scopes
    if isinstance(settings, Unread):
        if tag == CLOSED or scoped:
            yield unread(resource, cluster, settings)
        else:
            yield passed(resource, "open to pods", cluster=cluster.name, positive=True, **seen)
        return
    if settings.flag(CUSTOM_NETWORKING, default=False):
        return
    idle = _idle(snapshot, cluster, settings)
    if tag != CLOSED and not (scoped and idle is None):
        yield passed(resource, "open to pods", cluster=cluster.name, positive=True, **seen)
        return
    offered = sorted(
        each.id
        for each in subnets_by_vpc(snapshot).get(cluster.vpc_id, ())
        if each.az_id == subnet.az_id and cni_may_use(each.tags, cluster.name) and idle is None
    )
    if offered:
        text = f"closed to pods, which have {', '.join(offered)}"
        yield passed(resource, text, cluster=cluster.name, offered=offered, **seen)
        return
    why = idle or f"no other subnet of {subnet.az} is offered"
    text = f"closed to pods, and {why}: no pod on its nodes gets an address"
    yield failed(resource, text, cluster=cluster.name, offered=offered, **seen)


@check(
    id="CUS009",
    title="Subnets that are offered to pods can be used",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.SUBNETS},
    source=README,
    rules=(141, 142),
    since="0.2.0",
)
def offered_subnets(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A subnet tagged kubernetes.io/role/cni looks like room for pods; it may be none.

    The CNI looks for the tag only with subnet discovery on (v1.18.0, ENABLE_SUBNET_DISCOVERY) and
    custom networking off. A tag that names a cluster, kubernetes.io/cluster/ or
    cni.networking.k8s.aws/cluster/, offers the subnet to that cluster alone.

    **Passes** where the cluster's CNI uses the subnet. **Fails** medium where discovery is off or
    the tags name only clusters that EKS does not list here; low beside custom networking, and for
    unlisted clusters in a shared VPC, where they may be another account's. Each tagged subnet of a
    cluster's VPC is judged, unless it is another listed cluster's.

    **What to do.** Turn ENABLE_SUBNET_DISCOVERY on, or let the subnet's cluster tag name this
    cluster; take kubernetes.io/role/cni off where the subnet is not meant for pods.
    """
    for cluster in _clusters(snapshot):
        for subnet in subnets_by_vpc(snapshot).get(cluster.vpc_id, ()):
            if subnet.tags.get(ROLE_CNI_TAG, CLOSED) != CLOSED:
                yield from _offer(snapshot, cluster, subnet)


def _offer(snapshot: Snapshot, cluster: Cluster, subnet: Subnet) -> Iterator[Answer]:
    resource, settings = subnet_resource(subnet), settings_of(snapshot, cluster)
    scopes = _scopes(subnet, SCOPE_TAG, CLUSTER_TAG_PREFIX)
    seen: dict[str, Any] = {"only_for": scopes, "az_id": subnet.az_id}
    if scopes and cluster.name not in scopes:
        if not set(scopes) & set(snapshot.cluster_names):
            text = f"offered to {', '.join(scopes)} only, which EKS does not list here"
            ours = subnet.owner_id == snapshot.target.account_id
            yield failed(
                resource,
                text,
                cluster=cluster.name,
                severity=Severity.MEDIUM if ours else Severity.LOW,
                **seen,
            )
    elif isinstance(settings, Unread):
        yield unread(resource, cluster, settings)
    else:
        yield _used(snapshot, cluster, subnet, settings, seen)


def _used(
    snapshot: Snapshot,
    cluster: Cluster,
    subnet: Subnet,
    settings: CniSettings,
    seen: dict[str, Any],
) -> Answer:
    resource, idle = subnet_resource(subnet), _idle(snapshot, cluster, settings)
    if settings.flag(CUSTOM_NETWORKING, default=False):
        if any(config.subnet_id == subnet.id for config in settings.eni_configs):
            text = "an ENIConfig names it; the tag does nothing"
            return passed(resource, text, cluster=cluster.name, positive=True, **seen)
        text = "the tag does nothing: with custom networking the ENIConfig names the subnet"
        severity = Severity.LOW
    elif idle is None:
        text = "offered to pods, and the CNI finds it"
        return passed(resource, text, cluster=cluster.name, positive=True, **seen)
    else:
        text, severity = f"the tag does nothing: {idle}", Severity.MEDIUM
    return failed(resource, text, cluster=cluster.name, severity=severity, positive=True, **seen)


@check(
    id="CUS010",
    title="Pods' security groups are not left to a tag",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.SECURITY_GROUPS},
    source="https://github.com/aws/amazon-vpc-cni-k8s/releases/tag/v1.22.1",
    rules=(144,),
    since="0.2.0",
    profiles={Profile.SECURITY},
)
def tagged_groups(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Tagging a security group kubernetes.io/role/cni does nothing: v1.22.1 took it out.

    The tag works on subnets. Pods whose interface lies in a discovered subnet have the security
    groups of their node, whatever is tagged; rules on a tagged group protect nothing.

    **Passes** where no security group of the cluster's VPC carries the tag. **Fails** where one
    does, with earlier versions too, as their next update ends it. **Unknown** where one does and
    the VPC CNI is not an EKS add-on.

    **What to do.** Take the tag off the group, and put rules for pods on the node's groups, an
    ENIConfig's, or those of a SecurityGroupPolicy.
    """
    for cluster in _clusters(snapshot):
        resource, settings = cluster_resource(snapshot, cluster), settings_of(snapshot, cluster)
        tagged = _tagged_by_vpc(snapshot).get(cluster.vpc_id, ())
        if not tagged:
            text = f"no security group of {cluster.vpc_id} is tagged {ROLE_CNI_TAG}"
            yield passed(resource, text, cluster=cluster.name)
        elif isinstance(settings, Unread):
            yield unread(resource, cluster, settings)
        else:
            ids = sorted(tagged)
            text = f"{ROLE_CNI_TAG} on {', '.join(ids)} does nothing from v1.22.1 on"
            yield failed(resource, text, cluster=cluster.name, positive=True, groups=ids)


@derived
def _tagged_by_vpc(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    tagged = (group for group in snapshot.security_groups if ROLE_CNI_TAG in group.tags)
    return {
        vpc_id: tuple(group.id for group in groups)
        for vpc_id, groups in grouped(tagged, lambda group: group.vpc_id).items()
    }
