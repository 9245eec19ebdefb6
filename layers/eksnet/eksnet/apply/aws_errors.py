"""What an AWS error says of a write: whether it can have happened, and what to do about it.

A code that no rule names says nothing: then one has to look.
"""

import enum
import fnmatch

from eksnet.apply.interface import WriteError

_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
_EC2_LATER = "https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html"
_EKS = "https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateAddon.html"
_ALL = "https://docs.aws.amazon.com/eks/latest/APIReference/CommonErrors.html"
_RANGE = "https://github.com/hashicorp/terraform-provider-aws/issues/9592"
_RETRIES = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"

SERVER_ERROR = 500  # from this HTTP status on the fault is not the caller's: RFC 9110, 15.6


class Says(enum.Enum):
    """What an error says; the values are WriteError's ``sure``, ``exists`` and ``wait``.

    Of what ``exists`` an earlier call of ours may be the cause, so that is not sure.
    """

    UNSURE = (False, False, False)
    REFUSED = (True, False, False)
    EXISTS = (False, True, False)
    WAIT = (True, False, True)


_RULES: tuple[tuple[Says, str, str], ...] = (  # the first whose words, * for any, meet the code
    (Says.UNSURE, "RequestLimitExceeded BandwidthLimitExceeded", _EC2),
    (Says.UNSURE, "*Throttl* TooManyRequestsException SlowDown", _RETRIES),
    (Says.UNSURE, "RequestTimeout* PriorRequestNotComplete", _RETRIES),
    (Says.UNSURE, "Internal* Server* ServiceUnavailable* Unavailable", _ALL),
    (Says.EXISTS, "InvalidSubnet.Conflict Resource.AlreadyAssociated FlowLogAlreadyExists", _EC2),
    (Says.EXISTS, "CidrConflict", _EC2),  # seen in the wild, not in EC2's list of codes
    (Says.WAIT, "ResourceInUseException", _EKS),
    (Says.WAIT, "IncorrectState* OperationInProgress* IncorrectVpcState", _EC2),
    (Says.WAIT, "*.NotFound", _EC2_LATER),  # was looked at before: not known everywhere yet
    (Says.WAIT, "InvalidSubnet.Range", _RANGE),  # of a block that has just been associated
    (Says.REFUSED, "AccessDenied* UnauthorizedOperation OptInRequired Blocked", _EC2),
    (Says.REFUSED, "Invalid* Missing* Malformed* Validation* Unknown* Unsupported*", _EC2),
    (Says.REFUSED, "DependencyViolation OperationNotPermitted *LimitExceeded*", _EC2),
    (Says.REFUSED, "ResourceNotFoundException", _EKS),
    (Says.REFUSED, "4??", _EC2),  # the inner code of CreateFlowLogs is an HTTP status
)
_NO_PERMISSION = ("AccessDenied*", "UnauthorizedOperation")


def says(code: str, status: int) -> Says:
    """Return what an error code with its HTTP status says of the write."""
    if status >= SERVER_ERROR:
        return Says.UNSURE
    for meaning, words, _ in _RULES:
        if any(fnmatch.fnmatchcase(code, word) for word in words.split()):
            return meaning
    return Says.UNSURE


def write_error(api: str, code: str, status: int) -> WriteError:
    """Return the error of a write that AWS answered so."""
    sure, exists, wait = says(code, status).value
    return WriteError(api, code, sure=sure, exists=exists, wait=wait)


def lacks_permission(problem: WriteError) -> bool:
    """Tell whether the caller may not do what it asked for."""
    return any(fnmatch.fnmatchcase(problem.code, word) for word in _NO_PERMISSION)
