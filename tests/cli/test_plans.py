"""The commands on kept plans: signed requests to a deployment, and its table."""

import json
from collections.abc import Callable, Iterator

import boto3
import pytest

from eksnet.cli import main
from sandbox.deployed import NAME
from sandbox.organization import ACCOUNTS, credentials
from sandbox.urls import served
from tests.functions.deployment import running

Run = Callable[..., tuple[int, str, str]]
NOBODYS = "pl-00000000000000000000"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Give the address of a deployment whose exhausted VPC may be changed."""
    with (
        running(whole=False, POWERTOOLS_LOG_LEVEL="CRITICAL") as application,
        served(application) as url,
    ):
        found = boto3.client("eks").describe_cluster(name="storefront")["cluster"]
        boto3.client("ec2").create_tags(
            Resources=[found["resourcesVpcConfig"]["vpcId"]],
            Tags=[{"Key": "eksnet:remediate", "Value": "allowed"}],
        )
        yield url


@pytest.fixture
def run(address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("EKSNET_TABLE", NAME)
    monkeypatch.setenv("EKSNET_REQUESTS_URL", f"{address}/requests")
    monkeypatch.setenv("EKSNET_DECISIONS_URL", f"{address}/decisions")

    def ran(*words: str, account: str = ACCOUNTS[0]) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["eksnet", *words])
        with pytest.MonkeyPatch.context() as patch:
            key, secret = credentials(account)
            patch.setenv("AWS_ACCESS_KEY_ID", key)
            patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
            try:
                main()
                code: object = 0
            except SystemExit as end:
                code = end.code
        said = capsys.readouterr()
        return (code if isinstance(code, int) else 0), said.out, said.err

    return ran


def test_a_plan_goes_its_whole_way_by_commands(run: Run) -> None:
    assert run("plans")[1] == "no plan was made yet\n"
    code, out, err = run("plan", "--remedy", "secondary-cidr", "--cluster", "storefront", "--json")
    assert code == 0, err
    plan = str(json.loads(out)["plan_id"])
    assert (plan in run("plans")[1], "awaiting-approval" in run("plans")[1]) == (True, True)
    code, out, _ = run("apply", plan)
    assert (code, "approval" in out) == (1, True)
    code, out, _ = run("approve", plan)
    assert (code, "can't approve" in out) == (1, True)
    code, out, _ = run("approve", plan, "--reason", "seen", account=ACCOUNTS[1])
    assert (code, "approved by" in out, "; 1 approval so far" in out) == (0, True, True)
    assert run("apply", plan)[0] == 0
    code, out, _ = run("show", plan)
    assert "State succeeded" in out
    assert "Approved by arn:aws:iam::222233334444:user/operator" in out
    assert ": seen" in out
    (listed,) = json.loads(run("plans", "--json")[1])
    assert (listed["plan_id"], listed["state"], len(listed["steps"])) == (plan, "succeeded", 10)
    lines = json.loads(run("journal", plan, "--json")[1])
    assert [each["version"] for each in lines] == sorted(each["version"] for each in lines)
    assert run("rollback", plan)[0] == 0
    assert "State rolled-back" in run("show", plan)[1]
    assert "nothing is left of it" in run("journal", plan)[1]


def test_the_switch_is_in_the_table_itself(run: Run) -> None:
    assert run("halt", "--reason", "freeze")[0] == 0
    item = boto3.client("dynamodb").scan(
        TableName=NAME,
        FilterExpression="pk = :control",
        ExpressionAttributeValues={":control": {"S": "CONTROL"}},
    )["Items"]
    assert "freeze" in json.dumps(item, default=str)
    assert run("resume")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", NOBODYS), 2, "no plan 'pl-00000000000000000000' in this table"),
        (("journal", NOBODYS), 2, "no plan"),
        (("approve", NOBODYS), 2, "no plan"),
        (("apply", NOBODYS), 2, "no plan"),
        (("approve", "pl-1"), 2, "plan_id"),
        (("rollback", "x\x1b[31m"), 2, "plan_id"),
        (("approve", NOBODYS, "--url", "https://example.com/"), 2, "is no function URL"),
        (("approve", NOBODYS, "--url", "http://127.0.0.1:1/decisions"), 4, "lambda:Invoke"),
        (("plans", "--table", "none"), 4, "ResourceNotFoundException"),
        (("plan", "--remedy", "flow-logs", "--cluster", "none"), 2, "no cluster 'none'"),
        (("plan", "--remedy", "flow-logs", "--config", "none.yaml"), 2, "--config"),
    ],
)
def test_bad_input_is_one_clear_line(
    run: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = run(*words)
    assert (found, out) == (code, "")
    assert said in err
    # The deployment runs in this process too, so its log ends up beside what the command says.
    assert [line for line in err.splitlines() if line != "eksnet: rejected"] == [
        err.splitlines()[-1]
    ]


@pytest.mark.parametrize("command", ["plans", "show", "journal", "halt", "resume"])
def test_a_command_on_the_table_asks_for_its_name(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("EKSNET_TABLE")
    words = (command, NOBODYS) if command in ("show", "journal") else (command,)
    code, _, err = run(*words)
    assert (code, "EKSNET_TABLE" in err) == (2, True)


@pytest.mark.parametrize("command", ["approve", "reject", "apply", "rollback"])
def test_a_request_asks_for_the_url(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for name in ("EKSNET_REQUESTS_URL", "EKSNET_DECISIONS_URL"):
        monkeypatch.delenv(name)
    code, _, err = run(command, NOBODYS)
    assert (code, "no URL" in err) == (2, True)


def test_an_unsigned_request_is_forbidden(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    from eksnet.store.interface import StoreError
    from eksnet.store.signed import SignedUrl

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreError, match="NoCredentials"):
        SignedUrl(f"{address}/decisions", "us-east-1").post({"do": "approve"})
    assert run
