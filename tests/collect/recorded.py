"""Raw AWS answers of a small healthy account, as `aws` prints them, and the folders they fill."""

import datetime as dt
import json
import pathlib
from typing import Any

from eksnet.collect.dump import read_dump
from eksnet.model.snapshot import Blind, Facet, Snapshot

ACCOUNT, REGION = "111122223333", "eu-west-1"
Raw = dict[str, Any]


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def cluster(name: str = "payments", **parts: object) -> Raw:
    return {
        "cluster": {
            "name": name,
            "arn": arn("eks", f"cluster/{name}"),
            "createdAt": "2026-01-05T10:00:00+01:00",
            "version": "1.33",
            "status": "ACTIVE",
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/service/{name}-role",
            "resourcesVpcConfig": {
                "vpcId": "vpc-0a",
                "subnetIds": ["subnet-0a", "subnet-0b"],
                "clusterSecurityGroupId": "sg-0c",
                "endpointPublicAccess": False,
                "endpointPrivateAccess": True,
            },
            **parts,
        }
    }


def subnet(subnet_id: str = "subnet-0a", zone: str = f"{REGION}a", **parts: object) -> Raw:
    return {
        "SubnetId": subnet_id,
        "SubnetArn": f"arn:aws:ec2:{zone[:-1]}:{ACCOUNT}:subnet/{subnet_id}",
        "VpcId": "vpc-0a",
        "OwnerId": ACCOUNT,
        "CidrBlock": "10.0.0.0/24" if zone.endswith("a") else "10.0.1.0/24",
        "AvailabilityZone": zone,
        "AvailabilityZoneId": f"euw1-az{'abc'.index(zone[-1]) + 1}",
        "AvailableIpAddressCount": 200,
        "State": "available",
        **parts,
    }


def eni(eni_id: str = "eni-0a", **parts: object) -> Raw:
    return {
        "NetworkInterfaceId": eni_id,
        "SubnetId": "subnet-0a",
        "VpcId": "vpc-0a",
        "AvailabilityZone": f"{REGION}a",
        "OwnerId": ACCOUNT,
        "Status": "in-use",
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.0.0.9"}],
        "TagSet": [{"Key": "node.k8s.amazonaws.com/instance_id", "Value": "i-0a"}],
        **parts,
    }


def node_group(name: str = "workers", owner: str = "payments") -> Raw:
    return {
        "nodegroup": {
            "nodegroupName": name,
            "nodegroupArn": arn("eks", f"nodegroup/{owner}/{name}/1"),
            "clusterName": owner,
            "status": "ACTIVE",
            "subnets": ["subnet-0a"],
            "instanceTypes": ["m5.large"],
            "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
        }
    }


def profile(name: str = "jobs", owner: str = "payments") -> Raw:
    return {
        "fargateProfile": {
            "fargateProfileName": name,
            "fargateProfileArn": arn("eks", f"fargateprofile/{owner}/{name}/1"),
            "clusterName": owner,
            "status": "ACTIVE",
            "subnets": ["subnet-0a"],
        }
    }


def addon(name: str = "vpc-cni", owner: str = "payments") -> Raw:
    return {
        "addon": {
            "addonName": name,
            "clusterName": owner,
            "addonArn": arn("eks", f"addon/{owner}/{name}/1"),
            "addonVersion": "v1.20.4-eksbuild.1",
            "status": "ACTIVE",
        }
    }


INSTANCE_TYPE = {
    "InstanceType": "m5.large",
    "NetworkInfo": {"MaximumNetworkInterfaces": 3, "Ipv4AddressesPerInterface": 10},
}
PREFIXED = eni(Ipv4Prefixes=[{"Ipv4Prefix": "10.0.0.16/28"}])
RESERVED = {
    "SubnetCidrReservationId": "scr-0a",
    "SubnetId": "subnet-0a",
    "Cidr": "10.0.0.128/25",
    "ReservationType": "prefix",
}
EMPTY = (
    "RouteTables SecurityGroups NetworkAcls FlowLogs NatGateways VpcEndpoints "
    "VpcPeeringConnections TransitGatewayVpcAttachments"
).split()


