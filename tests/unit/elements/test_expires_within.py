"""What `expires-within` makes of certificates that AWS shows without a date."""

from __future__ import annotations

from typing import Any

import pytest
from c7n.config import Config
from c7n.policy import PolicyCollection
from c7n.resources import load_resources

from c7n_certrenew.errors import CertrenewError

IAM = {"ServerCertificateName": "web", "Arn": "arn:aws:iam::123456789012:server-certificate/web"}
ACM = {"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1", "Status": "ISSUED"}


def within(resource: str, expired: str) -> Any:
    """Return the filter of a policy."""
    load_resources([resource])
    asked = {"type": "expires-within", "expired": expired}
    data = {"name": "one", "resource": resource, "filters": [asked]}
    config = Config.empty(region="us-east-1", account_id="123456789012")
    [policy] = PolicyCollection.from_data({"policies": [data]}, config)
    [element] = policy.resource_manager.filters
    return element


@pytest.mark.parametrize("expired", ["include", "only", "exclude"])
@pytest.mark.parametrize(
    ("resource", "shown"), [("aws.iam-certificate", IAM), ("aws.acm-certificate", ACM)]
)
def test_no_date_is_not_valid_for_long(resource: str, shown: dict[str, Any], expired: str) -> None:
    """A certificate whose end AWS does not show is not called clean: the run fails."""
    with pytest.raises(CertrenewError, match="AWS does not say when it expires"):
        within(resource, expired).process([shown])


@pytest.mark.parametrize("status", ["PENDING_VALIDATION", "VALIDATION_TIMED_OUT", "FAILED"])
def test_a_request_has_no_date(status: str) -> None:
    """What ACM has not issued expires never."""
    assert within("aws.acm-certificate", "include").process([{**ACM, "Status": status}]) == []
