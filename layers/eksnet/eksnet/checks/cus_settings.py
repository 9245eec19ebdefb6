"""Custom networking: the settings around it, and the nodes that are older than it."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.branch import UNNAMED, cni_nodes
from eksnet.cni.eni import INSTANCE_TAG, EniClass, class_by_eni
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY, LABEL, ZONE_LABELS
from eksnet.cni.precedence import PREFIX_DELEGATION
from eksnet.cni.settings import CniSettings
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.network import Eni, Instance
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, derived, grouped

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/custom-networking.html"
README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
ZONE_LABEL = "topology.kubernetes.io/zone"  # EKS best practices, custom networking
DEFAULT_LABEL = "k8s.amazonaws.com/eniConfig"  # README of the VPC CNI: ENI_CONFIG_LABEL_DEF


def _on(settings: CniSettings) -> bool:
    return settings.flag(CUSTOM_NETWORKING, default=False)


@check(
    id="CUS004",
    title="Nodes find their ENIConfig by the zone they are in",
    severity=Severity.MEDIUM,
    needs=NEEDS | {Facet.ZONES},
    source=GUIDE,
    rules=(122,),
    since="0.2.0",
)
def zone_label(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A node that must be labelled by hand is a node whose pods wait until somebody does.

    ENI_CONFIG_LABEL_DEF names the label in which a node finds the name of its ENIConfig. Every node
    has topology.kubernetes.io/zone from the start; failure-domain.beta.kubernetes.io/zone is
    deprecated and one day gone; any other label has to be put on each node before its first pod.

    **Passes** with the zone label; with another label where the ENIConfigs have names of their own,
    as several pod subnets in one zone need. **Fails** with the deprecated label, and with another
    one where the ENIConfigs are named after zones. **Unknown** with another label where the add-on
    makes no ENIConfig: their names are visible only in Kubernetes. Judged with custom networking
    on only.

    **What to do.** Set ENI_CONFIG_LABEL_DEF to topology.kubernetes.io/zone in the add-on's
    configuration and name each ENIConfig after its zone.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        elif _on(settings):
            yield _label_verdict(snapshot, cluster, settings)


def _label_verdict(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Answer:
    resource, label = cluster_resource(snapshot, cluster), settings.env.get(LABEL, DEFAULT_LABEL)
    names = sorted(config.name for config in settings.eni_configs)
    zones = sorted(set(names) & {zone.name for zone in snapshot.zones})
    seen: dict[str, Any] = {"label": label, "eni_configs": names}
    if label == ZONE_LABEL:
        text = f"nodes are matched by {label}"
        return passed(resource, text, cluster=cluster.name, positive=True, **seen)
    if label in ZONE_LABELS:
        text = f"nodes are matched by {label}, which is deprecated"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    told = "" if LABEL in settings.env else f" ({UNNAMED})"
    if zones:
        text = f"ENIConfig {', '.join(zones)}, but nodes are matched by {label}{told}"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    if names:
        text = f"nodes are matched by {label} with {', '.join(names)}{told}"
        return passed(resource, text, cluster=cluster.name, **seen)
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api="kubernetes:eniconfigs",
        error="NotRead",
        message=f"nodes are matched by {label}; what the ENIConfigs are named was not read",
    )


@check(
    id="CUS005",
    title="What is set up for custom networking has an effect",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(121, 141),
    since="0.2.0",
)
def no_idle_setup(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """ENIConfigs without custom networking are read by nobody: pods stay in the nodes' subnets.

    Who set them up believes that pods have their own subnets and security groups. The other way
    round, subnet discovery does nothing beside custom networking: the ENIConfig alone names the
    subnet, whatever is tagged.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with ENIConfigs and custom networking on. **Fails** medium with ENIConfigs while it
    is off, low with ENI_CONFIG_LABEL_DEF while it is off or with ENABLE_SUBNET_DISCOVERY=true
    beside it. Judged where either is set in the add-on.

    **What to do.** Set AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG to true and replace the nodes, or take
    the ENIConfigs out of the add-on's configuration.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        elif _on(settings) or settings.eni_configs or LABEL in settings.env:
            yield _effect_verdict(snapshot, cluster, settings)


