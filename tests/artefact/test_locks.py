import re

import pytest

from tests.artefact.built import ROOT

LOCKS = [*sorted(ROOT.glob("requirements/*.txt")), ROOT / "layers/dependencies/requirements.txt"]
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^ ;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text(encoding="utf-8")))


def test_the_layer_and_the_command_line_run_the_same_versions() -> None:
    layer, command = pins("layers/dependencies/requirements.txt"), pins("requirements/cli.txt")
    shared = layer.keys() & command.keys()
    assert {"jinja2", "pydantic", "pyyaml"} <= shared
    assert {name: layer[name] for name in shared} == {name: command[name] for name in shared}


def test_the_layer_ships_neither_the_sdk_nor_the_command_lines_own() -> None:
    shipped = pins("layers/dependencies/requirements.txt")
    assert not shipped.keys() & {"boto3", "botocore", "aws-xray-sdk", "rich", "typer"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_lock_pins_with_hashes_and_names_no_index(lock: object) -> None:
    text = lock.read_text(encoding="utf-8")
    requirements = [part for part in re.split(r"\n(?! )", text) if part.strip()]
    assert requirements
    assert all("==" in part and "--hash=sha256:" in part for part in requirements)
    assert "http" not in PIN.sub("", text)
