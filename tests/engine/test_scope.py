"""A blind's scope: a cluster that is named hides the cluster, whatever else is named."""

import dataclasses

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.engine.select import select
from eksnet.model.finding import Status
from eksnet.model.resource import node_group_resource
from eksnet.model.snapshot import Blind, Facet
from tests.build import cluster, node_group, snapshot, subnet


def test_a_blind_node_group_hides_its_cluster() -> None:
    seen = snapshot(
        clusters=[cluster()],
        node_groups=[node_group()],
        subnets=[subnet("subnet-a"), subnet("subnet-b")],
    )
    hidden = node_group_resource(node_group("spot"))
    blind = Blind(facet=Facet.NODE_GROUPS, api="a", error="b", cluster="payments", resource=hidden)
    found = run(
        dataclasses.replace(seen, blinds=(blind,)), select(catalogue(), ["IPH001"]), Limits()
    )
    assert [(each.status, each.resource.id) for each in found] == [(Status.UNKNOWN, "payments")]
