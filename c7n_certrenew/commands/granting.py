"""What policies need, as one document of IAM's policy language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c7n.config import Config

from c7n_certrenew import pack
from c7n_certrenew.commands.loading import load

if TYPE_CHECKING:
    from pathlib import Path

_CERTIFICATES = "arn:{partition}:iam::*:server-certificate/*"
_LOAD_BALANCERS = "arn:{partition}:elasticloadbalancing:*:*:loadbalancer/*"
_LISTENERS = "arn:{partition}:elasticloadbalancing:*:*:listener/*"


@dataclass(frozen=True)
class Purpose:
    """Actions for one purpose, and the resource AWS can hold them to.

    Which action knows which kind of resource: AWS's Service Authorization Reference.
    """

    sid: str
    actions: tuple[str, ...]
    resource: str = "*"


PURPOSES = (
    Purpose(
        "Audit",
        (
            "iam:ListServerCertificates",
            "ec2:DescribeRegions",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeListenerCertificates",
        ),
    ),
    Purpose(
        "AuditCertificates",
        ("iam:GetServerCertificate", "iam:ListServerCertificateTags"),
        _CERTIFICATES,
    ),
    Purpose("Plan", ("iam:GetAccountSummary",)),
    Purpose(
        "Upload",
        (
            "iam:UploadServerCertificate",
            "iam:TagServerCertificate",
            "iam:UntagServerCertificate",
        ),
        _CERTIFICATES,
    ),
    Purpose(
        "RebindClassic",
        ("elasticloadbalancing:SetLoadBalancerListenerSSLCertificate",),
        _LOAD_BALANCERS,
    ),
    Purpose(
        "Rebind",
        (
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:RemoveListenerCertificates",
        ),
        _LISTENERS,
    ),
    Purpose(
        "Cleanup",
        ("iam:DeleteServerCertificate", "iam:UpdateServerCertificate"),
        _CERTIFICATES,
    ),
)
_OTHER = "Other"


def needed(files: Sequence[Path]) -> frozenset[str]:
    """Return the permissions of every policy in the files, those of the pack if there are none.

    Raises what loading raises.
    """
    options = Config.empty(region="")
    paths = files or [one.path for one in pack.shipped()]
    return frozenset(p for path in paths for policy in load(path, options) for p in _of(policy))


def document(actions: Iterable[str], partition: str) -> dict[str, Any]:
    """Return the policy document that allows the actions, one statement a purpose.

    An action that no purpose names is allowed on every resource.
    """
    wanted = set(actions)
    named = {action for purpose in PURPOSES for action in purpose.actions}
    purposes = (*PURPOSES, Purpose(_OTHER, tuple(sorted(wanted - named))))
    statements = [_statement(purpose, wanted, partition) for purpose in purposes]
    allowing = [statement for statement in statements if statement["Action"]]
    return {"Version": "2012-10-17", "Statement": allowing}


def _of(policy: Any) -> Iterable[str]:
    """Return what a policy needs. c7n does not ask filters that stand in and, or and not."""
    yield from policy.get_permissions()
    for found in policy.resource_manager.iter_filters():
        yield from found.get_permissions()


def _statement(purpose: Purpose, wanted: set[str], partition: str) -> dict[str, Any]:
    return {
        "Sid": purpose.sid,
        "Effect": "Allow",
        "Action": [action for action in purpose.actions if action in wanted],
        "Resource": purpose.resource.format(partition=partition),
    }
