"""Make the clusters of the demo organization, their nodes and the interfaces of both."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.utils import utcnow
from moto.eks.models import eks_backends
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random

from sandbox.corrections.addons import put_addon
from sandbox.demo.network import Network, Site

CLUSTER_POLICY = "AmazonEKSClusterPolicy"
CONTROLLER_POLICY = "AmazonEKSVPCResourceController"
OFFICE = ("203.0.113.0/24",)  # RFC 5737: a documentation range
GOOD_CNI = {"WARM_IP_TARGET": "2", "MINIMUM_IP_TARGET": "10"}
EARLY_DEMUX = {"env": {"DISABLE_TCP_EARLY_DEMUX": "true"}}  # VPC CNI README: for probes
DNS_PORT = 53  # RFC 1035
PROBE_PORT = 8080  # where the demo's pods say how they are
_EVERY_CLUSTER_POLICY = (CLUSTER_POLICY, CONTROLLER_POLICY)


def _role(account: str, name: str, service: str, policies: Sequence[str]) -> str:
    iam: Any = iam_backends[account]["aws"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        ],
    }
    role = iam.create_role(name, json.dumps(trust), "/", None, "", {}, 3600)
    for policy in policies:
        iam.attach_role_policy(f"arn:aws:iam::aws:policy/{policy}", role.name)
    return str(role.arn)


def _endpoint_and_places(subnets: Sequence[Any], groups: Sequence[Any]) -> dict[str, Any]:
    return {
        "subnetIds": [each.id for each in subnets],
        "securityGroupIds": [each.id for each in groups],
        "endpointPublicAccess": True,
        "endpointPrivateAccess": True,
        "publicAccessCidrs": list(OFFICE),
    }


class DemoCluster:
    """One cluster, made good; whoever makes it spoils it afterwards."""

    def __init__(  # noqa: PLR0913 - a cluster is described by what makes it
        self,
        network: Network,
        name: str,
        *,
        subnets: Sequence[Any] | None = None,
        groups: Sequence[Any] = (),
        policies: Sequence[str] = _EVERY_CLUSTER_POLICY,
        cni: Mapping[str, str] | None = GOOD_CNI,
        auto_mode: bool = False,
    ) -> None:
        """Make the cluster with its role and add-ons; ``cni`` None leaves the CNI unmanaged."""
        self.network, self.site, self.name = network, network.site, name
        self.backend: Any = eks_backends[self.site.account][self.site.region]
        cluster: Any = self.backend.create_cluster(
            name,
            _role(self.site.account, f"{name}-cluster", "eks.amazonaws.com", policies),
            _endpoint_and_places(subnets or network.control, groups),
            tags={"team": name.partition("-")[0], "environment": "production"},
        )
        cluster.created_at = self.site.now - dt.timedelta(days=400)
        cluster.compute_config = {"enabled": auto_mode}
        self.cluster, self.nodes = cluster, list[Any]()
        self.node_role = _role(
            self.site.account,
            f"{name}-node",
            "ec2.amazonaws.com",
            ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"),
        )
        if not auto_mode:
            self._install_addons(cni)

    def _install_addons(self, cni: Mapping[str, str] | None) -> None:
        for addon in ("coredns", "kube-proxy"):
            put_addon(self.backend, self.name, addon)
        if cni is not None:
            text = json.dumps({"env": dict(cni)})
            self.cni = put_addon(self.backend, self.name, "vpc-cni", configuration=text)

    def configure(self, env: Mapping[str, str], **more: Any) -> None:
        """Set the CNI's variables, and what else its add-on takes."""
        self.cni.configuration_values = json.dumps({"env": dict(env), **more})

    @property
    def config(self) -> dict[str, Any]:
        """The cluster's resourcesVpcConfig, to be changed in place."""
        config: dict[str, Any] = self.cluster.resources_vpc_config
        return config

    @property
    def security_group(self) -> str:
        """The id of the cluster security group."""
        return str(self.config["clusterSecurityGroupId"])

    def x_enis(self) -> list[Any]:
        """Return the control plane's interfaces."""
        wanted = f"Amazon EKS {self.name}"
        return [each for each in self.site.ec2.enis.values() if each.description == wanted]

    def issue(self, thing: Any, code: str, message: str, *resource_ids: str) -> None:
        """Let EKS report an issue on the cluster, a node group or an add-on."""
        thing.health["issues"].append(
            {"code": code, "message": message, "resourceIds": list(resource_ids)}
        )

    def node_group(
        self,
        name: str = "general",
        *,
        subnets: Sequence[Any] | None = None,
        instance_type: str = "m5.large",
        nodes: int = 3,
        secondary: int = 3,
    ) -> tuple[Any, list[Any]]:
        """Make a managed node group and its running nodes; return both."""
        places = list(subnets or self.network.node)
        group = self.backend.create_nodegroup(
            self.name,
            self.node_role,
            name,
            [each.id for each in places],
            scaling_config={"minSize": 1, "maxSize": nodes * 2, "desiredSize": nodes},
            instance_types=[instance_type],
            ami_type="AL2023_x86_64_STANDARD",
            version="1.33",
            tags={"team": self.name.partition("-")[0]},
        )
        group.update_config = {"maxUnavailable": 1}
        group.created_at = self.site.now - dt.timedelta(days=200)
        return group, [
            self.node(places[i % len(places)], instance_type, name, secondary=secondary)
            for i in range(nodes)
        ]

    def node(self, subnet: Any, instance_type: str, group: str, *, secondary: int = 3) -> Any:
        """Run a node with its primary interface and one more of the CNI's."""
        owned = f"kubernetes.io/cluster/{self.name}"
        tags = {
            "Name": f"{self.name}-{group}",
            "eks:cluster-name": self.name,
            "eks:nodegroup-name": group,
            owned: "owned",
        }
        reservation = self.site.ec2.run_instances(
            "ami-0abcdef1234567890",
            1,
            None,
            [],
            security_group_ids=[self.security_group],
            instance_type=instance_type,
            subnet_id=subnet.id,
            region_name=self.site.region,
            is_instance_type_default=True,
            tags={"instance": tags},
        )
        instance = reservation.instances[0]
        self.nodes.append(instance)
        instance.launch_time = self.site.now - dt.timedelta(days=20)
        first = instance.nics[0]
        first.add_tags({"node.k8s.amazonaws.com/instance_id": instance.id})
        self.site.ec2.assign_private_ip_addresses(first.id, None, secondary)
        self.cni_eni(instance, subnet, secondary=secondary)
        return instance

    def cni_eni(self, instance: Any, subnet: Any, *, index: int = 1, secondary: int = 3) -> Any:
        """Attach an interface to the node as ipamd does."""
        eni = self._eni(
            subnet, f"aws-K8S-{instance.id}", self._cni_tags(instance.id), secondary=secondary
        )
        instance.attach_eni(eni, index)
        eni.delete_on_termination = True
        return eni

    def _cni_tags(self, instance_id: str, days: float = 20) -> dict[str, str]:
        born = self.site.now - dt.timedelta(days=days)
        return {
            "node.k8s.amazonaws.com/instance_id": instance_id,
            "node.k8s.amazonaws.com/createdAt": born.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cluster.k8s.amazonaws.com/name": self.name,
            "eks:eni:owner": "amazon-vpc-cni",
        }

    def leak(self, subnet: Any, *, days: float | None) -> Any:
        """Leave an interface of the CNI unattached; ``days`` is its age, None: its tag is lost."""
        gone = f"i-{mock_random.get_random_hex(17)}"
        tags = self._cni_tags(gone, days or 0)
        if days is None:
            del tags["node.k8s.amazonaws.com/createdAt"]
        return self._eni(subnet, f"aws-K8S-{gone}", tags, secondary=5)

    def admit_dns(self, group: Any) -> None:
        """Let pods with that security group ask CoreDNS, which has the cluster's."""
        for protocol in ("tcp", "udp"):
            self.site.ec2.authorize_security_group_ingress(
                self.security_group,
                protocol,
                DNS_PORT,
                DNS_PORT,
                [],
                source_groups=[{"GroupId": group.id}],
                vpc_id=self.network.vpc.id,
            )

    def admit_probes(self, group: Any) -> None:
        """Let the kubelets reach pods with that security group."""
        self.site.ec2.authorize_security_group_ingress(
            group.id,
            "tcp",
            PROBE_PORT,
            PROBE_PORT,
            [],
            source_groups=[{"GroupId": self.security_group}],
            vpc_id=self.network.vpc.id,
        )

    def trunk(self, instance: Any, subnet: Any) -> Any:
        """Attach a trunk interface, as the VPC resource controller does for pod groups."""
        eni = self._eni(subnet, "aws-k8s-trunk-eni", self._controller_tags(), kind="trunk")
        instance.attach_eni(eni, 2)
        return eni

    def branch(self, trunk: Any, subnet: Any, groups: Sequence[Any], vlan: int = 1) -> Any:
        """Add a pod's branch interface under the trunk: in use, but attached to nothing."""
        tags = {
            **self._controller_tags(),
            "vpcresources.k8s.aws/vlan-id": str(vlan),
            "vpcresources.k8s.aws/trunk-eni-id": trunk.id,
        }
        eni = self._eni(subnet, "aws-k8s-branch-eni", tags, kind="branch", groups=groups)
        eni.status = "in-use"
        return eni

    def _controller_tags(self) -> dict[str, str]:
        return {
            f"kubernetes.io/cluster/{self.name}": "owned",
            "eks:eni:owner": "eks-vpc-resource-controller",
            "vpcresources.k8s.aws/created-at": utcnow().isoformat(),
        }

    def _eni(  # noqa: PLR0913 - an interface is described by what makes it
        self,
        subnet: Any,
        description: str,
        tags: dict[str, str],
        *,
        kind: str = "interface",
        groups: Sequence[Any] = (),
        secondary: int = 0,
    ) -> Any:
        eni = self.site.ec2.create_network_interface(
            subnet,
            None,
            group_ids=[each.id for each in groups] or [self.security_group],
            description=description,
            tags=tags,
            secondary_ips_count=secondary,
        )
        eni.interface_type = kind
        return eni


def good_cluster(
    site: Site, name: str, base: str, *, nodes: int = 3, cni: Mapping[str, str] = GOOD_CNI
) -> DemoCluster:
    """Make a cluster without a fault in a VPC of its own, flow log included."""
    network = site.network(name, base)
    cluster = DemoCluster(network, name, subnets=network.control[:2], cni=cni)
    cluster.node_group(nodes=nodes)
    site.flow_log(network.vpc.id)
    return cluster
