"""Which account a request belongs to: an access key belongs to exactly one AWS account.

Moto maps keys it does not know to 123456789012 and knows only those made through its own IAM. Here
a key may carry its account, so that several accounts can be used from other processes at once, and
plain keys such as ``test`` belong to the first account of the demo organization.
"""

import re

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam import models as iam

from sandbox.corrections.lack import lacks, put

HOME_ACCOUNT = "111122223333"  # an account id that the AWS documentation uses for examples
_CARRIES_ACCOUNT = re.compile(r"AKIA(\d{12})DEMO")  # 20 characters, as every AWS access key id


def access_key(account_id: str) -> str:
    """Return the access key id that belongs to the account."""
    return f"AKIA{account_id}DEMO"


def install() -> None:
    """Make moto ask us first."""
    lacks(iam.get_account_id_from, "DEMO")
    known_to_moto = iam.get_account_id_from

    def get_account_id_from(key: str) -> str:
        carries = _CARRIES_ACCOUNT.fullmatch(key)
        if carries:
            return carries[1]
        account = known_to_moto(key)
        return HOME_ACCOUNT if account == DEFAULT_ACCOUNT_ID else account

    put(iam, get_account_id_from=get_account_id_from)
