"""Who can change anything in AWS: the hands of `apply`, and nobody else."""

import ast
import json
import pathlib
from collections.abc import Iterator

import pytest

import eksnet
from eksnet.collect.session import Credentials, Session
from tools.models import MODELS, WHOLE

PACKAGE = pathlib.Path(eksnet.__file__).parent
FUNCTIONS = PACKAGE.parents[2] / "functions"
SOURCES = [*sorted(PACKAGE.rglob("*.py")), *sorted(FUNCTIONS.rglob("*.py"))]
NETWORK = {"ec2", "eks"}
READS = ("Describe", "Get", "List")
OWN = {"dynamodb", "s3", "sns", "sts", "events", "stepfunctions", "sqs"}
HANDS = {f"eksnet.apply.aws_{each}" for each in ("hands", "network", "flow_logs", "addons")}
KEYS = Credentials(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI")


def folder(path: pathlib.Path) -> str:
    """Return the layer a source is of."""
    return path.relative_to(PACKAGE).parts[0] if path.is_relative_to(PACKAGE) else "functions"


def imported(path: pathlib.Path) -> Iterator[str]:
    """Yield the modules that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{each.name}" for each in node.names)


def asked_for(path: pathlib.Path) -> Iterator[str]:
    """Yield the services that a source names where it asks for a client."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            first = node.args[0] if node.args else None
            if called in {"client", "create_client", "_make"} and isinstance(first, ast.Constant):
                yield str(first.value)


def test_clients_are_made_where_one_reads_keeps_or_changes_and_nowhere_else() -> None:
    makers = {folder(path) for path in SOURCES if "botocore.session" in set(imported(path))}
    assert makers == {"apply", "collect", "store"}


def test_only_who_reads_or_changes_a_network_has_clients_of_it() -> None:
    asked = {(folder(path), each) for path in SOURCES for each in asked_for(path)}
    assert {service for layer, service in asked if layer not in {"apply", "collect"}} <= OWN
    assert not NETWORK & OWN


@pytest.mark.parametrize("service", sorted(NETWORK))
def test_whoever_reads_has_no_client_that_could_write(service: str) -> None:
    names = Session(KEYS).client(service, "eu-west-1").meta.service_model.operation_names
    assert names
    assert [each for each in names if not each.startswith(READS)] == []


def test_no_model_of_the_collector_holds_a_write() -> None:
    found = sorted(MODELS.rglob("service-2.json"))
    services = {path.relative_to(MODELS).parts[0] for path in found}
    assert services >= NETWORK
    assert not services & WHOLE
    for path in found:
        operations = json.loads(path.read_text(encoding="utf-8"))["operations"]
        assert [each for each in operations if not each.startswith(READS)] == []


def test_only_apply_has_its_hands() -> None:
    holders = {folder(path) for path in SOURCES if HANDS & set(imported(path))}
    assert holders == {"apply"}
