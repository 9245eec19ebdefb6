"""The worked rows of the VPC CNI's own documents, read against the closed forms.

Source: github.com/aws/amazon-vpc-cni-k8s, docs/eni-and-ip-target.md (0f77b52),
docs/prefix-and-ip-target.md (0259085), README.md (02013f6), pkg/ipamd/ipamd.go (0089259).
"""

import pytest

from eksnet.cni.pool import Pool, PoolTargets, node_shape, pool

# type, WARM_ENI_TARGET, WARM_IP_TARGET, MINIMUM_IP_TARGET, pods: ENIs, IPs, unused, IPs per ENI
ADDRESS_ROWS = [
    ("t3.small", 1, None, None, 0, 1, 3, 3, (3,)),
    ("t3.small", 1, None, None, 5, 3, 9, 4, (3, 3, 3)),
    ("t3.small", 1, None, None, 9, 3, 9, 0, (3, 3, 3)),
    ("t3.small", 1, 1, 1, 0, 1, 1, 1, (1,)),
    ("t3.small", 1, 1, 1, 5, 2, 6, 1, (3, 3)),
    ("t3.small", 1, 1, 1, 9, 3, 9, 0, (3, 3, 3)),
    ("t3.small", 1, 2, 5, 0, 2, 5, 5, (3, 2)),
    ("t3.small", 1, 2, 5, 5, 3, 7, 2, (3, 3, 1)),
    ("t3.small", 1, 2, 5, 9, 3, 9, 0, (3, 3, 3)),
    ("p3dn.24xlarge", 1, None, None, 0, 1, 49, 49, (49,)),
    ("p3dn.24xlarge", 1, None, None, 3, 2, 98, 95, (49, 49)),
    ("p3dn.24xlarge", 1, None, None, 95, 3, 147, 52, (49, 49, 49)),
    ("p3dn.24xlarge", 1, 5, 10, 0, 1, 10, 10, (10,)),
    ("p3dn.24xlarge", 1, 5, 10, 7, 1, 12, 5, (12,)),
    ("p3dn.24xlarge", 1, 5, 10, 15, 1, 20, 5, (20,)),
    ("p3dn.24xlarge", 1, 5, 10, 45, 2, 50, 5, (49, 1)),
    # README, MINIMUM_IP_TARGET: 60 addresses with WARM_IP_TARGET alone, 32 with both
    ("p3dn.24xlarge", 1, 30, None, 30, 2, 60, 30, (49, 11)),
    ("p3dn.24xlarge", 1, 2, 30, 30, 1, 32, 2, (32,)),
    # ipamd.go, envWarmIPTarget and envMinimumIPTarget
    ("m4.4xlarge", 1, 1, None, 9, 1, 10, 1, (10,)),
    ("m4.4xlarge", 1, 1, 12, 9, 1, 12, 3, (12,)),
]

# type, WARM_PREFIX_TARGET, WARM_IP_TARGET, MINIMUM_IP_TARGET, pods:
# ENIs, prefixes, unused IPs, prefixes per ENI
PREFIX_ROWS = [
    ("t3.small", 1, None, None, 0, 1, 1, 16, (1,)),
    ("t3.small", 1, None, None, 5, 1, 2, 27, (2,)),
    ("t3.small", 1, None, None, 16, 1, 2, 16, (2,)),
    ("t3.small", 1, None, None, 17, 1, 3, 31, (3,)),
    ("t3.small", 1, None, None, 58, 2, 5, 22, (3, 2)),
    ("t3.small", 1, 1, 1, 0, 1, 1, 16, (1,)),
    ("t3.small", 1, 1, 1, 5, 1, 1, 11, (1,)),
    ("t3.small", 1, 1, 1, 17, 1, 2, 15, (2,)),
    ("t3.small", 1, 1, 1, 58, 2, 4, 6, (3, 1)),
    ("t3.small", 1, 7, 20, 5, 1, 2, 27, (2,)),
    ("t3.small", 1, 7, 20, 17, 1, 2, 15, (2,)),
    ("t3.small", 1, 7, 20, 58, 2, 5, 22, (3, 2)),
    ("p3dn.24xlarge", 1, None, None, 0, 1, 1, 16, (1,)),
    ("p3dn.24xlarge", 1, 5, 10, 0, 1, 1, 16, (1,)),
    ("p3dn.24xlarge", 1, 5, 10, 7, 1, 1, 9, (1,)),
    ("p3dn.24xlarge", 1, 5, 10, 15, 1, 2, 17, (2,)),
]

