"""Who signed a request to a function URL, as AWS itself says: never what the caller says of itself.

A Lambda function URL with IAM authorization hands over ``requestContext.authorizer.iam`` (Lambda
developer guide, "Request payload format"). Whoever assumes a role chooses the session's name, so
one person could be two by two names: all sessions of a role count as one person. Only IAM Identity
Center names sessions itself, after the user who signed in; there each user is a person, whichever
permission set, and account, the user took.
"""

import re

from eksnet.model.journal import Principal
from eksnet.pipeline.requests import RejectedError

_USER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/[ -~]+")
_SESSION = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/(?P<role>[ -.0-~]+)/[ -~]+")
_CALLER = re.compile(r"(?P<unique>[A-Z0-9]{16,128})(:(?P<session>[ -~]{2,64}))?")
_IDENTITY_CENTER = "AWSReservedSSO_"  # IAM Identity Center user guide, "Permission set roles"
_SIGNED_IN = "identity-center:"
_USER_PREFIX, _ROLE_PREFIX = "AIDA", "AROA"  # IAM user guide, "Unique identifiers"


def principal_of(user_arn: str, caller_id: str) -> Principal:
    """Return who counts as one person.

    Raises:
        RejectedError: neither an IAM user nor a role's session: the root user, a federated one.
    """
    caller = _CALLER.fullmatch(caller_id)
    session = _SESSION.fullmatch(user_arn)
    if caller and session and caller["unique"].startswith(_ROLE_PREFIX) and caller["session"]:
        named = session["role"].startswith(_IDENTITY_CENTER)
        who = f"{_SIGNED_IN}{caller['session'].lower()}" if named else caller["unique"]
        return Principal(id=who, arn=user_arn)
    if caller and caller["unique"].startswith(_USER_PREFIX) and _USER.fullmatch(user_arn):
        return Principal(id=caller["unique"], arn=user_arn)
    reason = "only an IAM user or a role's session can ask or decide"
    raise RejectedError(reason)
