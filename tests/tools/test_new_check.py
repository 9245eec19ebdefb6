import importlib.util
import pathlib
import types

import pytest

from eksnet.engine.check import TOPICS, Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from tools import new_check


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "layers/eksnet/eksnet/checks").mkdir(parents=True)
    (tmp_path / "tests/checks").mkdir(parents=True)
    (tmp_path / "tests/contract").mkdir()
    (tmp_path / new_check.CHECK_IDS).write_text("IPH001 One\nIPH007 Retired\n")
    return tmp_path


def load(path: pathlib.Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_id_is_above_every_id_ever_given(tree: pathlib.Path) -> None:
    assert new_check.next_id(tree, "IPH") == "IPH008"
    (tree / "layers/eksnet/eksnet/checks/new.py").write_text('id="IPH008"')
    assert new_check.next_id(tree, "IPH") == "IPH009"
    assert new_check.next_id(tree, "DNS") == "DNS001"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_skeleton_is_a_check_that_works(tree: pathlib.Path, topic: str) -> None:
    assert new_check.main([topic, "pod-subnet-room"], tree) == 0
    stem = f"{topic.lower()}_pod_subnet_room"
    module = load(tree / f"layers/eksnet/eksnet/checks/{stem}.py")
    (check,) = (value for value in vars(module).values() if isinstance(value, Check))
    example = load(tree / f"tests/checks/test_{stem}.py").EXAMPLES[check.id]
    for snapshots, status in ((example.good, Status.PASS), (example.bad, Status.FAIL)):
        (finding,) = run(snapshots[0], [check], Limits())
        assert finding.status is status


@pytest.mark.parametrize(
    "words", [("XXX", "room"), ("IPH", "Not A Slug"), ("IPH", "../up"), ("IPH",)]
)
def test_bad_words_are_refused_and_nothing_is_written(
    tree: pathlib.Path, words: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        new_check.main(list(words), tree)
    assert not list((tree / "tests/checks").iterdir())


def test_a_file_that_is_there_is_never_overwritten(tree: pathlib.Path) -> None:
    new_check.main(["IPH", "room"], tree)
    with pytest.raises(SystemExit, match="2"):
        new_check.main(["IPH", "room"], tree)
