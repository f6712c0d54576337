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


def inherited_tags(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a replacement: the old certificate's, and `new` over them.

    AWS's own (`aws:`) cannot be set and our marks on the old one do not pass on. Where both
    are more than AWS takes, `new` goes first.
    """
    kept = {k: v for k, v in old.items() if not k.startswith(("aws:", "certrenew:"))}
    return dict(
        list((dict(new) | {k: v for k, v in kept.items() if k not in new}).items())[:TAG_LIMIT]
    )
