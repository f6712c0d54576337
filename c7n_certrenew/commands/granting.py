"""What policies need, as documents of IAM's policy language, one a role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.session import Session
from c7n.config import Config

from c7n_certrenew import pack
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.commands.loading import load
from c7n_certrenew.commands.permissions import AUDIT, CLEANUP, NOTIFY, RENEW
from c7n_certrenew.elements.permissions import (
    ACM_RETRY,
    ACM_WRITES,
    FINDINGS,
    PUBLISH,
    READS,
    source_needs,
)

if TYPE_CHECKING:
    from pathlib import Path

_CERTIFICATES = "arn:{partition}:iam::*:server-certificate/*"
_ACM = "arn:{partition}:acm:*:*:certificate/*"
_ALIAS = "iam:ListAccountAliases"


@dataclass(frozen=True)
class Purpose:
    """Actions for one purpose, the resource AWS can hold them to, and the role they are of.

    Which action knows which resource, and which knows its tags (`tagged`): AWS's Service
    Authorization Reference. What no role is for has no `role`.
    """

    sid: str
    actions: tuple[str, ...]
    resource: str = "*"
    role: str = ""
    tagged: bool = False


def _rebinding() -> Iterable[Purpose]:
    """Yield what changes listeners, one statement a service; what only reads is the audit's."""
    for service, consumer in CONSUMERS.items():
        actions = tuple(action for action in consumer.writes if action not in READS)
        if actions:
            sid = f"Rebind{service.capitalize()}"
            yield Purpose(sid, actions, consumer.arns, RENEW, tagged=True)


PURPOSES = (
    Purpose("Audit", ("iam:ListServerCertificates", "ec2:DescribeRegions", *READS), role=AUDIT),
    Purpose(
        "AuditCertificates",
        ("iam:GetServerCertificate", "iam:ListServerCertificateTags"),
        _CERTIFICATES,
        AUDIT,
    ),
    Purpose(
        "AuditAcm",
        ("acm:DescribeCertificate", "acm:GetCertificate", "acm:ListTagsForCertificate"),
        _ACM,
        AUDIT,
    ),
    Purpose(
        "AuditOwners",
        (
            "acm:ListCertificates",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "tag:GetResources",
        ),
        role=AUDIT,
    ),
    Purpose("AuditNames", ("elasticloadbalancing:DescribeRules",), role=AUDIT),
    Purpose("Plan", ("iam:GetAccountSummary",), role=AUDIT),
    Purpose("AuditAccount", (_ALIAS,), role=AUDIT),
    Purpose(
        "Upload",
        ("iam:UploadServerCertificate", "iam:TagServerCertificate"),
        _CERTIFICATES,
        RENEW,
    ),
    Purpose("Import", (*ACM_WRITES, *ACM_RETRY), _ACM, RENEW),
    *_rebinding(),
    Purpose(
        "Cleanup",
        ("iam:DeleteServerCertificate", "iam:UntagServerCertificate"),
        _CERTIFICATES,
        CLEANUP,
    ),
    Purpose("NotifyQueue", ("sqs:SendMessage",), "arn:{partition}:sqs:*:*:*", NOTIFY),
    Purpose("NotifyTopic", ("sns:Publish",), "arn:{partition}:sns:*:*:*", NOTIFY),
    Purpose("NotifyFindings", FINDINGS, role=NOTIFY),
    Purpose("Rename", ("iam:UpdateServerCertificate",), _CERTIFICATES),
)
"""Every purpose. Files are read on this machine: the source reader has none on AWS so far."""

_OTHER = "Other"


