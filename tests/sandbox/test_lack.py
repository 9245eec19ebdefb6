import pytest
from moto.eks.responses import EKSResponse

import sandbox
from sandbox.corrections.lack import MotoHasItError, lacks, lacks_operation


def test_a_correction_that_moto_no_longer_needs_says_so() -> None:
    with pytest.raises(MotoHasItError, match="describe_cluster"):
        lacks(EKSResponse.describe_cluster, "cluster")
    with pytest.raises(MotoHasItError):
        lacks_operation(EKSResponse, "describe_cluster")


def test_installing_twice_changes_nothing() -> None:
    sandbox.corrections.install()
    before = EKSResponse.create_cluster
    sandbox.corrections.install()
    assert EKSResponse.create_cluster is before
