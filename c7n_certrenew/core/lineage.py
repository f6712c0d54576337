"""Names of certificates that replace each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LINEAGE_TAG = "certrenew:lineage"
REPLACES_TAG = "certrenew:replaces"
REPLACED_BY_TAG = "certrenew:replaced-by"
REPLACED_ON_TAG = "certrenew:replaced-on"
REJECTED_TAG = "certrenew:rejected"

NAME_LIMIT = 128
"""Characters of a ServerCertificateName (botocore model iam.serverCertificateNameType)."""

_GENERATED = re.compile(r"(?P<lineage>.+)-\d{8}-[0-9a-f]{8}")


def lineage_of(name: str, tags: Mapping[str, str]) -> str:
    """Return the lineage: the tag `certrenew:lineage`, else the name without our suffix.

    >>> lineage_of("shop-20270101-0a1b2c3d", {})
    'shop'
    >>> lineage_of("shop-20270101-0a1b2c3d", {"certrenew:lineage": "store"})
    'store'
    """
    generated = _GENERATED.fullmatch(name)
    return tags.get(LINEAGE_TAG) or (generated["lineage"] if generated else name)


def generated_name(lineage: str, not_after: datetime, fingerprint: str) -> str:
    """Return the name under which a renewed certificate is uploaded.

    The same certificate always gets the same name, so that a second run finds the first
    one's upload. `fingerprint` is the SHA-256 of the DER in hex.
    """
    return f"{lineage}-{not_after:%Y%m%d}-{fingerprint[:8]}"


TAG_LIMIT = 50
"""Tags of a server certificate (botocore model iam.tagListType)."""


_FINGERPRINT = re.compile("[0-9a-f]{64}")
_MARK = re.compile(r".*: *[\w-]+@\d{4}/\d{2}/\d{2}.*", re.DOTALL)


def is_rejected(tags: Mapping[str, str], fingerprint: str) -> bool:
    """Say whether what an ARN of ACM holds was shown bad: the tag names it, or nothing but a word.

    Another fingerprint, a SHA-256 in hex, is of what was under the ARN before or is to come.

    >>> is_rejected({"certrenew:rejected": "ab" * 32}, "cd" * 32)
    False
    """
    said = tags.get(REJECTED_TAG)
    return said is not None and (said == fingerprint or not _FINGERPRINT.fullmatch(said))


def inherited_tags(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a replacement: the old certificate's, and `new` over them.

    Left behind are AWS's own (`aws:`), our marks on the old one, Custodian's own (`c7n:`, by which
    a finding of Security Hub is found again), and its marks for a later operation
    (`...: delete@2026/12/01`), which would delete the replacement. What AWS
    does not take as a value is left out; where both are too many, `new` goes first.
    """
    kept = {k: v for k, v in old.items() if not k.startswith(("aws:", "certrenew:", "c7n:"))}
    unmarked = {k: v for k, v in kept.items() if not _MARK.fullmatch(v)}
    both = dict(new) | {k: v for k, v in unmarked.items() if k not in new}
    return dict([(k, v) for k, v in both.items() if is_tag_value(v)][:TAG_LIMIT])


def is_tag_value(value: str) -> bool:
    """Say whether IAM and ACM take a tag value (models iam.tagValueType, acm.TagValue)."""
    return all(c.isalnum() or c.isspace() or c in "_.:/=+-@" for c in value)
