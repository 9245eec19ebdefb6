from typing import Any

import botocore.session


def connect(service: str, region: str = "us-east-1", **more: Any) -> Any:
    return botocore.session.get_session().create_client(service, region_name=region, **more)


class Aws:
    """Clients of one region, and the few steps most tests begin with."""

    def __init__(self, region: str = "us-east-1") -> None:
        self.region = region
        self.ec2: Any = connect("ec2", region)
        self.eks: Any = connect("eks", region)
        self.iam: Any = connect("iam", region)

    def client(self, service: str) -> Any:
        return connect(service, self.region)

    def vpc(self, cidr: str = "10.0.0.0/16") -> str:
        return self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def block_states(self, vpc: str, cidr: str, looks: int) -> list[str]:
        """Return how the VPC's block stands at each of some looks; "" when it is not shown."""
        states = []
        for _ in range(looks):
            blocks = self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
            shown = [
                each["CidrBlockState"]["State"] for each in blocks if each["CidrBlock"] == cidr
            ]
            states.append(shown[0] if shown else "")
        return states

    def subnet(self, vpc: str, cidr: str, zone: str = "a") -> str:
        made = self.ec2.create_subnet(
            VpcId=vpc, CidrBlock=cidr, AvailabilityZone=self.region + zone
        )
        return made["Subnet"]["SubnetId"]

    def free(self, subnet: str) -> int:
        found = self.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
        return found[0]["AvailableIpAddressCount"]

    def cluster(self, subnets: list[str], name: str = "payments", **more: Any) -> dict[str, Any]:
        config = {"subnetIds": subnets, **more.pop("config", {})}
        role = "arn:aws:iam::111122223333:role/payments"
        made = self.eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig=config, **more)
        return made["cluster"]

    def two_subnets(self) -> tuple[str, list[str]]:
        vpc = self.vpc()
        return vpc, [self.subnet(vpc, "10.0.0.0/27"), self.subnet(vpc, "10.0.1.0/27", "b")]

    def x_enis(self, name: str = "payments") -> list[dict[str, Any]]:
        wanted = [{"Name": "description", "Values": [f"Amazon EKS {name}"]}]
        return self.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
