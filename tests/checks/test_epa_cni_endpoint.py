import json

from eksnet.checks.epa_cni_endpoint import cni_endpoint
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, snapshot

ASKS = json.dumps({"env": {"CLUSTER_ENDPOINT": "https://1A2B.gr7.eu-west-1.eks.amazonaws.com"}})


def net(configuration: str | None, *, private: bool = False, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster(endpoint_private=private)],
        "addons": [addon(configuration=configuration)],
    }
    return snapshot(**{**values, **parts})


EXAMPLES = {
    "EPA004": Example(
        good=(
            net(ASKS, private=True),
            net(None, private=True),
            net(None, private=True, addons=[]),
            net('{"env": {"CLUSTER_ENDPOINT": ""}}'),
        ),
        bad=(net(ASKS),),
        unknown=(net(None, addons=[]), net("["), net(None), net("{}")),
    ),
}


def test_a_variable_that_eks_may_have_set_by_itself_is_not_called_unset() -> None:
    (finding,) = run(net(None), [cni_endpoint], Limits())
    assert finding.unknown
    assert finding.unknown.api == "kubernetes:aws-node"


def test_auto_mode_has_no_such_setting() -> None:
    seen = snapshot(clusters=[cluster(auto_mode=True, endpoint_private=False)])
    assert run(seen, [cni_endpoint], Limits()) == ()
