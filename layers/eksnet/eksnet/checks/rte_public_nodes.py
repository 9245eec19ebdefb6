"""Managed nodes in public subnets: whether they get the public address they need."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import NodeGroup
from eksnet.model.finding import Severity
from eksnet.model.resource import node_group_resource
from eksnet.model.snapshot import Facet, Snapshot, cluster_by_name, subnet_by_id
from eksnet.network.routes import public, table_by_subnet

OWN_ADDRESSES_UNTIL = dt.datetime(2020, 4, 22, tzinfo=dt.UTC)  # EKS user guide, network-reqs


@check(
    id="RTE003",
    title="Public subnets of node groups give their nodes public addresses",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.NODE_GROUPS, Facet.SUBNETS, Facet.ROUTE_TABLES},
    source=CLUSTER_SUBNETS,
    rules=(41,),
    since="0.1.0",
)
def public_address_on_launch(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """In a public subnet a node without a public address has no way to the internet.

    Since 22 April 2020 EKS leaves public addresses to the subnet. A managed node group in a public
    subnet that does not assign them launches nodes that may not reach the cluster or the image
    registries, and fails.

    **Passes** where none of the node group's subnets is public, or each public one has
    MapPublicIpOnLaunch, or the node group is older than that day. **Fails** where a public one has
    not; medium where a launch template may ask for the address itself. A node group with a subnet
    whose route table is not seen can't pass.

    **What to do.** Move the node group to private subnets. Where it has to stay, set
    MapPublicIpOnLaunch on the subnet.
    """
    for group in snapshot.node_groups:
        if group.cluster in cluster_by_name(snapshot):
            yield _verdict(snapshot, group)


def _verdict(snapshot: Snapshot, group: NodeGroup) -> Answer:
    resource = node_group_resource(group)
    tables, subnets = table_by_subnet(snapshot), subnet_by_id(snapshot)
    ids = sorted(set(group.subnet_ids))
    unseen = [each for each in ids if each not in tables]
    without = [
        each
        for each in ids
        if each in tables and public(tables[each]) and not subnets[each].map_public_ip
    ]
    seen: dict[str, Any] = {"subnets": ids, "public_without_addresses": without}
    if group.created_at is not None and group.created_at < OWN_ADDRESSES_UNTIL:
        text = "the node group is from before 22 April 2020 and assigns addresses itself"
        return passed(resource, text, cluster=group.cluster, positive=True, **seen)
    if without:
        template = group.launch_template_id
        return failed(
            resource,
            f"public subnets without MapPublicIpOnLaunch: {', '.join(without)}",
            cluster=group.cluster,
            severity=Severity.MEDIUM if template else Severity.HIGH,
            positive=all(each in tables[each].subnet_ids for each in without),
            launch_template=template,
            **seen,
        )
    if unseen or not ids:
        return _no_tables(group, unseen)
    text = f"no public subnet without MapPublicIpOnLaunch among {len(ids)}"
    return passed(resource, text, cluster=group.cluster, **seen)


def _no_tables(group: NodeGroup, unseen: list[str]) -> Unseen:
    return Unseen(
        resource=node_group_resource(group),
        cluster=group.cluster,
        api="ec2:DescribeRouteTables",
        error="NotFound",
        message=f"route tables not seen of: {', '.join(unseen) or 'no subnet at all'}",
    )
