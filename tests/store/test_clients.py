"""Clients follow the SDK's own conventions, and say so when those can't be followed."""

import pytest

from eksnet import __version__
from eksnet.store.clients import ATTEMPTS, Clients
from eksnet.store.interface import StoreError


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_RETRY_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sns", "events"])
def test_each_client_is_made_once_and_names_us(service: str) -> None:
    clients = Clients()
    made = clients.client(service)
    assert clients.client(service) is made
    assert made.meta.region_name == "eu-west-1"
    assert made.meta.config.user_agent_extra == f"eksnet/{__version__}"
    assert made.meta.config.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}


def test_endpoints_are_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
    clients = Clients()
    assert clients.client("dynamodb").meta.endpoint_url == "http://127.0.0.1:1"
    assert clients.client("s3").meta.endpoint_url == "http://127.0.0.1:2"


def test_the_retry_mode_may_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    assert Clients().client("sns").meta.config.retries["mode"] == "adaptive"


def test_a_region_given_is_the_clients() -> None:
    assert Clients("us-east-1").client("events").meta.region_name == "us-east-1"


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_PROFILE", "none"), ("AWS_ENDPOINT_URL", "no url")]
)
def test_a_configuration_that_cannot_be_used_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StoreError) as caught:
        Clients().client("dynamodb")
    assert caught.value.api == "eksnet:configuration"
