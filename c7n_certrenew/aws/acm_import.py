"""Import certificates into ACM, once each, and again under the same ARN."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws import acm
from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, THROTTLED, code, is_ambiguous
from c7n_certrenew.aws.iam import UNREADABLE, holds
from c7n_certrenew.aws.secrecy import in_secret
from c7n_certrenew.core.lineage import LINEAGE_TAG
from c7n_certrenew.core.model import AcmCertificate

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.plan import Stored

_IMPORT = "acm.ImportCertificate"
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts while ACM throttles: its rate of imports is low (Service Quotas)."""
_LOOK_AFTER = 1.0
"""Seconds until what an answer was lost of is looked for."""


@dataclass(frozen=True)
class Imported:
    """A certificate of ACM that holds a candidate. No request id: it was there already."""

    certificate: AnyCertificate
    request_id: str = ""


def find(
    clients: Clients,
    region: str,
    lineage: str,
    candidate: Candidate,
    listed: Sequence[acm.Entry] | None = None,
) -> Stored | None:
    """Return the imported certificate of a lineage that holds a candidate, with its very chain.

    One call a page of the region's list, unless it is known what is `listed`, and two for each
    certificate that ends when the candidate does. Raises what botocore raises, and CandidateError.
    """
    client, end = clients.get(acm.SERVICE, region), candidate.leaf.not_after
    entries = acm.list_entries(client) if listed is None else listed
    imported = (one.certificate for one in entries if one.imported)
    for certificate in (one for one in imported if one and one.expiration == end):
        tags = acm.list_tags(client, certificate.arn)
        if tags.get(LINEAGE_TAG) == lineage:
            stored = acm.read_body(client, certificate, tags)
            if holds(stored, candidate):
                return stored
    return None


def import_new(
    clients: Clients, region: str, candidate: Candidate, tags: Mapping[str, str]
) -> Imported:
    """Import a candidate under an ARN of its own, with tags, of which one is the lineage.

    It is looked for right before, as another run or another certificate of the lineage may have
    brought it there, and after an answer that was lost: ACM would keep it twice. Raises what
    botocore raises, and CandidateError.
    """
    tagged = [{"Key": key, "Value": value} for key, value in tags.items()]
    look = partial(find, clients, region, tags[LINEAGE_TAG], candidate)
    if found := look():
        return Imported(found.certificate)
    return _import(clients, region, candidate, look, Tags=tagged)


def import_again(clients: Clients, arn: str, candidate: Candidate) -> Imported:
    """Put a candidate under the ARN of an imported certificate, for all that serve it at once.

    Raises what botocore raises, and CandidateError.
    """
    region = acm.region_of(arn)

    def look() -> Stored | None:
        found = acm.get_certificate(clients.get(acm.SERVICE, region), arn)
        return found if holds(found, candidate) else None

    return _import(clients, region, candidate, look, CertificateArn=arn)


def _import(
    clients: Clients,
    region: str,
    candidate: Candidate,
    look: Callable[[], Stored | None],
    **request: Any,
) -> Imported:
    """Import until it is there: `look` finds it where an answer was lost, which may be once."""
    pauses = iter(_PAUSES)
    lost = False
    while True:
        try:
            return _imported(clients.once(acm.SERVICE, region), candidate, request)
        except FAULTS as fault:
            if code(fault) in THROTTLED and (pause := next(pauses, 0.0)):
                clients.budget.sleep(pause)
                continue
            if not is_ambiguous(fault):
                raise
            clients.budget.sleep(_LOOK_AFTER)
            if found := _seen(look, fault):
                return Imported(found.certificate)
            if lost:
                raise
            lost = True


def _seen(look: Callable[[], Stored | None], fault: Exception) -> Stored | None:
    """Return what is found. Raises the fault that made one look where that cannot be seen."""
    try:
        return look()
    except UNREADABLE:
        raise fault from None


@whole()
def _imported(client: ACMClient, candidate: Candidate, request: Mapping[str, Any]) -> Imported:
    if candidate.private_key is None:
        raise ValueError("nothing is imported without its private key")
    chain: dict[str, Any] = {"CertificateChain": candidate.chain_pem} if candidate.chain_pem else {}
    call = partial(
        client.import_certificate,
        Certificate=candidate.body_pem,
        PrivateKey=candidate.private_key,
        **chain,
        **request,
    )
    answer = in_secret(client, candidate.private_key, call, _IMPORT)
    leaf = candidate.leaf
    made = AcmCertificate(answer["CertificateArn"], min(leaf.names, default=""), leaf.not_after)
    return Imported(made, answer["ResponseMetadata"]["RequestId"])
