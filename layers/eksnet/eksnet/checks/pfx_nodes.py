"""The nodes of clusters in prefix mode: those that can't, those that do half, those that should."""

import re
from collections.abc import Iterator
from typing import Any

from eksnet.capacity.node_need import cluster_settings
from eksnet.capacity.node_types import IN_TEMPLATE, node_types
from eksnet.capacity.prefix_mode import interfaces_by_node, settled
from eksnet.cni.effective import Effective, without_nitro
from eksnet.cni.env_vars import read_flag, read_version
from eksnet.cni.limits import limits as known_types
from eksnet.cni.membership import nodes_by_cluster
from eksnet.cni.precedence import IPV6, PREFIX_DELEGATION, REFUSED
from eksnet.cni.settings import ADDON
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import Eni
from eksnet.model.resource import cluster_resource, instance_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, addon_by_cluster_and_name

PREFIX_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html"
USER_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/cni-increase-ip-addresses.html"
NODES = frozenset(
    {Facet.CLUSTERS, Facet.NODE_GROUPS, Facet.INSTANCES, Facet.NETWORK_INTERFACES}
)  # from which the types of a cluster's nodes are known
METAL_SINCE = (1, 11, 0)  # VPC CNI README, ENABLE_PREFIX_DELEGATION: bare metal from 1.11.0
UNTOLD = Unread(api="ec2:DescribeInstanceTypes", error="NotListed")
METAL = "metal"  # EC2 instance types guide: how the sizes of bare metal types begin
NITRO = "nitro"  # EC2 API reference, InstanceTypeInfo: hypervisor
# EC2 instance types guide, "Accelerated computing": the families with GPUs or like chips
ACCELERATED = re.compile(r"(p\d|g\d|gr\d|trn\d|inf\d|dl\d)")


@check(
    id="PFX007",
    title="Prefix delegation is set where nodes can use it",
    severity=Severity.HIGH,
    needs={*NODES, Facet.ADDON_VPC_CNI},
    wants={Facet.INSTANCE_TYPES},
    source=PREFIX_GUIDE,
    rules=(66, 97),
    since="0.2.0",
)
def able_nodes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """A node without Nitro falls back to single addresses and says nothing about it.

    It then holds far fewer pods than its max-pods promises. With IPv6 the CNI does not even start
    there. A VPC CNI before 1.9.0 knows no prefixes; one before 1.11.0 none on bare metal.

    **Passes** where each instance type of the node groups and of the running nodes has Nitro or is
    bare metal and the VPC CNI is new enough, and where prefix delegation is not set. **Fails** high
    where the CNI does not start, else medium. A type that nothing tells about is unknown, and so is
    a node group without nodes whose launch template names its types. Windows nodes are left out.

    **What to do.** Replace the node groups of the types named by ones on Nitro, or update the VPC
    CNI add-on.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield _unseen(resource, cluster, settings, "the VPC CNI's settings were not read")
        else:
            yield _able(snapshot, resource, cluster, settings)


def _able(snapshot: Snapshot, resource: Resource, cluster: Cluster, settings: Effective) -> Answer:
    wanted, told = settings.settings[PREFIX_DELEGATION], node_types(snapshot, cluster)
    types = list(told.names)
    version = addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version
    seen: dict[str, Any] = {"instance_types": types, "version": version}
    if read_flag(wanted.given) and wanted.ignored:
        text = f"{PREFIX_DELEGATION}=true does nothing: {wanted.ignored}, the add-on is {version}"
        return failed(resource, text, cluster=cluster.name, severity=Severity.MEDIUM, **seen)
    if not (settings.flag(PREFIX_DELEGATION) or settings.flag(IPV6)):
        return passed(resource, "prefix delegation is not set", cluster=cluster.name, **seen)
    nitro = {name: _nitro(snapshot, name, version) for name in types}
    unable = [name for name, able in nitro.items() if able is False]
    if unable:
        found = without_nitro(settings)
        refused = any(each.rule in REFUSED for each in found)
        said = "; ".join(each.statement for each in found)
        if all(name.partition(".")[2].startswith(METAL) for name in unable):
            said = f"bare metal takes prefixes from VPC CNI 1.11.0 on, the add-on is {version}"
        text = f"{', '.join(unable)}: {said}"
        severity = Severity.HIGH if refused else Severity.MEDIUM
        return failed(
            resource, text, cluster=cluster.name, severity=severity, unable=unable, **seen
        )
    untold = [name for name, able in nitro.items() if able is None]
    if untold:
        text = f"whether {', '.join(untold)} takes prefixes is not known"
        return _unseen(resource, cluster, UNTOLD, text)
    if told.untold:
        return _unseen(resource, cluster, IN_TEMPLATE, told.missing)
    text = f"{counted(len(types), 'instance type')}, each can take prefixes"
    return passed(resource, text, cluster=cluster.name, **seen)


def _nitro(snapshot: Snapshot, name: str, version: str) -> bool | None:
    """Tell whether a type takes prefixes: what EC2 said of it, else the CNI's own table."""
    told = next((each for each in snapshot.instance_types if each.name == name), None)
    known = known_types().get(name)
    if told and told.hypervisor and not told.bare_metal:
        return told.hypervisor == NITRO
    if (told and told.bare_metal) or (known and known.bare_metal):
        number = read_version(version)
        return None if number is None else number >= METAL_SINCE
    return known.nitro if known else None


