"""What renewals write on certificates, wherever AWS keeps them: tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm, iam, tagging
from c7n_certrenew.aws.faults import FAULTS
from c7n_certrenew.core.model import AcmCertificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import AnyCertificate


def read(clients: Clients, certificate: AnyCertificate) -> dict[str, str]:
    """Return the tags of a certificate. Raises what botocore raises, and CandidateError."""
    if isinstance(certificate, AcmCertificate):
        return acm.list_tags(clients.get(acm.SERVICE, certificate.region), certificate.arn)
    return iam.get_certificate(clients.get("iam"), certificate.name).tag_map


def mark(clients: Clients, certificate: AnyCertificate, tags: Mapping[str, str]) -> bool:
    """Tag a certificate; say whether that was allowed."""
    if not isinstance(certificate, AcmCertificate):
        return iam.tag(clients.get("iam"), certificate.name, tags)
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    client = clients.get(acm.SERVICE, certificate.region)
    try:
        client.add_tags_to_certificate(CertificateArn=certificate.arn, Tags=given)
    except FAULTS:
        return False
    return True


def unmark(clients: Clients, certificate: AnyCertificate, keys: Iterable[str]) -> bool:
    """Take tags off a certificate, there or not; say whether that was allowed."""
    names = list(keys)
    try:
        if isinstance(certificate, AcmCertificate):
            given = [{"Key": key} for key in names]
            client = clients.get(acm.SERVICE, certificate.region)
            client.remove_tags_from_certificate(CertificateArn=certificate.arn, Tags=given)
        else:
            tagging.remove_tags(clients.get("iam"), certificate.name, names)
    except FAULTS:
        return False
    return True
