import json

import pytest

from eksnet.cni.eni_config_values import manifests, names_in_zones, with_pod_subnets
from eksnet.cni.publication import Publication, Way, publication, unnamed_zones
from eksnet.cni.settings import read_settings
from eksnet.model.plan import CannotFix
from tests.build import addon, cluster, snapshot

CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
ZONE = {"ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}
SUBNETS = {"create": True, "subnets": {"eu-west-1a": {"id": "subnet-a"}}}


def way(env: dict[str, str], version: str = "v1.20.4-eksbuild.1", **more: object) -> object:
    text = json.dumps({"env": env, **more})
    seen = snapshot(clusters=[cluster()], addons=[addon(configuration=text, version=version)])
    answer = publication(seen, cluster())
    return answer.way if isinstance(answer, Publication) else answer.rule


@pytest.mark.parametrize(
    ("env", "version", "expected"),
    [
        ({}, "v1.20.4-eksbuild.1", Way.TAG),
        ({}, "v1.18.0-eksbuild.1", Way.TAG),
        ({}, "v1.17.9-eksbuild.1", "no-discovery"),
        ({"ENABLE_SUBNET_DISCOVERY": "false"}, "v1.20.4-eksbuild.1", "no-discovery"),
        (CUSTOM, "v1.17.9-eksbuild.1", Way.KUBERNETES),
    ],
)
def test_the_settings_and_the_version_decide(
    env: dict[str, str], version: str, expected: object
) -> None:
    assert way(env, version) == expected


def test_eni_configs_of_the_addon_are_the_addons_to_change() -> None:
    assert way(CUSTOM, eniConfig=SUBNETS) is Way.ADDON


def test_a_cni_that_is_no_addon_is_not_read() -> None:
    answer = publication(snapshot(clusters=[cluster()]), cluster())
    assert isinstance(answer, CannotFix)
    assert answer.rule == "cni-unread"


def test_names_are_known_by_the_zone_label_or_when_the_addon_shows_them() -> None:
    by_zone = read_settings(json.dumps({"env": {**CUSTOM, **ZONE}}))
    by_hand = read_settings(json.dumps({"env": CUSTOM, "eniConfig": SUBNETS}))
    names = {"eu-west-1a": ("eu-west-1a",), "eu-west-1b": ("eu-west-1b",)}
    assert unnamed_zones(by_zone, names) == ()
    assert unnamed_zones(by_hand, names) == ("eu-west-1b",)


def test_every_eni_config_of_a_zone_gets_its_new_subnet() -> None:
    section = {"subnets": {"blue": {"id": "subnet-a"}, "green": {"id": "subnet-2a"}}}
    settings = read_settings(json.dumps({"env": CUSTOM, "eniConfig": section}))
    homes = {"subnet-a": "eu-west-1a", "subnet-2a": "eu-west-1a"}
    names = names_in_zones(settings, homes, ["eu-west-1a"], "eu-west-1")
    assert names == {"eu-west-1a": ("blue", "green")}
    after = with_pod_subnets({"eniConfig": section}, {"eu-west-1a": "new"}, names, ())
    assert {each["id"] for each in after["eniConfig"]["subnets"].values()} == {"new"}


def test_manifests_are_yaml_of_one_resource_a_zone() -> None:
    import yaml

    text = manifests({"eu-west-1a": "${subnet:100.64.0.0/24}", "eu-west-1b": "x"}, ("sg-1",))
    first, second = yaml.safe_load_all(text)
    assert first["kind"] == "ENIConfig"
    assert first["metadata"]["name"] == "eu-west-1a"
    assert first["spec"] == {"subnet": "${subnet:100.64.0.0/24}", "securityGroups": ["sg-1"]}
    assert second["metadata"]["name"] == "eu-west-1b"
