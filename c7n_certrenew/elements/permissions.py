"""The IAM actions of our elements: what the consumers need, and what IAM and EC2 do besides."""

from __future__ import annotations

from c7n_certrenew.aws.consumers import CONSUMERS

READS = tuple(dict.fromkeys(action for each in CONSUMERS.values() for action in each.reads))
"""What finding out takes, of all services that serve certificates."""

WRITES = tuple(dict.fromkeys(action for each in CONSUMERS.values() for action in each.writes))
"""What putting another certificate in place takes, of all services where that is possible."""

SWEEP = ("ec2:DescribeRegions", *READS)
"""Who serves certificates, in every region."""

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

TAGS = ("iam:ListServerCertificateTags",)
"""The tags of a server certificate."""

SUPERSEDED = ("iam:ListServerCertificates", *TAGS, *SWEEP)
"""What renewals left behind."""

PRUNE = (*SUPERSEDED, "iam:DeleteServerCertificate")
"""Deleting it."""