@dataclass(frozen=True)
class Extent:
    """How far a document reaches: a partition, perhaps one account, some regions, or a tag.

    `tag` is the key and value that a listener, load balancer or distribution must have to be
    changed.
    """

    partition: str = "aws"
    account: str = "*"
    regions: Sequence[str] = ("*",)
    tag: Mapping[str, str] = field(default_factory=dict)

    def arns(self, pattern: str) -> str | list[str]:
        """Return a pattern's ARNs within the extent; a global service's name no region."""
        if pattern == "*":
            return pattern
        filled = pattern.replace("{partition}", self.partition)
        arn, partition, service, region, account, name = filled.split(":", 5)
        regions = self.regions if region == "*" else (region,)
        owner = self.account if account == "*" else account
        found = [":".join((arn, partition, service, each, owner, name)) for each in regions]
        return found if len(found) > 1 else found[0]

    def condition(self) -> dict[str, Any]:
        """Return the condition on the tag, nothing where there is none."""
        tests = {f"aws:ResourceTag/{key}": value for key, value in self.tag.items()}
        return {"Condition": {"StringEquals": tests}} if tests else {}


EVERYWHERE = Extent()


def needed(files: Sequence[Path]) -> frozenset[str]:
    """Return the permissions of every policy in the files, those of the pack if there are none.

    Raises what loading raises.
    """
    return needed_by(loaded(files))


def loaded(files: Sequence[Path]) -> list[Any]:
    """Return the policies of the files, those of the pack if there are none.

    Raises what loading raises.
    """
    options = Config.empty(region="")
    paths = files or [one.path for one in pack.shipped()]
    return [policy for path in paths for policy in load(path, options)]


def needed_by(policies: Iterable[Any]) -> frozenset[str]:
    """Return the permissions of policies, less what has statements of its own.

    That is what sources need and no purpose names, and what publishing takes.
    """
    named = {action for purpose in PURPOSES for action in purpose.actions}
    return frozenset(
        action
        for policy in policies
        for action in set(_of(policy)) - (_of_source(policy) - named) - set(PUBLISH)
    )


def document(
    actions: Iterable[str], extent: Extent = EVERYWHERE, role: str | None = None
) -> dict[str, Any]:
    """Return the policy document that allows the actions, one statement a purpose.

    With a role, what that role needs of them; otherwise all of them, and an action that no
    purpose names is allowed on every resource. What the partition does not offer is left out.
    """
    wanted = set(actions) - _not_offered(extent.partition)
    chosen = [purpose for purpose in _purposes(wanted) if role in (None, purpose.role)]
    statements = [_statement(purpose, wanted, extent) for purpose in chosen]
    allowing = [statement for statement in statements if statement["Action"]]
    return {"Version": "2012-10-17", "Statement": allowing}


def without_role(actions: Iterable[str]) -> tuple[str, ...]:
    """Return those actions that are in no role: what stock words need besides."""
    wanted = set(actions)
    rest = [one for purpose in _purposes(wanted) if not purpose.role for one in purpose.actions]
    return tuple(action for action in rest if action in wanted)


@cache
def _not_offered(partition: str) -> frozenset[str]:
    """Return the actions of consumers that have no endpoint in a partition (botocore's data)."""
    endpoints = Session().get_available_regions
    return frozenset(
        action
        for service, consumer in CONSUMERS.items()
        if not endpoints(service, partition, allow_non_regional=True)
        for action in (*consumer.reads, *consumer.writes)
    )


def _purposes(wanted: set[str]) -> tuple[Purpose, ...]:
    named = {action for purpose in PURPOSES for action in purpose.actions}
    return (*PURPOSES, Purpose(_OTHER, tuple(sorted(wanted - named))))


def _of(policy: Any) -> Iterable[str]:
    """Return what a policy needs.

    c7n does not ask filters that stand in and, or and not, and `notify` does not say that it reads
    the account's alias.
    """
    yield from policy.get_permissions()
    if any(action.type == "notify" for action in policy.resource_manager.actions):
        yield _ALIAS
    for found in policy.resource_manager.iter_filters():
        yield from found.get_permissions()


def _of_source(policy: Any) -> set[str]:
    return {need.action for need in source_needs(policy.resource_manager, key=True)}


def _statement(purpose: Purpose, wanted: set[str], extent: Extent) -> dict[str, Any]:
    return {
        "Sid": purpose.sid,
        "Effect": "Allow",
        "Action": [action for action in purpose.actions if action in wanted],
        "Resource": extent.arns(purpose.resource),
        **(extent.condition() if purpose.tagged else {}),
    }
