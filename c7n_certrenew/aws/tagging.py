"""The tags of server certificates in IAM, whose list does not show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers.base import tag_map, whole
from c7n_certrenew.aws.faults import FAULTS, code, explain
from c7n_certrenew.core.model import Unread

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

NO_SUCH = "NoSuchEntity"
"""IAM's code for a server certificate that is gone (botocore model iam)."""

_WORKERS = 8


@whole()
def list_tags(client: IAMClient, name: str) -> dict[str, str]:
    """Return the tags of one certificate. Raises what botocore raises."""
    pages = client.get_paginator("list_server_certificate_tags").paginate(
        ServerCertificateName=name
    )
    return tag_map(tag for page in pages for tag in page["Tags"])


def read_tags(client: IAMClient, names: Iterable[str]) -> dict[str, dict[str, str] | Unread]:
    """Return the tags of certificates by name, or why they could not be read.

    One call each, several at a time. Never raises.
    """

    def read(name: str) -> dict[str, str] | Unread:
        try:
            return list_tags(client, name)
        except FAULTS as fault:
            return Unread("iam", "*", explain(fault))

    wanted = tuple(dict.fromkeys(names))
    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(wanted, pool.map(read, wanted), strict=True))


def put_tags(client: IAMClient, name: str, tags: Sequence[Mapping[str, Any]]) -> None:
    """Add or overwrite tags, AWS's list of Key and Value; a certificate that is gone has none.

    Raises what botocore raises.
    """
    given: Any = list(tags)
    _unless_gone(lambda: client.tag_server_certificate(ServerCertificateName=name, Tags=given))


def remove_tags(client: IAMClient, name: str, keys: Sequence[str]) -> None:
    """Remove tags by key, there or not. Raises what botocore raises."""
    _unless_gone(
        lambda: client.untag_server_certificate(ServerCertificateName=name, TagKeys=list(keys))
    )


def _unless_gone(call: Callable[[], object]) -> None:
    try:
        call()
    except FAULTS as fault:
        if code(fault) != NO_SUCH:
            raise