def _effect_verdict(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Answer:
    resource, on = cluster_resource(snapshot, cluster), _on(settings)
    names = sorted(config.name for config in settings.eni_configs)
    seen: dict[str, Any] = {"custom_networking": on, "eni_configs": names}
    text, severity = "custom networking is on, and nothing set beside it is ignored", None
    told = "" if CUSTOM_NETWORKING in settings.env else f" ({UNNAMED})"
    if not on and names:
        text = f"custom networking is off{told}: ENIConfig {', '.join(names)} unused"
        severity = _MEDIUM
    elif not on:
        text, severity = f"custom networking is off{told}: {LABEL} has no effect", _LOW
    elif DISCOVERY in settings.env and settings.flag(DISCOVERY, default=True):
        text, severity = f"custom networking is on: {DISCOVERY}=true has no effect", _LOW
    if severity is None:
        return passed(resource, text, cluster=cluster.name, positive=True, **seen)
    return failed(resource, text, cluster=cluster.name, severity=severity, positive=True, **seen)


_MEDIUM, _LOW = Severity.MEDIUM, Severity.LOW


@check(
    id="CUS006",
    title="Custom networking comes with prefix delegation",
    severity=Severity.LOW,
    needs=NEEDS,
    source=GUIDE,
    rules=(136,),
    since="0.2.0",
)
def with_prefixes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Custom networking takes a node's primary interface away from the pods.

    An m5.large then holds 20 pods instead of 29. Prefix delegation gives that density back: each
    slot carries sixteen addresses, and the pod subnet, which is new and large, has the room.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with ENABLE_PREFIX_DELEGATION on. **Fails** without. Judged with custom networking
    on only.

    **What to do.** Set ENABLE_PREFIX_DELEGATION to true in the add-on's configuration, raise the
    nodes' max-pods (`eksnet max-pods` tells it), and replace the nodes.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        elif _on(settings):
            resource = cluster_resource(snapshot, cluster)
            if settings.flag(PREFIX_DELEGATION, default=False):
                text = "custom networking and prefix delegation are on"
                yield passed(resource, text, cluster=cluster.name, positive=True)
            else:
                told = "" if PREFIX_DELEGATION in settings.env else f" ({UNNAMED})"
                text = f"custom networking is on, prefix delegation is off{told}"
                yield failed(resource, text, cluster=cluster.name, positive=True)


@check(
    id="CUS007",
    title="No node is older than custom networking",
    severity=Severity.MEDIUM,
    needs=NEEDS | {Facet.INSTANCES, Facet.NETWORK_INTERFACES},
    source=GUIDE,
    rules=(137,),
    since="0.2.0",
)
def nodes_renewed(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Turning custom networking on changes new nodes only; the old ones keep what they have.

    Their pods go on taking addresses of the nodes' subnet, with the nodes' security groups, so that
    the shortage stays and rules written for the pod subnets miss them.

    **Passes** where no node has further interfaces in its own subnet, nor more than one address or
    a prefix on its primary interface, which custom networking keeps from pods. **Fails** where some
    have, unless an ENIConfig names that very subnet. **Unknown** where some have and the add-on
    makes no ENIConfig. Judged with custom networking on and interfaces of the CNI seen.

    **What to do.** Replace those nodes: drain them and let the node group launch new ones.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        elif _on(settings):
            yield from _age_verdict(snapshot, cluster, settings)


@derived
def _interfaces_by_instance(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    classes = class_by_eni(snapshot)
    mine = (each for each in snapshot.enis if classes[each.id] is EniClass.CNI_SECONDARY)
    return grouped(mine, lambda eni: (eni.attachment and eni.attachment.instance_id) or "")


@derived
def _pods_on_primary(snapshot: Snapshot) -> frozenset[str]:
    """Return the nodes whose primary interface has addresses for pods and the mark of the CNI."""
    classes = class_by_eni(snapshot)
    return frozenset(
        eni.tags[INSTANCE_TAG]
        for eni in snapshot.enis
        if classes[eni.id] is EniClass.NODE_PRIMARY
        and INSTANCE_TAG in eni.tags
        and (len(eni.private_ips) > 1 or eni.prefixes)
    )


def _at_home(snapshot: Snapshot, node: Instance) -> bool:
    mine = _interfaces_by_instance(snapshot).get(node.id, ())
    return node.id in _pods_on_primary(snapshot) or any(
        eni.subnet_id == node.subnet_id for eni in mine
    )


def _age_verdict(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Iterator[Answer]:
    resource: Resource = cluster_resource(snapshot, cluster)
    told, own = _interfaces_by_instance(snapshot), _pods_on_primary(snapshot)
    nodes = [n for n in cni_nodes(snapshot, cluster) if n.id in told or n.id in own]
    named = {config.subnet_id for config in settings.eni_configs}
    old = sorted(n.id for n in nodes if n.subnet_id not in named and _at_home(snapshot, n))
    if old and not named:
        yield Unseen(
            resource=resource,
            cluster=cluster.name,
            api="kubernetes:eniconfigs",
            error="NotRead",
            message=f"pods of {counted(len(old), 'node')} are in the node's own subnet; whether "
            "an ENIConfig names it, only Kubernetes shows",
        )
    elif old:
        text = f"pods of {counted(len(old), 'node')} still use the node's own subnet"
        yield failed(resource, text, cluster=cluster.name, positive=True, nodes=old)
    elif nodes:
        text = f"the pods of {counted(len(nodes), 'node')} have interfaces in pod subnets only"
        yield passed(resource, text, cluster=cluster.name, nodes=len(nodes))
