import marshal
import pathlib
import re
import struct
import tempfile

import pytest

from tests.artefact.built import (
    ARCHITECTURES,
    FUNCTIONS,
    HERE,
    LAYERS,
    ROOT,
    built,
    digests,
    files,
    make,
    zipped,
)

LAYER_BYTES = 8_000_000
FUNCTION_BYTES = 20_000
UNCHECKED_HASH = 0b01  # PEP 552: hash-based, and the source is not asked
MACHINES = {"arm64": 183, "x86_64": 62}  # ELF: EM_AARCH64, EM_X86_64
NOT_FOR_LAMBDA = re.compile(
    r"(^|/)(tests?|bin|cli|boto3|botocore|aws_xray_sdk|typer|rich|v1)/"
    r"|\.(pyi|pxd|c|md|typed)$|/(RECORD|INSTALLER|direct_url\.json)$"
)
everywhere = pytest.mark.parametrize("architecture", ARCHITECTURES)
in_each_layer = pytest.mark.parametrize("layer", LAYERS)


@everywhere
def test_the_dependencies_stay_small(architecture: str) -> None:
    assert zipped(built(architecture) / "DependenciesLayer") <= LAYER_BYTES


@pytest.mark.parametrize(("name", "source"), FUNCTIONS.items())
def test_a_function_is_its_own_source_and_small(name: str, source: str) -> None:
    folder = built() / name
    assert (folder / "app.py").read_bytes() == (ROOT / f"functions/{source}/app.py").read_bytes()
    assert all(each.endswith(".py") for each, _ in files(folder))
    assert sum(len(content) for _, content in files(folder)) <= FUNCTION_BYTES


@everywhere
@in_each_layer
def test_nothing_is_shipped_that_never_runs(architecture: str, layer: str) -> None:
    names = [name for name, _ in files(built(architecture) / layer)]
    assert names
    assert [name for name in names if NOT_FOR_LAMBDA.search(name)] == []
    assert {name.partition("/")[0] for name in names} == {"python"}


def test_all_data_of_the_package_is_shipped() -> None:
    source, folder = ROOT / "layers/eksnet/eksnet", built() / "EksnetLayer/python/eksnet"
    data = [
        path.relative_to(source)
        for path in source.rglob("*")
        if path.suffix in {".csv", ".json", ".j2", ".css", ".js"}
    ]
    assert data
    assert [name for name in data if not (folder / name).exists()] == []


@everywhere
@in_each_layer
def test_every_module_is_compiled_and_never_compared_with_its_source(
    architecture: str, layer: str
) -> None:
    folder = built(architecture) / layer
    sources = sorted(folder.rglob("*.py"))
    compiled = {path.relative_to(folder) for path in folder.rglob("*.pyc")}
    assert sources
    for source in sources:
        name = source.relative_to(folder)
        pyc = name.parent / "__pycache__" / f"{name.stem}.cpython-313.pyc"
        content = (folder / pyc).read_bytes()
        assert struct.unpack("<I", content[4:8]) == (UNCHECKED_HASH,), name
        assert marshal.loads(content[16:]).co_filename == f"/opt/{name}"  # noqa: S302 - our own
        compiled.discard(pyc)
    assert compiled == set()


@everywhere
@in_each_layer
def test_no_file_mentions_where_it_was_built(architecture: str, layer: str) -> None:
    places = [f"{ROOT}/{name}".encode() for name in ("layers", ".build", ".venv")]
    scratch = re.compile(re.escape(tempfile.gettempdir()).encode() + rb"/tmp[a-z0-9_]{8}\b")
    for name, content in files(built(architecture) / layer):
        assert not any(place in content for place in places), name
        assert not scratch.search(content), name


@everywhere
def test_native_modules_are_for_the_chosen_processor(architecture: str) -> None:
    folder = built(architecture) / "DependenciesLayer"
    native = {name: content for name, content in files(folder) if ".so" in name}
    assert any("pydantic_core" in name for name in native)
    for name, content in native.items():
        assert content[:4] == b"\x7fELF", name
        assert struct.unpack("<H", content[18:20]) == (MACHINES[architecture],), name


@in_each_layer
def test_two_builds_give_the_same_bytes(layer: str, tmp_path: pathlib.Path) -> None:
    make(
        *("-C", f"layers/{LAYERS[layer]}", f"build-{layer}"),
        *(f"ARCHITECTURE={HERE}", f"ARTIFACTS_DIR={tmp_path}"),
        f"PYTHON={ROOT}/.venv-sam/bin/python",
    )
    assert digests(tmp_path) == digests(built() / layer)
