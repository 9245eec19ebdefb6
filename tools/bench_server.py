"""A loopback AWS that answers what the collector asks from prepared bodies, 50 ms after each call.

`bench_server.py CLUSTERS` prints its port. `GET /_counts` tells the calls since the last such
request, what they may be at most, and when the first came; it then counts anew.
"""

import asyncio
import collections
import functools
import json
import re
import sys
import time
import urllib.parse
from typing import Any, ClassVar

import botocore.loaders
from botocore.model import ServiceModel

from eksnet.checks import catalogue
from eksnet.collect.facets import ADDONS, SWEEPS, needed
from eksnet.model.snapshot import Facet
from tools import bench_eks, bench_names, bench_network, bench_wire

DELAY_SECONDS = 0.05  # what a call takes inside a Region, roughly
FLEET_VPCS = 1  # VPCs without a cluster
EKS_PAGE, TYPES_PAGE, DEFAULT_PAGE = 100, 100, 1000  # page maxima: EKS and EC2 API references
PATHS = (
    ("ListClusters", r"/clusters"),
    ("DescribeCluster", r"/clusters/([^/]+)"),
    ("ListNodegroups", r"/clusters/([^/]+)/node-groups"),
    ("DescribeNodegroup", r"/clusters/([^/]+)/node-groups/([^/]+)"),
    ("ListFargateProfiles", r"/clusters/([^/]+)/fargate-profiles"),
    ("DescribeAddon", r"/clusters/([^/]+)/addons/([^/]+)"),
)
Query = dict[str, str]