@check(
    id="PFX008",
    title="No node mixes prefixes and single pod addresses",
    severity=Severity.MEDIUM,
    needs=NODES,
    source=PREFIX_GUIDE,
    rules=(108, 118),
    since="0.2.0",
)
def no_mixed_node(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """A node that was there when prefix mode was switched on or off holds both kinds.

    Its max-pods is of one mode, its interfaces are of the other, so that it runs out early or keeps
    what no pod can use. The user guide asks to replace such nodes instead of switching under them.

    **Passes** once a cluster where no node holds both. **Fails** for each node whose interfaces
    hold prefixes and single addresses beside each interface's first. Trunks, branches and
    interfaces tagged node.k8s.amazonaws.com/no_manage are not the pods' and are left out. Windows
    nodes are judged as well.

    **What to do.** Make a new node group for the new mode, then cordon and drain the old nodes.
    """
    for cluster in snapshot.clusters:
        nodes = nodes_by_cluster(snapshot).get(cluster.name, ())
        held = {node.id: interfaces_by_node(snapshot).get(node.id, ()) for node in nodes}
        mixed = sorted(
            node_id for node_id, enis in held.items() if _singles(enis) and _prefixes(enis)
        )
        for node_id in mixed:
            prefixes, singles = _prefixes(held[node_id]), _singles(held[node_id])
            yield failed(
                instance_resource(snapshot, node_id),
                f"/28 prefixes: {prefixes}, single addresses beside them: {singles}",
                cluster=cluster.name,
                positive=True,
                prefixes=prefixes,
                single_addresses=singles,
            )
        if not mixed:
            text = f"none of {counted(len(nodes), 'node')} holds both kinds"
            mine = cluster_resource(snapshot, cluster)
            yield passed(mine, text, cluster=cluster.name, nodes=len(nodes))


def _prefixes(enis: tuple[Eni, ...]) -> int:
    return sum(len(eni.prefixes) for eni in enis)


def _singles(enis: tuple[Eni, ...]) -> int:
    return sum(max(len(eni.private_ips) - 1, 0) for eni in enis)


@check(
    id="PFX009",
    title="Nodes with accelerators take prefixes",
    severity=Severity.LOW,
    needs={*NODES, Facet.ADDON_VPC_CNI},
    wants={Facet.INSTANCE_TYPES},
    source=USER_GUIDE,
    rules=(111,),
    since="0.2.0",
)
def accelerated_nodes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Training and inference start many pods at once, on nodes too dear to wait for addresses.

    One prefix brings sixteen addresses with one call to EC2, so that pods of a burst start sooner
    and the account's rate of calls is spared.

    **Passes** where prefix delegation is on or IPv6 makes it needless, and where no instance type
    is of an accelerated family (P, G, Trn, Inf, DL) that can take prefixes: those without Nitro
    can't. **Fails**, low, where one is without it. A type of these families that nothing tells
    about is unknown, and so is a node group without nodes whose launch template names its types.

    **What to do.** Switch prefix delegation on with a new node group for these types, once PFX001's
    blocks are there.
    """
    for cluster in snapshot.clusters:
        resource, told = cluster_resource(snapshot, cluster), node_types(snapshot, cluster)
        found = [name for name in told.names if ACCELERATED.match(name)]
        settings = cluster_settings(snapshot, cluster)
        if not found and not told.untold:
            text = "no node of an accelerated type runs the VPC CNI"
            yield passed(resource, text, cluster=cluster.name)
        elif isinstance(settings, Unread):
            yield _unseen(resource, cluster, settings, "the VPC CNI's settings were not read")
        elif settings.flag(IPV6) or settings.flag(PREFIX_DELEGATION):
            text = "pods get prefixes wherever the type takes them"
            yield passed(resource, text, cluster=cluster.name, instance_types=found)
        else:
            yield _without(snapshot, resource, cluster, found)


def _without(
    snapshot: Snapshot, resource: Resource, cluster: Cluster, accelerated: list[str]
) -> Answer:
    """Answer where prefix delegation is off."""
    version = addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version
    nitro = {name: _nitro(snapshot, name, version) for name in accelerated}
    able = [name for name, takes in nitro.items() if takes]
    seen: dict[str, Any] = {"instance_types": accelerated}
    if able:
        text = f"{', '.join(able)} take single addresses: prefix delegation is off"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    unknown = [name for name, takes in nitro.items() if takes is None]
    if unknown:
        text = f"whether {', '.join(unknown)} takes prefixes is not known"
        return _unseen(resource, cluster, UNTOLD, text)
    told = node_types(snapshot, cluster)
    if told.untold:
        return _unseen(resource, cluster, IN_TEMPLATE, told.missing)
    text = f"{', '.join(accelerated)} can't take prefixes: without Nitro"
    return passed(resource, text, cluster=cluster.name, **seen)


def _unseen(resource: Resource, cluster: Cluster, why: Unread, text: str) -> Unseen:
    return Unseen(
        resource=resource, cluster=cluster.name, api=why.api, error=why.error, message=text
    )