def account() -> dict[str, Raw]:
    """Return every file of a whole recording of one cluster, by name."""
    attribute = {"VpcId": "vpc-0a"}
    return {
        "eks-list-clusters": {"clusters": ["payments"]},
        "eks-describe-cluster-payments": cluster(),
        "eks-list-nodegroups-payments": {"nodegroups": ["workers"]},
        "eks-describe-nodegroup-payments.workers": node_group(),
        "eks-list-fargate-profiles-payments": {"fargateProfileNames": ["jobs"]},
        "eks-describe-fargate-profile-payments.jobs": profile(),
        "eks-list-addons-payments": {"addons": ["vpc-cni", "metrics-server"]},
        "eks-describe-addon-payments.vpc-cni": addon(),
        "iam-list-attached-role-policies-payments-role": {
            "AttachedPolicies": [{"PolicyName": "A", "PolicyArn": "arn:aws:iam::aws:policy/A"}]
        },
        "describe-vpc-attribute-1": {**attribute, "EnableDnsSupport": {"Value": True}},
        "describe-vpc-attribute-2": {**attribute, "EnableDnsHostnames": {"Value": False}},
        "describe-vpcs": {
            "Vpcs": [{"VpcId": "vpc-0a", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16"}]
        },
        "describe-subnets": {"Subnets": [subnet(), subnet("subnet-0b", f"{REGION}b")]},
        "describe-network-interfaces": {"NetworkInterfaces": [PREFIXED]},
        "describe-instances": {
            "Reservations": [
                {
                    "OwnerId": ACCOUNT,
                    "Instances": [
                        {
                            "InstanceId": "i-0a",
                            "InstanceType": "m5.large",
                            "VpcId": "vpc-0a",
                            "SubnetId": "subnet-0a",
                            "State": {"Name": "running"},
                            "LaunchTime": "2026-01-05 09:00:00+00:00",
                            "Tags": [{"Key": "eks:cluster-name", "Value": "payments"}],
                        }
                    ],
                }
            ]
        },
        "describe-availability-zones": {
            "AvailabilityZones": [{"ZoneName": f"{REGION}a", "ZoneId": "euw1-az1"}]
        },
        "service-quotas-list-service-quotas": {
            "Quotas": [
                {
                    "ServiceCode": "vpc",
                    "QuotaArn": arn("servicequotas", "vpc/L-DF5E4CA3"),
                    "QuotaCode": "L-DF5E4CA3",
                    "QuotaName": "Network interfaces per Region",
                    "Value": 5000.0,
                }
            ]
        },
        "describe-instance-types": {"InstanceTypes": [INSTANCE_TYPE]},
        "get-subnet-cidr-reservations-subnet-0a": {
            "SubnetIpv4CidrReservations": [RESERVED],
            "SubnetIpv6CidrReservations": [],
        },
        **{f"describe-{key}": {key: []} for key in EMPTY},
    }


def fill(folder: pathlib.Path, files: dict[str, Raw]) -> pathlib.Path:
    """Write each answer to its file and return the folder."""
    folder.mkdir(exist_ok=True)
    for name, raw in files.items():
        (folder / f"{name}.json").write_text(json.dumps(raw, indent=4), encoding="utf-8")
    return folder


NOW = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


def read(
    folder: pathlib.Path, files: dict[str, Raw], *, partial: bool = False, **options: str
) -> Snapshot:
    return read_dump(
        fill(folder, files),
        options.get("account"),
        options.get("region"),
        partial=partial,
        captured_at=NOW,
    )


def blind(snapshot: Snapshot, facet: Facet) -> Blind:
    (only,) = (each for each in snapshot.blinds if each.facet is facet)
    return only


def without(*names: str) -> dict[str, Raw]:
    files = account()
    for name in names:
        del files[name]
    return files
