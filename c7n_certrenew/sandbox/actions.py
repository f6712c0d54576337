"""The actions that a call needs to be allowed, as AWS's service references name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .request import Request

_PREFIX = {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
}
_S3 = {
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
"""Operations of S3 whose action has another name."""
_WITH = {
    ("UploadServerCertificate", "Tags"): "iam:TagServerCertificate",
    ("ImportCertificate", "Tags"): "acm:AddTagsToCertificate",
    ("RequestCertificate", "Tags"): "acm:AddTagsToCertificate",
    ("CreateSecret", "Tags"): "secretsmanager:TagResource",
    ("PutParameter", "Tags"): "ssm:AddTagsToResource",
    ("PutObject", "ACL"): "s3:PutObjectAcl",
    ("PutObject", "Tagging"): "s3:PutObjectTagging",
}
"""Parameters that need an action of their own."""


def actions(request: Request) -> Iterator[str]:
    """Yield the action of a call, and those that some of its parameters need besides."""
    prefix = _PREFIX.get(request.service, request.service)
    yield f"{prefix}:{_name(request)}"
    for (operation, parameter), action in _WITH.items():
        if operation == request.operation and request.parameters.get(parameter):
            yield action


def _name(request: Request) -> str:
    if request.service != "s3":
        return request.operation
    name = _S3.get(request.operation, request.operation)
    return f"{name}Version" if "VersionId" in request.parameters else name
