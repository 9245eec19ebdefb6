"""Room for pods: one more block for the VPC, and in it a subnet for each zone that has nodes."""

import inspect

from eksnet.capacity.pod_need import pod_need
from eksnet.capacity.pod_notes import place_notes, size_notes
from eksnet.cni.publication import publication
from eksnet.model.finding import Finding, Unread
from eksnet.model.plan import CannotFix
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.network.carving import carve
from eksnet.plan.draft import Draft
from eksnet.remedies.remedy import Choices, Remedy, refuse, refusing
from eksnet.remedies.secondary_cidr.ground import (
    PODS,
    SEEN,
    block_of,
    cluster_of,
    require_open_acl,
    sites_of,
    sized,
    table_of,
)
from eksnet.remedies.secondary_cidr.steps import RECOGNISES, Room, making, offering, rests_on

NAME = "secondary-cidr"


@refusing
def propose_block(snapshot: Snapshot, finding: Finding, choices: Choices) -> Draft:
    """Pods that find no address get a range of their own, of which nobody else runs short.

    The block comes from 100.64.0.0/10, or from the pool that is given. It is one that EC2 accepts
    beside the VPC's blocks, and it overlaps no route's destination, no peer, no service or remote
    range of a cluster and nothing that is to be avoided; VPCs of the account and pending peerings
    are passed over while there is room elsewhere. Direct Connect shows in the routes alone.

    It is as small as serves: node groups at their maximum, each node full of pods by the model of
    the VPC CNI, 30 % growth, and 256 addresses at least. Each zone in which nodes live gets one
    subnet with the route table of its nodes. Local Zones and Outposts are left out.

    Subnets are offered last, when their routes are there: by the tag kubernetes.io/role/cni, or
    with custom networking by the ENIConfigs of the add-on's configuration. ENIConfigs that live in
    Kubernetes alone are a step for a person, whose text the plan holds.

    **Refuses**, by the name of the rule: ``nodes-not-pods`` for anything but pods; ``ipv6``,
    ``auto-mode``, ``fargate`` where the VPC CNI takes no such subnet; ``cni-unread``,
    ``no-discovery``, ``eni-config-names`` where it would not find one; ``addon-unhealthy`` where
    its settings can't be changed; ``no-prefixes`` for a reservation that it can't use;
    ``shared-vpc`` and ``unseen``; ``no-such-zone``, ``egress-differs``, ``public-egress``,
    ``network-acl`` where the subnets would not be as the nodes' are; ``too-small``,
    ``too-large``; and the rules of ``eksnet cidr check``, ``no-free-block``, ``peering-pending``.

    **Afterwards.** Nodes take the new subnets for new network interfaces only: replace full ones.
    EKS recognises a new block within an hour. Peers and transit gateways learn no route to it.
    """
    cluster = cluster_of(snapshot, finding)
    way = publication(snapshot, cluster)
    if isinstance(way, CannotFix):
        refuse(way.rule, way.reason, way.advice)
    if choices.reserve_prefixes and not way.prefixes:
        refuse("no-prefixes", "the cluster's CNI takes single addresses: a reservation hides them")
    sites, left_out = sites_of(snapshot, cluster, finding.resource.id.rpartition("/")[2])
    tables = tuple(table_of(snapshot, each, way) for each in sites)
    require_open_acl(snapshot, cluster)
    need = pod_need(snapshot, cluster)
    if isinstance(need, Unread):
        refuse("cni-unread", f"what nodes take can't be modelled: {need.api}, {need.error}")
    size, prefix = sized(sites, need, choices)
    whole, warnings = block_of(snapshot, cluster, prefix, choices)
    pieces = carve(whole, size.lengths or ())
    room = Room(cluster=cluster, sites=sites, tables=tables, block=whole, pieces=pieces)
    steps = tuple(making(snapshot, room, choices))
    offers, manual = offering(snapshot, room, way, len(steps))
    notes = (
        *size_notes(sites, need, size, prefix),
        *place_notes(snapshot, sites, tables, way.settings, whole),
        RECOGNISES,
    )
    return Draft(
        remedy=NAME,
        vpc_id=cluster.vpc_id,
        steps=(*steps, *offers),
        manual=manual,
        rests_on=tuple(rests_on(room)),
        notes=(*warnings, *left_out, *notes),
    )


REMEDY = Remedy(
    name=NAME,
    title="One more block for the VPC, with a pod subnet in each zone",
    checks=(PODS,),
    needs=SEEN | {Facet.ADDON_VPC_CNI, Facet.QUOTAS, Facet.VPC_ENDPOINTS, Facet.SECURITY_GROUPS},
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
    propose=propose_block,
    doc=inspect.getdoc(propose_block) or "",
)
