"""The pruned service models say of AWS what the collector reads, exactly as the full ones do."""

import dataclasses
import random
import typing
from collections.abc import Iterator

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from eksnet.collect.facets import ALWAYS, READABLE, iam_actions
from eksnet.collect.live import collect
from eksnet.collect.session import Credentials, Session
from eksnet.model.snapshot import Snapshot
from tools import bench_wire, models, recorder

KEYS = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI")
TOKENS = frozenset({"NextToken", "nextToken", "Marker", "IsTruncated"})
SERVICES = {name: recorder.Service(name) for name in ("ec2", "eks", "iam", "service-quotas", "sts")}


class Body:
    """What botocore reads an answer's bytes from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


class Aws:
    """Answers every request with all of its operation's members, but a share left out."""

    def __init__(self, seed: int | None, error: str | None = None) -> None:
        self._seed, self._error = seed, error
        self.pages = 0

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        _, service, operation = event_name.split(".")
        asked = f"{request.url} {request.body!r}"
        last = any(token in asked for token in ("=nexttoken", "=marker", '"nexttoken"'))
        self.pages += last
        missing = random.Random(f"{self._seed} {operation}") if self._seed is not None else None  # noqa: S311 - chooses what a test leaves out
        headers, status = HTTPHeaders(), 200
        if self._error and operation.startswith("Describe") and service == "eks":
            status = 404
            headers["x-amzn-errortype"] = self._error
        content = _rendered(SERVICES[service], operation, missing, last=last)
        return AWSResponse(request.url, status, headers, Body(content))


def _rendered(
    service: recorder.Service, operation: str, missing: random.Random | None, *, last: bool
) -> bytes:
    shape = service.model.operation_model(operation).output_shape
    assert shape is not None
    value = _thinned(
        recorder.answer(service, shape, None), missing, TOKENS if last else frozenset()
    )
    return bench_wire.body(service.model, operation, value)


def _thinned(value: typing.Any, missing: random.Random | None, gone: frozenset[str]) -> typing.Any:
    """Return a value without the members in ``gone`` and a tenth of the others."""
    if isinstance(value, list):
        return [_thinned(each, missing, gone) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        member: _thinned(each, missing, gone)
        for member, each in value.items()
        if member not in gone and not (missing and missing.random() < 0.1)
    }


class Both:
    """The collector's own session and one with botocore's full models, before the same AWS."""

    def __init__(self) -> None:
        self.aws = Aws(None)
        self.pruned, full = Clients(Session(KEYS)), Session(KEYS)
        full._session.get_component("data_loader").search_paths.pop(0)
        self.full = Clients(full)
        for each in (self.pruned, self.full):
            each.session._session.register("before-send", self._send)

    def _send(self, **request: typing.Any) -> AWSResponse:
        return self.aws(**request)

    def see(self, aws: Aws) -> tuple[Snapshot, Snapshot]:
        """Return what each collects."""
        self.aws = aws
        return _seen(self.pruned), _seen(self.full)


class Clients:
    """A session that makes each client once: making one of the full EC2 model takes a second."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._made: dict[str, typing.Any] = {}

    def client(self, service: str, region: str) -> object:
        if service not in self._made:
            self._made[service] = self.session.client(service, region)
        return self._made[service]


def _seen(clients: typing.Any) -> Snapshot:
    found = collect(clients, recorder.REGION, READABLE)
    return dataclasses.replace(found, captured_at=recorder.MOMENT)


@pytest.fixture(scope="module")
def both(no_configuration: None) -> Both:  # noqa: ARG001 - it must come first
    return Both()


@pytest.fixture(autouse=True, scope="module")
def no_configuration() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/nonexistent")
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DATA_PATH"):
            patch.delenv(name, raising=False)
        yield


def test_the_models_are_what_the_collector_uses_now() -> None:
    assert models.write(check=True) == []


def test_every_operation_the_collector_may_call_is_in_the_models() -> None:
    session = Session(KEYS)
    for action in {*iam_actions(READABLE), *ALWAYS}:
        service, operation = action.split(":")
        client = session.client(service, recorder.REGION)
        assert operation in client.meta.service_model.operation_names


def test_no_other_operation_of_a_pruned_service_is_there() -> None:
    session = Session(KEYS)
    actions = {*iam_actions(READABLE), *ALWAYS}
    for service in SERVICES.keys() - models.WHOLE:
        model = session.client(service, recorder.REGION).meta.service_model
        assert {f"{model.signing_name}:{name}" for name in model.operation_names} <= actions


def test_what_botocores_credential_providers_call_is_left_whole() -> None:
    client = Session(KEYS).client("sts", recorder.REGION)
    assert client.can_paginate("assume_role") is False
    assert callable(client.assume_role_with_web_identity)


@pytest.mark.parametrize("seed", [None, *range(1, 7)])
def test_full_and_pruned_models_give_the_same_snapshot(both: Both, seed: int | None) -> None:
    aws = Aws(seed)
    pruned, full = both.see(aws)
    assert pruned == full
    assert aws.pages
    if seed is None:
        assert not pruned.blinds
        fields = {each.name for each in dataclasses.fields(Snapshot)} - {
            "blinds",
            "sightings",
            "trends",
        }
        assert not [name for name in fields if getattr(pruned, name) == ()]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "Odd"])
def test_error_codes_survive(both: Both, code: str) -> None:
    pruned, full = both.see(Aws(None, code))
    assert pruned == full
    assert {blind.error for blind in pruned.blinds} <= {code}


def test_the_notice_names_the_source_and_its_licence() -> None:
    text = (models.MODELS / "README.md").read_text(encoding="utf-8")
    assert "botocore" in text
    assert "Apache License" in text
