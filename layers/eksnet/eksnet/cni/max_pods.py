"""How many pods a node can hold, by instance type and by how the VPC CNI gives addresses.

The formulas are those of awslabs/amazon-eks-ami 0ab8428, max-pods-calculator.sh; for Windows those
of the EKS best practices guide, prefix-mode-win.
"""

import difflib
import enum
from collections.abc import Iterator

from eksnet.cni.limits import InstanceLimit, limits
from eksnet.model.errors import InputError
from eksnet.model.record import record

HOST_NETWORK_PODS = 2  # aws-node and kube-proxy take no pod address: max-pods-calculator.sh
PREFIX_ADDRESSES = 16  # a /28: EC2 user guide, ec2-prefix-eni
CAP = 110  # the recommended most: max-pods-calculator.sh
LARGE_CAP = 250  # the recommended most of a large instance: max-pods-calculator.sh
LARGE_ABOVE_VCPUS = 30  # "CPU > 30" in the script; the user guide differs at exactly 30
CLOSE = 3  # how many similar names an unknown type is answered with


class Mode(enum.StrEnum):
    """How the VPC CNI gives addresses to pods."""

    SECONDARY_IP = "secondary-ip"
    PREFIX = "prefix"


@record
class MaxPods:
    """The pods of one node. ``recommended`` is None where the vCPUs that decide are not known.

    ``uncapped`` is what the interfaces allow, None where they set no limit. ``mode`` is the one
    that takes effect; ``nitro`` is None where the sources do not tell.
    """

    instance_type: str
    max_enis: int
    ipv4_per_eni: int
    uncapped: int | None
    recommended: int | None
    mode: Mode
    custom_networking: bool
    max_eni: int | None
    vcpus: int | None
    nitro: bool | None
    notes: tuple[str, ...]


def limit_of(instance_type: str) -> InstanceLimit:
    """Return the limits of a type.

    Raises:
        InputError: it is not among the known ones.
    """
    known = limits()
    if instance_type in known:
        return known[instance_type]
    close = difflib.get_close_matches(instance_type, known, CLOSE)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    msg = f"unknown instance type {instance_type!r}{hint}"
    raise InputError(msg)


def max_pods(
    limit: InstanceLimit,
    mode: Mode = Mode.SECONDARY_IP,
    *,
    custom_networking: bool = False,
    max_eni: int | None = None,
) -> MaxPods:
    """Return how many pods fit on a node.

    ``custom_networking`` keeps the primary interface from pods; ``max_eni`` is the CNI's MAX_ENI.

    Raises:
        InputError: ``max_eni`` is not positive.
    """
    if max_eni is not None and max_eni < 1:
        msg = f"max-eni {max_eni}: at least 1 is needed"
        raise InputError(msg)
    effective = mode if limit.nitro else Mode.SECONDARY_IP
    enis = limit.max_enis if max_eni is None else min(max_eni, limit.max_enis)
    each = limit.ipv4_per_eni - 1
    if effective is Mode.PREFIX:
        each *= PREFIX_ADDRESSES
    uncapped = (enis - custom_networking) * each + HOST_NETWORK_PODS
    return MaxPods(
        instance_type=limit.instance_type,
        max_enis=limit.max_enis,
        ipv4_per_eni=limit.ipv4_per_eni,
        uncapped=uncapped,
        recommended=_recommended(uncapped, limit.vcpus),
        mode=effective,
        custom_networking=custom_networking,
        max_eni=max_eni,
        vcpus=limit.vcpus,
        nitro=limit.nitro,
        notes=(
            *_mode_notes(limit, mode, effective),
            *_count_notes(limit, enis - custom_networking, uncapped),
        ),
    )


def windows_max_pods(limit: InstanceLimit, mode: Mode = Mode.SECONDARY_IP) -> MaxPods:
    """Return how many pods fit on a Windows node, which uses its primary interface only.

    No pod has the host's network there, and the kubelet's own default is the cap.
    """
    effective = mode if limit.nitro else Mode.SECONDARY_IP
    uncapped = limit.ipv4_per_eni - 1
    if effective is Mode.PREFIX:
        uncapped *= PREFIX_ADDRESSES
    return MaxPods(
        instance_type=limit.instance_type,
        max_enis=1,
        ipv4_per_eni=limit.ipv4_per_eni,
        uncapped=uncapped,
        recommended=min(uncapped, CAP),
        mode=effective,
        custom_networking=False,
        max_eni=None,
        vcpus=limit.vcpus,
        nitro=limit.nitro,
        notes=("Windows uses one interface only", *_fallback_note(limit, mode, effective)),
    )


def ipv6_max_pods(limit: InstanceLimit) -> int | None:
    """Return the recommended most of an IPv6 node: addresses set no limit, a /80 holds 2**48.

    It is 0 without Nitro, where ipamd does not start, and None where the vCPUs or the hypervisor
    are not known.
    """
    if not limit.nitro:
        return None if limit.nitro is None else 0
    return None if limit.vcpus is None else _cap(limit.vcpus)


def ipv6_node(limit: InstanceLimit) -> MaxPods:
    """Return how many pods fit on a node of an IPv6 cluster."""
    recommended = ipv6_max_pods(limit)
    note = "a /80 prefix holds more addresses than a node can have pods"
    if recommended == 0:
        note = "an IPv6 cluster's nodes must be Nitro instances: no pod gets an address here"
    return MaxPods(
        instance_type=limit.instance_type,
        max_enis=limit.max_enis,
        ipv4_per_eni=limit.ipv4_per_eni,
        uncapped=0 if recommended == 0 else None,
        recommended=recommended,
        mode=Mode.PREFIX,
        custom_networking=False,
        max_eni=None,
        vcpus=limit.vcpus,
        nitro=limit.nitro,
        notes=(note,),
    )


def _recommended(uncapped: int, vcpus: int | None) -> int | None:
    if uncapped <= CAP:
        return uncapped  # whatever the vCPUs: neither cap is reached
    return None if vcpus is None else min(uncapped, _cap(vcpus))


def _cap(vcpus: int) -> int:
    return LARGE_CAP if vcpus > LARGE_ABOVE_VCPUS else CAP


def _fallback_note(limit: InstanceLimit, asked: Mode, effective: Mode) -> Iterator[str]:
    if asked is not effective:
        kind = limit.hypervisor or "of unknown hypervisor"
        yield f"prefixes need Nitro or bare metal, this type is {kind}: secondary IPs are used"


def _mode_notes(limit: InstanceLimit, asked: Mode, effective: Mode) -> Iterator[str]:
    yield from _fallback_note(limit, asked, effective)
    if effective is Mode.PREFIX and limit.bare_metal:
        yield (
            "bare metal takes prefixes (ipamd); max-pods-calculator.sh counts it as secondary-ip"
        )


def _count_notes(limit: InstanceLimit, pod_enis: int, uncapped: int) -> Iterator[str]:
    if pod_enis == 0:
        yield "no interface is left for pods: only host-network pods run"
    if limit.network_cards > 1:
        yield (
            f"only the default of {limit.network_cards} network cards counts "
            f"({limit.all_cards_enis} interfaces on all)"
        )
    if limit.vcpus is None and uncapped > CAP:
        yield f"vCPUs are not known: {CAP} up to {LARGE_ABOVE_VCPUS} of them, {LARGE_CAP} above"
