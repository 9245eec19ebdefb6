import datetime as dt
import pathlib

import pytest

from eksnet.engine.limits import Limits
from eksnet.model.errors import InputError
from eksnet.settings.files import read_limits, read_suppressions, require_known

GOOD = """
suppressions:
  - check: XEN002
    account: "111122223333"
    resource: subnet-*
    reason: renumbering in spring
    owner: network team
    expires: 2026-12-31
"""


def written(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_suppression_says_what_why_who_and_until_when(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, GOOD)
    (rule,) = read_suppressions(path)
    assert (rule.check, rule.account, rule.region) == ("XEN002", "111122223333", "*")
    assert rule.accepted.owner == "network team"
    assert rule.accepted.expires == dt.date(2026, 12, 31)
    assert rule.where == f"{path}:3"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("expires: 2026-12-31", "expiry: 2026-12-31", 8, "unknown key 'expiry'"),
        ("    owner: network team\n", "", 3, "owner is missing"),
        ("2026-12-31", "the end of the year", 8, "expires is a date"),
        ("check: XEN002", "check: [XEN002]", 3, "check is a single value"),
        ("suppressions:", "suppression:", 2, "unknown key 'suppression'"),
        ("check: XEN002", "owner: me", 7, "owner is there twice"),
    ],
)
def test_a_wrong_suppression_is_named_by_its_line(
    tmp_path: pathlib.Path, old: str, new: str, line: int, said: str
) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InputError) as problem:
        read_suppressions(path)
    assert str(problem.value).startswith(f"{path}:{line}: {said}")


def test_a_suppression_that_names_nothing_hides_nothing_but_is_refused(
    tmp_path: pathlib.Path,
) -> None:
    text = "suppressions:\n  - {reason: r, owner: o, expires: 2030-01-01}\n"
    with pytest.raises(InputError, match="it would hide all"):
        read_suppressions(written(tmp_path, text))


def test_a_suppression_of_a_check_that_is_not_there_is_refused(tmp_path: pathlib.Path) -> None:
    rules = read_suppressions(written(tmp_path, GOOD))
    require_known(rules, {"XEN002"})
    with pytest.raises(InputError, match="unknown check 'XEN002'"):
        require_known(rules, {"XEN001"})


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "\x00"])
def test_a_broken_file_is_one_line(tmp_path: pathlib.Path, text: str) -> None:
    with pytest.raises(InputError) as problem:
        read_suppressions(written(tmp_path, text))
    assert "\n" not in str(problem.value)


def test_thresholds_replace_defaults_and_keep_the_rest(tmp_path: pathlib.Path) -> None:
    limits = read_limits(written(tmp_path, "limits:\n  node_required: 40\n"))
    assert limits.node_required == 40
    assert limits.pod_required == Limits().pod_required


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limits:\n  nodes: 40\n", ":2: unknown threshold 'nodes'"),
        ("limits:\n  node_required: many\n", ":2: node_required is a whole number"),
        ("limits:\n  node_required: -1\n", ":2: node_required is 0 or more"),
    ],
)
def test_a_wrong_threshold_is_named_by_its_line(
    tmp_path: pathlib.Path, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_limits(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "suppressions: []\n", "suppressions is there twice"),
        ("? [a]\n: b\n", "unknown key"),
        ("suppressions:\n  - ? [a]\n    : b\n", "a key is a single word"),
        ("[" * 5000, "no YAML"),
    ],
)
def test_odd_yaml_is_refused_in_one_line(tmp_path: pathlib.Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_suppressions(written(tmp_path, text))


def test_a_suppression_pattern_that_matches_no_check_is_refused(tmp_path: pathlib.Path) -> None:
    rules = read_suppressions(written(tmp_path, GOOD.replace("XEN002", "xen*")))
    with pytest.raises(InputError, match="unknown check"):
        require_known(rules, {"XEN002"})
