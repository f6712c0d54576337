"""The IAM actions of our elements: what the consumers need, and what IAM and EC2 do besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from c7n.exceptions import PolicyValidationError

from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.elements import host
from c7n_certrenew.elements.certificates import in_acm
from c7n_certrenew.elements.schemas import ACTION, FILTER

if TYPE_CHECKING:
    from c7n_certrenew.sources.base import Need, Source

READS = tuple(dict.fromkeys(action for each in CONSUMERS.values() for action in each.reads))
"""What finding out takes, of all services that serve certificates."""

WRITES = tuple(dict.fromkeys(action for each in CONSUMERS.values() for action in each.writes))
"""What putting another certificate in place takes, of all services where that is possible."""

SWEEP = ("ec2:DescribeRegions", *READS)
"""Who serves certificates, in every region."""

NAMES = (
    "iam:GetServerCertificate",
    *(action for action in SWEEP if "Tags" not in action),
    "elasticloadbalancing:DescribeRules",
    "acm:DescribeCertificate",
)
"""For which names listeners answer, and which their certificates cover."""

PLAN = (
    "iam:GetServerCertificate",
    "iam:ListServerCertificates",
    "iam:GetAccountSummary",
    *SWEEP,
)
"""What a renewal would do."""

RENEW = (*PLAN, "iam:UploadServerCertificate", "iam:TagServerCertificate", *WRITES)
"""A renewal."""

PUBLISH = ("ssm:GetParameter", "ssm:PutParameter")
"""Where infrastructure code reads the new ARN."""

ACM_READS = (
    "acm:ListCertificates",
    "acm:DescribeCertificate",
    "acm:GetCertificate",
    "acm:ListTagsForCertificate",
)
ACM_WRITES = ("acm:ImportCertificate", "acm:AddTagsToCertificate")

ACM_RETRY = ("acm:RemoveTagsFromCertificate",)
"""Calling good what an earlier run has shown bad."""

PLAN_IN_ACM = (*ACM_READS[1:], *SWEEP)
"""What another body under the same ARN would do."""

RENEW_IN_ACM = (*PLAN_IN_ACM, *ACM_WRITES)
"""Importing it."""

TAGS = ("iam:ListServerCertificateTags",)
"""The tags of a server certificate."""

FINDINGS = ("securityhub:BatchImportFindings", "securityhub:GetFindings")
"""Findings in Security Hub, new ones and those that are there."""

SUPERSEDED = (
    "iam:GetServerCertificate",
    "iam:ListServerCertificates",
    *TAGS,
    *SWEEP,
    "acm:ListCertificates",
    "acm:DescribeCertificate",
    "acm:ListTagsForCertificate",
)
"""What renewals left behind."""

PRUNE = (*SUPERSEDED, "iam:DeleteServerCertificate")
"""Deleting it."""


def stored(element: Any, writes: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what an element needs, by where its policy has renewed certificates stored.

    With `store: acm` that is reading ACM and these `writes`, in place of the upload to IAM.
    """
    source = tuple(need.action for need in source_needs(element.manager, key=bool(writes)))
    options = host.options_of(element.manager, FILTER) + host.options_of(element.manager, ACTION)
    again = ACM_RETRY if writes and any(one.get("retry") for one in options) else ()
    if in_acm(element.manager):
        return (*element.permissions, *again, *source)
    if not any(one.get("store") == "acm" for one in options):
        return (*element.permissions, *source)
    kept = (one for one in element.permissions if one not in _OF_UPLOADS)
    return (*kept, *ACM_READS, *writes, *again, *source)


def source_needs(manager: Any, key: bool) -> tuple[Need, ...]:
    """Return what a policy's source needs of AWS to find, or to fetch; nothing without a source."""
    found = source_of(manager)
    return found.needs(key) if found else ()


def source_of(manager: Any) -> Source | None:
    """Return the source that a policy names, None where it names none that can be meant."""
    from c7n_certrenew.elements.settings import joined_options, read_source

    try:
        return read_source(manager, joined_options(manager))
    except PolicyValidationError:
        return None


_OF_UPLOADS = ("iam:UploadServerCertificate", "iam:GetAccountSummary")