class Answers:
    """Every operation's answer, written once for each page."""

    def __init__(self, clusters: int) -> None:
        loader = botocore.loaders.Loader()
        self.clusters = clusters
        self.models = {
            name: ServiceModel(loader.load_service_model(name, "service-2"), name)
            for name in ("ec2", "eks", "iam", "service-quotas", "sts")
        }
        self.items = {
            operation: [
                item
                for number in range(clusters + FLEET_VPCS * (operation in _FLEET))
                for item in of_cluster(number)
            ]
            for operation, of_cluster in bench_network.SWEPT.items()
        }
        for sweep in SWEEPS:
            page = self.page_maximum(sweep.operation)
            for start in range(0, len(self.items[sweep.operation]) or 1, page):
                self.page(sweep.operation, start, page)

    def page_maximum(self, operation: str) -> int:
        """Return the largest page the API documents in its shape."""
        shape = self.models["ec2"].operation_model(operation).input_shape
        limit = shape.members.get("MaxResults") if shape else None
        return limit.metadata.get("max", DEFAULT_PAGE) if limit else sys.maxsize

    @functools.cache  # noqa: B019 - one object lives as long as the process
    def page(self, operation: str, start: int, size: int) -> bytes:
        """Return one page of a region-wide list."""
        (key,) = (sweep.key for sweep in SWEEPS if sweep.operation == operation)
        items = self.items[operation]
        more = {"NextToken": str(start + size)} if start + size < len(items) else {}
        value = {key: items[start : start + size], **more}
        return bench_wire.body(self.models["ec2"], operation, value)

    @functools.cache  # noqa: B019 - one object lives as long as the process
    def eks(self, operation: str, *names: str) -> bytes:
        """Return an EKS answer about the named cluster and its part."""
        number = int(names[0].removeprefix("cluster-")) if names else 0
        values: dict[str, Any] = {
            "ListClusters": lambda: {
                "clusters": [bench_names.name(each) for each in range(self.clusters)]
            },
            "DescribeCluster": lambda: {"cluster": bench_eks.cluster(number)},
            "ListNodegroups": lambda: {"nodegroups": list(bench_eks.GROUPS)},
            "DescribeNodegroup": lambda: {"nodegroup": bench_eks.node_group(number, names[1])},
            "ListFargateProfiles": lambda: {"fargateProfileNames": []},
            "DescribeAddon": lambda: {"addon": bench_eks.addon(number, names[1])},
        }
        return bench_wire.body(self.models["eks"], operation, values[operation]())

    @functools.cache  # noqa: B019 - one object lives as long as the process
    def quotas(self) -> bytes:
        """Return the answer of ListServiceQuotas: the defaults fit on one page."""
        applied = bench_names.QUOTAS.items()
        value = {"Quotas": [{"QuotaCode": code, "Value": float(each)} for code, each in applied]}
        return bench_wire.body(self.models["service-quotas"], "ListServiceQuotas", value)

    def query(self, operation: str, query: Query) -> tuple[str, bytes]:
        """Return the service and body of a call made by form."""
        if operation in self.items:
            size = min(
                int(query.get("MaxResults", DEFAULT_PAGE)),
                self.page_maximum(operation),
                len(self.items[operation]) or 1,
            )
            return "ec2", self.page(operation, int(query.get("NextToken", "0")), size)
        service, value = self._single(operation, query)
        return service, bench_wire.body(self.models[service], operation, value)

    def _single(self, operation: str, query: Query) -> tuple[str, dict[str, Any]]:
        if operation == "GetCallerIdentity":
            arn = f"arn:aws:iam::{bench_names.ACCOUNT}:user/auditor"
            return "sts", {"Account": bench_names.ACCOUNT, "Arn": arn, "UserId": "AIDA"}
        if operation == "ListAttachedRolePolicies":
            return "iam", {"AttachedPolicies": bench_eks.policies(), "IsTruncated": False}
        if operation == "DescribeVpcAttribute":
            attribute = query["Attribute"][0].upper() + query["Attribute"][1:]
            return "ec2", {"VpcId": query["VpcId"], attribute: {"Value": True}}
        if operation == "DescribeInstanceTypes":
            names = [value for key, value in query.items() if key.startswith("InstanceType.")]
            types = [bench_network.instance_type(each) for each in names]
            return "ec2", {"InstanceTypes": types}
        if operation == "GetSubnetCidrReservations":
            return "ec2", {"SubnetIpv4CidrReservations": []}
        raise LookupError(operation)

    def budget(self) -> dict[str, int]:
        """Return the most calls of each operation that the whole catalogue may take."""
        wanted = needed(facet for check in catalogue() for facet in check.facets)
        each = self.clusters
        prefixed = {
            eni["SubnetId"]
            for eni in self.items["DescribeNetworkInterfaces"]
            if eni.get("Ipv4Prefixes")
        }
        calls = {
            "GetCallerIdentity": 1,
            "ListClusters": -(-each // EKS_PAGE),
            "DescribeCluster": each,
            "ListNodegroups": each,
            "DescribeNodegroup": each * len(bench_eks.GROUPS),
            "ListFargateProfiles": each,
            "DescribeAddon": each * len(wanted & ADDONS.keys()),
            "ListAttachedRolePolicies": min(each, bench_names.ROLES),
            "DescribeVpcAttribute": 2 * each,
            "DescribeInstanceTypes": -(-len(bench_names.TYPES) // TYPES_PAGE),
            "GetSubnetCidrReservations": len(prefixed),
            "ListServiceQuotas": 1,
        }
        for sweep in SWEEPS:
            if sweep.facet in wanted:
                page = self.page_maximum(sweep.operation)
                calls[sweep.operation] = max(1, -(-len(self.items[sweep.operation]) // page))
        for operation, facet in _FACETS.items():
            if facet not in wanted:
                calls[operation] = 0
        return calls


_FLEET = frozenset({"DescribeVpcs", "DescribeSubnets"})
_FACETS = {
    "ListNodegroups": Facet.NODE_GROUPS,
    "DescribeNodegroup": Facet.NODE_GROUPS,
    "ListFargateProfiles": Facet.FARGATE_PROFILES,
    "ListAttachedRolePolicies": Facet.CLUSTER_ROLES,
    "DescribeVpcAttribute": Facet.VPC_ATTRIBUTES,
    "DescribeInstanceTypes": Facet.INSTANCE_TYPES,
    "GetSubnetCidrReservations": Facet.CIDR_RESERVATIONS,
    "ListServiceQuotas": Facet.QUOTAS,
}


class Server(asyncio.Protocol):
    """One connection: requests in, answers out, each late by the delay."""

    calls: ClassVar[collections.Counter[str]] = collections.Counter()
    first: float | None = None

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that has come whole."""
        self._unread += data
        while b"\r\n\r\n" in self._unread:
            head, _, rest = self._unread.partition(b"\r\n\r\n")
            found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            self._unread = rest[length:]
            _, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            self._answer(target, rest[:length].decode())

    def _answer(self, target: str, form: str) -> None:
        path = urllib.parse.unquote(target.partition("?")[0])
        if path == "/_counts":
            self._send(json.dumps(self._counts()).encode(), "application/json", 0.0)
            return
        if Server.first is None:
            Server.first = time.monotonic()
        if path == "/" and form.startswith("{"):
            Server.calls["ListServiceQuotas"] += 1
            self._send(self._answers.quotas(), "application/x-amz-json-1.1", DELAY_SECONDS)
            return
        if path == "/":
            query = dict(urllib.parse.parse_qsl(form))
            Server.calls[query["Action"]] += 1
            _, content = self._answers.query(query["Action"], query)
            self._send(content, "text/xml", DELAY_SECONDS)
            return
        for operation, pattern in PATHS:
            if found := re.fullmatch(pattern, path):
                Server.calls[operation] += 1
                content = self._answers.eks(operation, *found.groups())
                self._send(content, "application/json", DELAY_SECONDS)
                return
        raise LookupError(path)

    def _counts(self) -> dict[str, Any]:
        told = {"calls": dict(Server.calls), "first": Server.first}
        Server.calls, Server.first = collections.Counter(), None
        return {**told, "budget": self._answers.budget()}

    def _send(self, content: bytes, kind: str, delay: float) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        answer = [head.encode(), content]
        asyncio.get_running_loop().call_later(delay, self._transport.writelines, answer)


async def serve(clusters: int) -> None:
    """Serve until killed; the port is told on standard output."""
    answers = Answers(clusters)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
