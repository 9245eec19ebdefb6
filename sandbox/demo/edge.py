"""Account 333344445555: the edge, and a region in which not everything may be read."""

import datetime as dt

from sandbox import denials
from sandbox.demo.fleet import DemoCluster, good_cluster
from sandbox.demo.network import Site

OLD_DAYS, YOUNG_DAYS = 9.0, 1 / 1440  # the CNI leaves one younger than 5 minutes alone


def virginia(account: str, now: dt.datetime) -> None:
    """Fill us-east-1."""
    site = Site(account, "us-east-1", now)
    network = site.network("edge", "10.60", control_prefix=28, single_nat=True)
    cluster = DemoCluster(
        network,
        "edge",
        cni={
            "WARM_ENI_TARGET": "2",
            "WARM_IP_TARGET": "3",
            "MINIMUM_IP_TARGET": "9",
            "DISABLE_LEAKED_ENI_CLEANUP": "true",
        },
    )
    site.fill(network.control[0], 8, used_by="resize-images")
    cluster.node_group()
    for subnet in network.node[:2]:
        site.flow_log(subnet.id)
    for days in (OLD_DAYS, YOUNG_DAYS, None):
        cluster.leak(network.node[0], days=days)


def ireland(account: str, now: dt.datetime) -> None:
    """Fill eu-west-1 and refuse two reads there."""
    site = Site(account, "eu-west-1", now)
    network = site.network("auto-apps", "10.70")
    DemoCluster(network, "auto-apps", auto_mode=True)
    good_cluster(site, "previews", "10.71", nodes=2)
    denials.add(
        denials.Denial(operation="ec2:DescribeFlowLogs", account=account, region=site.region),
        denials.Denial(
            operation="eks:DescribeAddon",
            account=account,
            region=site.region,
            resource="previews",
        ),
    )
