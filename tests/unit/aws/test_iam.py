"""What IAM answers, and does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.parsers import ResponseParserError

from c7n_certrenew.aws import iam


def answering(summary: dict[str, Any]) -> Any:
    """Return a client whose account has this summary."""
    return cast("Any", SimpleNamespace(get_account_summary=lambda: {"SummaryMap": summary}))


def test_quota_is_read_or_unknown() -> None:
    """A summary that leaves out a number is no evidence of room."""
    whole = {"ServerCertificates": 5, "ServerCertificatesQuota": 20}
    assert iam.read_quota(answering(whole)).percent == 25
    for key in whole:
        lacking = answering({name: whole[name] for name in whole if name != key})
        with pytest.raises(ResponseParserError, match=f"an answer lacks {key}$"):
            iam.read_quota(lacking)
        assert iam.quota(lacking) is None


def test_where_nothing_is_allowed_all_is_used() -> None:
    """A quota of zero is full."""
    found = iam.read_quota(answering({"ServerCertificates": 0, "ServerCertificatesQuota": 0}))
    assert found.percent == 100
