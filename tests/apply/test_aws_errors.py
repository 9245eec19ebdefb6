"""What each error code of EC2 and EKS says of a write."""

import pytest

from eksnet.apply.aws_errors import Says, says, write_error


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("RequestLimitExceeded", 503, Says.UNSURE),
        ("RequestLimitExceeded", 400, Says.UNSURE),
        ("ThrottlingException", 429, Says.UNSURE),
        ("InternalError", 500, Says.UNSURE),
        ("InvalidParameterValue", 500, Says.UNSURE),
        ("InternalError", 200, Says.UNSURE),
        ("NobodyKnowsThis", 400, Says.UNSURE),
        ("UnauthorizedOperation", 403, Says.REFUSED),
        ("AccessDeniedException", 403, Says.REFUSED),
        ("InvalidParameterException", 400, Says.REFUSED),
        ("InvalidVpc.Range", 400, Says.REFUSED),
        ("CidrLimitExceeded", 400, Says.REFUSED),
        ("SubnetLimitExceeded", 400, Says.REFUSED),
        ("ResourceLimitExceededException", 400, Says.REFUSED),
        ("DependencyViolation", 400, Says.REFUSED),
        ("ResourceNotFoundException", 404, Says.REFUSED),
        ("400", 200, Says.REFUSED),
        ("InvalidSubnet.Conflict", 400, Says.EXISTS),
        ("CidrConflict", 400, Says.EXISTS),
        ("Resource.AlreadyAssociated", 400, Says.EXISTS),
        ("FlowLogAlreadyExists", 400, Says.EXISTS),
        ("ResourceInUseException", 409, Says.WAIT),
        ("IncorrectState", 400, Says.WAIT),
        ("InvalidSubnetID.NotFound", 400, Says.WAIT),
        ("InvalidSubnet.Range", 400, Says.WAIT),
    ],
)
def test_a_code_says_what_its_service_documents(code: str, status: int, expected: Says) -> None:
    assert says(code, status) is expected


def test_what_exists_is_not_sure_as_an_earlier_call_may_have_made_it() -> None:
    problem = write_error("ec2:CreateSubnet", "InvalidSubnet.Conflict", 400)
    assert (problem.sure, problem.exists, problem.wait) == (False, True, False)
