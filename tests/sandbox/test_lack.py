import pytest
import sandbox
from moto.eks.responses import EKSResponse
from sandbox.corrections.lack import MotoHasItError, lacks, lacks_operation


def test_a_correction_that_moto_no_longer_needs_says_so():
    with pytest.raises(MotoHasItError, match="describe_cluster"):
        lacks(EKSResponse.describe_cluster, "cluster")
    with pytest.raises(MotoHasItError):
        lacks_operation(EKSResponse, "describe_cluster")


def test_installing_twice_changes_nothing():
    sandbox.corrections.install()
    before = EKSResponse.create_cluster
    sandbox.corrections.install()
    assert EKSResponse.create_cluster is before
