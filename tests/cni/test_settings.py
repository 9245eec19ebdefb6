"""How the text of an add-on's configuration is read."""

import json

import pytest

from eksnet.cni.settings import read_settings, read_values

FLAG = "ENABLE_SUBNET_DISCOVERY"


@pytest.mark.parametrize("text", ["", "yes", "on", "truee"])
def test_text_that_is_no_boolean_keeps_the_default(text: str) -> None:
    settings = read_settings(json.dumps({"env": {FLAG: text}}))
    assert settings.flag(FLAG, default=True)
    assert not settings.flag(FLAG, default=False)


@pytest.mark.parametrize(("text", "on"), [("T", True), ("0", False), ("False", False)])
def test_a_boolean_is_what_go_reads(text: str, on: bool) -> None:  # noqa: FBT001 - a parameter
    settings = read_settings(json.dumps({"env": {FLAG: text}}))
    assert settings.flag(FLAG, default=not on) is on


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("0", None), ("-1", None), ("1_0", None)])
def test_a_target_is_what_go_reads(text: str, number: int | None) -> None:
    assert (
        read_settings(json.dumps({"env": {"WARM_IP_TARGET": text}})).target("WARM_IP_TARGET")
        == number
    )


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "---\n", "null", "{}"])
def test_text_without_a_value_sets_nothing(text: str | None) -> None:
    assert read_values(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "a: 2024-13-45",
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5000,
        "- a",
        "a: b: c",
        "eniConfig: {subnets: {a: {id: subnet-a, securityGroups: 5}}}",
        "eniConfig: {subnets: {a: {id: subnet-a, securityGroups: sg-1}}}",
    ],
)
def test_text_that_no_reader_takes_is_an_error_and_never_an_exception(text: str) -> None:
    assert read_settings(text).error