# Rows of the same documents that the code contradicts: what the code does, then what they say
CONTRADICTED_PREFIX_ROWS = [
    # 20 addresses take two prefixes; the row says one, and two on the interface
    ("t3.small", 1, 7, 20, 0, (1, 2, 32, (2,)), (1, 1, 16, (2,))),
    # a new interface is made only once the first is full; the rows count empty ones
    ("p3dn.24xlarge", 1, None, None, 3, (1, 2, 29, (2,)), (2, 2, 29, (2, 0))),
    ("p3dn.24xlarge", 1, None, None, 95, (1, 7, 17, (7,)), (3, 7, 17, (7, 0, 0))),
    ("p3dn.24xlarge", 1, 5, 10, 45, (1, 4, 19, (4,)), (2, 4, 19, (4, 0))),
]


def found(instance_type: str, targets: PoolTargets, pods: int) -> Pool:
    shape = node_shape(instance_type)
    assert shape
    return pool(shape, targets, pods)


@pytest.mark.parametrize(
    "name, warm_eni, warm_ip, minimum, pods, enis, ips, unused, per_eni", ADDRESS_ROWS
)
def test_the_documents_rows_with_addresses_hold(
    name: str,
    warm_eni: int,
    warm_ip: int | None,
    minimum: int | None,
    pods: int,
    enis: int,
    ips: int,
    unused: int,
    per_eni: tuple[int, ...],
) -> None:
    targets = PoolTargets(warm_eni=warm_eni, warm_ip=warm_ip, minimum_ip=minimum)
    answer = found(name, targets, pods)
    assert (answer.enis, answer.ips, answer.unused_ips, answer.per_eni) == (
        enis,
        ips,
        unused,
        per_eni,
    )


@pytest.mark.parametrize(
    "name, warm_prefix, warm_ip, minimum, pods, enis, prefixes, unused, per_eni", PREFIX_ROWS
)
def test_the_documents_rows_with_prefixes_hold(
    name: str,
    warm_prefix: int,
    warm_ip: int | None,
    minimum: int | None,
    pods: int,
    enis: int,
    prefixes: int,
    unused: int,
    per_eni: tuple[int, ...],
) -> None:
    targets = PoolTargets(
        warm_prefix=warm_prefix, warm_ip=warm_ip, minimum_ip=minimum, prefix_delegation=True
    )
    answer = found(name, targets, pods)
    assert (answer.enis, answer.prefixes, answer.unused_ips, answer.per_eni) == (
        enis,
        prefixes,
        unused,
        per_eni,
    )


@pytest.mark.parametrize(
    "name, warm_prefix, warm_ip, minimum, pods, code, document", CONTRADICTED_PREFIX_ROWS
)
def test_where_the_documents_and_the_code_differ_the_code_counts(
    name: str,
    warm_prefix: int,
    warm_ip: int | None,
    minimum: int | None,
    pods: int,
    code: tuple[object, ...],
    document: tuple[object, ...],
) -> None:
    targets = PoolTargets(
        warm_prefix=warm_prefix, warm_ip=warm_ip, minimum_ip=minimum, prefix_delegation=True
    )
    answer = found(name, targets, pods)
    figures = (answer.enis, answer.prefixes, answer.unused_ips, answer.per_eni)
    assert figures == code
    assert figures != document


def test_an_empty_node_starts_with_one_interface() -> None:
    # an older README says two interfaces and 58 addresses; its own table, and the code, say one
    answer = found("m4.4xlarge", PoolTargets(), 0)
    assert (answer.enis, answer.ips) == (1, 29)
