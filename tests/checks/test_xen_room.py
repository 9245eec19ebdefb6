from tests.build import Example, cluster, snapshot, subnet

EXAMPLES = {
    "XEN002": Example(
        good=(
            snapshot(
                clusters=[cluster()],
                subnets=[subnet("subnet-a", free_ips=16), subnet("subnet-b", free_ips=16)],
            ),
        ),
        bad=(
            snapshot(
                clusters=[cluster()],
                subnets=[subnet("subnet-a", free_ips=4), subnet("subnet-b", free_ips=16)],
            ),
        ),
    ),
}
