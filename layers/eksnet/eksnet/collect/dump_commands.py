"""The `aws` commands that record what the reader of dumps reads, as a POSIX shell script."""

from collections.abc import Iterable, Iterator

from eksnet.collect.facets import ADDONS, SWEEPS, needed
from eksnet.collect.members import ADDON, MEMBERS, Members, command_word
from eksnet.collect.quotas import OF, OPERATION
from eksnet.model.snapshot import Facet

_HEAD = """\
#!/bin/sh
# Records one region of one account for `eksnet audit --from FOLDER`. It only reads.
# Usage: sh record.sh FOLDER [REGION]
# A call that is refused leaves no file: the audit then says that it could not be seen.
set -u
folder=${1:?usage: sh record.sh FOLDER [REGION]}
mkdir -p "$folder" || exit 2
if [ -n "$(ls -A "$folder")" ]; then
    echo "$folder is not empty: an older record must not mix with this one" >&2
    exit 2
fi
export AWS_PAGER=
if [ $# -gt 1 ]; then
    export AWS_REGION="$2" AWS_DEFAULT_REGION="$2"
fi
refused=0

keep() { # NAME COMMAND...
    name=$1
    shift
    if "$@" --output json >"$folder/$name.part"; then
        mv "$folder/$name.part" "$folder/$name.json"
    else
        rm -f "$folder/$name.part"
        refused=1
        echo "not recorded: $*" >&2
    fi
}

words() { # QUERY COMMAND...: the names an answer holds, a line each
    query=$1
    shift
    "$@" --query "$query" --output text | tr '\\t' '\\n' | sed '/^None$/d'
}

"""
_TAIL = "exit $refused\n"
_CLUSTER = '--cluster-name "$cluster"'


def commands(facets: Iterable[Facet]) -> str:
    """Return a script whose files, read as a dump, show ``facets`` as the collector would."""
    wanted = needed(facets)
    lines = [_keep("sts", "GetCallerIdentity", "")]
    lines += [_keep("ec2", sweep.operation, "") for sweep in SWEEPS if sweep.facet in wanted]
    if Facet.QUOTAS in wanted:
        lines.append(_keep("service-quotas", OPERATION, f"--service-code {OF}"))
    lines += _clusters(wanted)
    if Facet.CIDR_RESERVATIONS in wanted:
        lines += _reservations()
    if Facet.INSTANCE_TYPES in wanted:
        lines += _instance_types()
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def _aws(service: str, operation: str, options: str) -> str:
    return f"aws {service} {command_word(operation)} {options}".rstrip()


def _keep(service: str, operation: str, options: str, owner: str = "") -> str:
    """Return the line that records one answer, in a file named ``<operation>-<owner>``.

    Two names are joined with a dot, which neither may hold: no file is written twice.
    """
    prefix = "" if service == "ec2" else f"{service}-"
    name = f"{prefix}{command_word(operation)}" + (f"-{owner}" if owner else "")
    quoted = f'"{name}"' if owner else name
    return f"keep {quoted} {_aws(service, operation, options)}"


def _loop(variable: str, query: str, command: str, body: Iterable[str]) -> list[str]:
    inside = [f"    {line}" for line in body]
    return [f"for {variable} in $(words '{query}' {command}); do", *inside, "done"]


def _clusters(wanted: frozenset[Facet]) -> list[str]:
    body = [_keep("eks", "DescribeCluster", '--name "$cluster"', "$cluster")]
    for facet, kind in MEMBERS.items():
        if facet in wanted:
            body += _members(kind, [_describe(kind)])
    addons = [name for facet, name in ADDONS.items() if facet in wanted]
    if addons:
        body += _members(
            ADDON, [f'case "$member" in {"|".join(addons)})', f"    {_describe(ADDON)} ;;", "esac"]
        )
    body += _of_the_cluster(wanted)
    return [
        _keep("eks", "ListClusters", ""),
        *_loop("cluster", "clusters[]", _aws("eks", "ListClusters", ""), body),
    ]


def _members(kind: Members, body: Iterable[str]) -> list[str]:
    names = _aws("eks", kind.list_operation, _CLUSTER)
    return [
        _keep("eks", kind.list_operation, _CLUSTER, "$cluster"),
        *_loop("member", f"{kind.list_key}[]", names, body),
    ]


def _describe(kind: Members) -> str:
    options = f'{_CLUSTER} --{command_word(kind.parameter)} "$member"'
    return _keep("eks", kind.operation, options, "$cluster.$member")


def _of_the_cluster(wanted: frozenset[Facet]) -> Iterator[str]:
    """Yield what hangs on the cluster's own description: its role and its VPC."""
    describe = _aws("eks", "DescribeCluster", '--name "$cluster"')
    if Facet.CLUSTER_ROLES in wanted:
        role = _keep("iam", "ListAttachedRolePolicies", '--role-name "${role##*/}"', "${role##*/}")
        yield from _loop("role", "cluster.roleArn", describe, [role])
    if Facet.VPC_ATTRIBUTES in wanted:
        attributes = [
            _keep(
                "ec2",
                "DescribeVpcAttribute",
                f'--vpc-id "$vpc" --attribute {attribute}',
                f"$vpc.{attribute}",
            )
            for attribute in ("enableDnsSupport", "enableDnsHostnames")
        ]
        yield from _loop("vpc", "cluster.resourcesVpcConfig.vpcId", describe, attributes)


def _reservations() -> list[str]:
    interfaces = _aws("ec2", "DescribeNetworkInterfaces", "")
    body = [_keep("ec2", "GetSubnetCidrReservations", '--subnet-id "$subnet"', "$subnet")]
    return _loop(
        "subnet",
        "NetworkInterfaces[?Attachment.InstanceId].SubnetId",
        f"{interfaces} | sort -u",
        body,
    )


def _instance_types() -> list[str]:
    """Return one call a type: a type that is refused must not take others with it."""
    kind = MEMBERS[Facet.NODE_GROUPS]
    groups = _loop(
        "cluster",
        "clusters[]",
        _aws("eks", "ListClusters", ""),
        _loop(
            "member",
            f"{kind.list_key}[]",
            _aws("eks", kind.list_operation, _CLUSTER),
            [
                f"words '{kind.key}.instanceTypes[]' "
                + _aws(
                    "eks",
                    kind.operation,
                    f'{_CLUSTER} --{command_word(kind.parameter)} "$member"',
                )
            ],
        ),
    )
    instances = _aws("ec2", "DescribeInstances", "")
    return [
        "types() {",
        f"    words 'Reservations[].Instances[].InstanceType' {instances}",
        *(f"    {line}" for line in groups),
        "}",
        "for type in $(types | sort -u); do",
        "    " + _keep("ec2", "DescribeInstanceTypes", '--instance-types "$type"', "$type"),
        "done",
    ]
