"""What a policy says it needs is what it calls, over all its cases, and no more."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from policies.harness import PACK, PLAYER, Bench, policy_data
from policies.tables import TABLES

from c7n_certrenew.commands.granting import loaded, needed_by
from c7n_certrenew.elements.permissions import FINDINGS

WRITES = (
    *("iam:UploadServerCertificate", "iam:TagServerCertificate"),
    *("acm:ImportCertificate", "acm:AddTagsToCertificate"),
    *("elasticloadbalancing:SetLoadBalancerListenerSSLCertificate",),
    *("elasticloadbalancing:ModifyListener", "elasticloadbalancing:*ListenerCertificates"),
    *("cloudfront:GetDistribution*", "cloudfront:UpdateDistribution"),
)
_REAL = "what changes something; tests/integration/test_permissions makes real runs"
_TOLD = "an action that tells others; tests/integration has its real runs"
_STOCK = "declared by stock Custodian for the resource, for all that it could be asked"
_OTHER = "read where another service serves the certificate, or a tag may name its owner"
NOT_CALLED = (
    *(("*-renew*", action, _REAL) for action in WRITES),
    *(("*-to-acm", action, _REAL) for action in WRITES),
    *(("*-undo", action, _REAL) for action in (*WRITES, "iam:UntagServerCertificate")),
    *((f"*-{end}", "iam:DeleteServerCertificate", _REAL) for end in ("prune", "delete")),
    *(("*-notify", action, _TOLD) for action in ("sqs:SendMessage", "iam:ListAccountAliases")),
    *(("*-finding", action, _TOLD) for action in FINDINGS),
    ("*", "iam:GetServerCertificate", _STOCK),
    ("acm-certificate-*", "acm:ListTagsForCertificate", _STOCK),
    ("*elb-*", "elasticloadbalancing:DescribeLoadBalancerAttributes", _STOCK),
    ("*elb-*", "elasticloadbalancing:DescribeTags", _STOCK),
    ("*", "cloudfront:ListTagsForResource", _OTHER),
    ("iam-certificate-*", "elasticloadbalancing:DescribeTags", _OTHER),
    ("*", "acm:DescribeCertificate", _OTHER),
    ("iam-certificate-*", "acm:*Certificate*", _OTHER),
    ("iam-certificate-undo", "iam:GetAccountSummary", "room that only a renewal needs"),
)
"""Policy, action and why no case calls it; patterns as of file names."""

WITHOUT_PERMISSION = {"sts:GetCallerIdentity"}
"""What everybody may call."""


def is_explained(stem: str, action: str) -> bool:
    """Say whether it is known that a policy calls an action only beside its cases."""
    return any(fnmatchcase(stem, who) and fnmatchcase(action, what) for who, what, _ in NOT_CALLED)


@pytest.mark.parametrize("stem", PACK)
def test_what_is_declared_is_what_is_called(stem: str, bench: Bench) -> None:
    """Nothing is called that is not declared; what is declared is called, or explained."""
    data, table, called = policy_data(stem), TABLES[stem], set[str]()
    for case in table.cases:
        assert not bench.contradicts(data, table.base, case)
        called |= PLAYER.noted
    declared = needed_by(loaded([PACK[stem]]))
    assert called - declared - WITHOUT_PERMISSION == set()
    assert {one for one in declared - called if not is_explained(stem, one)} == set()
