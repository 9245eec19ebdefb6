"""What AWS lets an account have of something in a Region."""

from eksnet.model.record import record


@record
class Quota:
    """A quota as it is applied to the account; ``id`` is its code, such as ``L-DF5E4CA3``."""

    id: str
    arn: str
    service: str
    name: str
    value: int
