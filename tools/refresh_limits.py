"""Write the bundled instance limits anew, from clones of the two repositories that publish them.

`python tools/refresh_limits.py --cni CLONE --controller CLONE` reads aws/amazon-vpc-cni-k8s and
aws/amazon-vpc-resource-controller-k8s as they are checked out, and the vCPUs from the installed
moto. The commits and the version go into the file's head.
"""

import argparse
import csv
import gzip
import importlib.metadata
import importlib.resources
import io
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

ROOT = pathlib.Path(__file__).parents[1]
TARGET = ROOT / "layers/eksnet/eksnet/cni/instance_limits.csv"
CNI_LIMITS = "pkg/vpc/vpc_ip_resource_limit.go"
CNI_PODS = "misc/eni-max-pods.txt"
CONTROLLER_LIMITS = "pkg/aws/vpc/limits.go"
MOTO_TYPES = "instance_types.json.gz"

HEAD = """\
# What EC2 lets one instance have, by type. Written by tools/refresh_limits.py; not edited by hand.
# cni: github.com/aws/amazon-vpc-cni-k8s {cni} ({limits}, {pods}), Apache-2.0
# rc: github.com/aws/amazon-vpc-resource-controller-k8s {rc} ({controller}), Apache-2.0
# vcpus: moto {moto} (moto/ec2/resources/{types}, recorded DescribeInstanceTypes output), Apache-2.0
# max_enis counts the default network card; all_cards_enis every card. published_max_pods is \
eni-max-pods.txt. Blank means that the sources do not say.
"""
COLUMNS = (
    "instance_type",
    "max_enis",
    "ipv4_per_eni",
    "hypervisor",
    "bare_metal",
    "max_branch_enis",
    "trunking",
    "network_cards",
    "all_cards_enis",
    "vcpus",
    "published_max_pods",
    "source",
)

ENTRY = re.compile(r'^\t"(?P<name>[^"]+)":\s*\{\n(?P<body>.*?)^\t\},?$', re.MULTILINE | re.DOTALL)
FIELD = re.compile(r'^\t\t(?P<key>\w+):\s*"?(?P<value>[^",{\n]*)"?,$', re.MULTILINE)
CARD = re.compile(
    r"MaximumNetworkInterfaces:\s*(?P<count>\d+),\s*NetworkCardIndex:\s*(?P<index>\d+)"
)

Entry = Mapping[str, str]


def read_go(text: str) -> dict[str, Entry]:
    """Return the fields of each type in a Go map literal; ``cards`` are the cards' ENIs.

    Raises:
        ValueError: there is none.
    """
    found: dict[str, Entry] = {}
    for match in ENTRY.finditer(text):
        body = match["body"]
        fields = {each["key"]: each["value"] for each in FIELD.finditer(body)}
        cards = {int(each["index"]): int(each["count"]) for each in CARD.finditer(body)}
        default = cards.get(int(fields.get("DefaultNetworkCardIndex", "0")), "")
        sizes = {"cards": str(len(cards)), "all": str(sum(cards.values())), "default": str(default)}
        found[match["name"]] = {**fields, **sizes}
    if not found:
        msg = "no instance types found: the source's form has changed"
        raise ValueError(msg)
    return found


def read_pods(text: str) -> dict[str, str]:
    """Return the pods of each type in eni-max-pods.txt."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line for line in lines if len(line) == 2)  # noqa: PLR2004 - type and pods


def read_vcpus() -> dict[str, str]:
    """Return the vCPUs of each type that the installed moto records."""
    packed = importlib.resources.files("moto.ec2.resources").joinpath(MOTO_TYPES).read_bytes()
    types = json.loads(gzip.decompress(packed))
    return {name: str(each["VCpuInfo"]["DefaultVCpus"]) for name, each in types.items()}


def row(
    name: str,
    cni: Entry | None,
    controller: Entry | None,
    vcpus: Mapping[str, str],
    pods: Mapping[str, str],
) -> list[str]:
    """Return one line of the file; the CNI's own figures go first.

    Raises:
        ValueError: neither source has the type.
    """
    known = cni or controller
    if known is None:
        msg = f"{name}: in neither source"
        raise ValueError(msg)
    hypervisor = known.get("HypervisorType", known.get("Hypervisor", ""))
    branch = controller or {}
    return [
        name,
        known.get("ENILimit") or known["default"],
        known.get("IPv4Limit") or known["IPv4PerInterface"],
        "" if hypervisor == "unknown" else hypervisor,
        known["IsBareMetal"],
        branch.get("BranchInterface", ""),
        branch.get("IsTrunkingCompatible", ""),
        known["cards"],
        known["all"],
        vcpus.get(name, ""),
        pods.get(name, ""),
        "+".join(word for word, each in (("cni", cni), ("rc", controller)) if each),
    ]


def render(
    cni: Mapping[str, Entry],
    controller: Mapping[str, Entry],
    vcpus: Mapping[str, str],
    pods: Mapping[str, str],
) -> str:
    """Return the file without its head."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name in sorted(cni.keys() | controller.keys()):
        writer.writerow(row(name, cni.get(name), controller.get(name), vcpus, pods))
    return text.getvalue()


def commit(clone: pathlib.Path) -> str:
    """Return the commit a clone is at."""
    command = ["git", "-C", str(clone), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main(arguments: Sequence[str]) -> None:
    """Read the clones and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cni", type=pathlib.Path, required=True)
    parser.add_argument("--controller", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, default=TARGET)
    given = parser.parse_args(arguments)
    head = HEAD.format(
        cni=commit(given.cni),
        rc=commit(given.controller),
        moto=importlib.metadata.version("moto"),
        limits=CNI_LIMITS,
        pods=CNI_PODS,
        controller=CONTROLLER_LIMITS,
        types=MOTO_TYPES,
    )
    body = render(
        read_go((given.cni / CNI_LIMITS).read_text("utf8")),
        read_go((given.controller / CONTROLLER_LIMITS).read_text("utf8")),
        read_vcpus(),
        read_pods((given.cni / CNI_PODS).read_text("utf8")),
    )
    given.output.write_text(head + body, "utf8", newline="\n")
    print(f"{given.output}: {body.count(chr(10)) - 1} types")


if __name__ == "__main__":
    main(sys.argv[1:])
