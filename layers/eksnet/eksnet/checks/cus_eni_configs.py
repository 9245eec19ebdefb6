"""Custom networking: the subnet and the security groups that each ENIConfig names."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.podsubnets import CUSTOM_NETWORKING, LABEL, ZONE_LABELS
from eksnet.cni.settings import CniSettings, EniConfig
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    security_group_by_id,
    subnet_by_id,
)

README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"


def _custom(snapshot: Snapshot) -> Iterator[tuple[Cluster, CniSettings | Unseen]]:
    """Yield each IPv4 cluster with custom networking on, or why that is not known."""
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen) or settings.flag(CUSTOM_NETWORKING, default=False):
            yield cluster, settings


def _config_resource(cluster: Cluster, config: EniConfig) -> Resource:
    return Resource(type="Eksnet::EniConfig", id=f"{cluster.name}/{config.name}")


@check(
    id="CUS002",
    title="Every ENIConfig names a subnet that its nodes can use",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.SUBNETS, Facet.ZONES},
    source=README,
    rules=(51, 124, 139),
    since="0.2.0",
)
def eni_config_subnet(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An interface can be attached only to an instance in its own zone and VPC.

    An ENIConfig whose subnet is gone, lies in another VPC, or in another zone than the nodes that
    pick it, lets EC2 refuse each interface: the nodes join, and none of their pods starts. In a
    shared VPC the zone names that count are those of the account that owns the cluster, which are
    the ones shown here.

    **Passes** where the subnet is there, in the cluster's VPC and, if the ENIConfig is named after
    a zone, in that zone. **Fails** high where it is not; medium for another zone when
    ENI_CONFIG_LABEL_DEF is no zone label, as then nodes may pick it by hand; low for an ENIConfig
    that no node picks, as nodes pick by zone and its name is none. Judged are the ENIConfigs of the
    add-on's configuration.

    **What to do.** Let the ENIConfig name a subnet of the cluster's VPC in the zone it is named
    after, then replace the nodes of that zone.
    """
    for cluster, settings in _custom(snapshot):
        if isinstance(settings, Unseen):
            yield settings
            continue
        by_zone = settings.env.get(LABEL) in ZONE_LABELS
        for config in settings.eni_configs:
            yield _subnet_verdict(snapshot, cluster, config, by_zone=by_zone)


def _subnet_verdict(
    snapshot: Snapshot, cluster: Cluster, config: EniConfig, *, by_zone: bool
) -> Answer:
    resource, subnet = (
        _config_resource(cluster, config),
        subnet_by_id(snapshot).get(config.subnet_id),
    )
    if subnet is None:
        text = f"{config.subnet_id} does not exist"
        return failed(resource, text, cluster=cluster.name, subnet=config.subnet_id)
    seen: dict[str, Any] = {"subnet": subnet.id, "az": subnet.az, "vpc": subnet.vpc_id}
    text, severity = f"{subnet.id} is in {subnet.az}", None
    if subnet.vpc_id != cluster.vpc_id:
        text = f"{subnet.id} is in {subnet.vpc_id}, the cluster in {cluster.vpc_id}"
        severity = Severity.HIGH
    elif config.name != subnet.az and config.name in {zone.name for zone in snapshot.zones}:
        text = f"{subnet.id} is in {subnet.az}, not in {config.name}"
        severity = Severity.HIGH if by_zone else Severity.MEDIUM
    elif by_zone and config.name != subnet.az:
        text = f"nodes pick by zone, and {config.name} is none: nothing uses it"
        severity = Severity.LOW
    if severity is None:
        own = config.name == subnet.az  # else it is no zone only by what was listed
        return passed(resource, text, cluster=cluster.name, positive=own, **seen)
    return failed(resource, text, cluster=cluster.name, severity=severity, positive=True, **seen)


@check(
    id="CUS003",
    title="Every ENIConfig names security groups of its VPC",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.ADDON_VPC_CNI, Facet.SECURITY_GROUPS},
    source=README,
    rules=(124, 139),
    since="0.2.0",
)
def eni_config_groups(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The ENIConfig's security groups are the pods'; a wrong one stops them, none hides them.

    EC2 makes no interface with a group that is gone or belongs to another VPC. Without any group
    the CNI takes those of the node's primary interface: pods and nodes can't be told apart by
    rules any more, often without anyone having meant it.

    **Passes** where each group named is there and in the cluster's VPC. **Fails** high where one is
    not, low where none is named. Judged are the ENIConfigs of the add-on's configuration.

    **What to do.** Name existing groups of the cluster's VPC in the ENIConfig; the cluster security
    group is the one that works everywhere.
    """
    for cluster, settings in _custom(snapshot):
        if isinstance(settings, Unseen):
            yield settings
            continue
        for config in settings.eni_configs:
            yield _groups_verdict(snapshot, cluster, config)


def _groups_verdict(snapshot: Snapshot, cluster: Cluster, config: EniConfig) -> Answer:
    resource, known = _config_resource(cluster, config), security_group_by_id(snapshot)
    named = sorted(set(config.security_groups))
    gone = [each for each in named if each not in known]
    far = [each for each in named if each in known and known[each].vpc_id != cluster.vpc_id]
    seen: dict[str, Any] = {"security_groups": named, "missing": gone, "other_vpc": far}
    if far:
        text = f"{', '.join(far)} not in {cluster.vpc_id}"
        # One more that was not listed changes nothing: these were seen elsewhere.
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    if gone:
        text = f"{', '.join(gone)} does not exist"
        return failed(resource, text, cluster=cluster.name, **seen)
    if not named:
        text = "no security group is named: pods have those of their node"
        return failed(
            resource, text, cluster=cluster.name, severity=Severity.LOW, positive=True, **seen
        )
    text = f"pods have {', '.join(named)}"
    return passed(resource, text, cluster=cluster.name, positive=True, **seen)
