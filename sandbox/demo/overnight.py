"""What happens between the demo's two audits: something breaks, something is mended."""

from typing import Any

import boto3

from sandbox.organization import REGIONS

TAKEN = 8  # of the 12 addresses that were free


def happen() -> None:
    """Change three things in the shops' account, through the API as people do."""
    ec2, eks = (boto3.client(service, region_name=REGIONS[0]) for service in ("ec2", "eks"))
    _pods_take_addresses(ec2)
    _a_flow_log_is_deleted(ec2, eks)
    eks.update_cluster_config(
        name="checkout-legacy",
        resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]},
    )


def _pods_take_addresses(ec2: Any) -> None:
    (subnet,) = ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.21.8.64/27"]}])[
        "Subnets"
    ]
    for _ in range(TAKEN):
        ec2.create_network_interface(SubnetId=subnet["SubnetId"], Description="batch import")


def _a_flow_log_is_deleted(ec2: Any, eks: Any) -> None:
    vpc = eks.describe_cluster(name="payments")["cluster"]["resourcesVpcConfig"]["vpcId"]
    logs = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
    ec2.delete_flow_logs(FlowLogIds=[each["FlowLogId"] for each in logs])
