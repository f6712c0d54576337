"""ACM's list in the sandbox answers as AWS does."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Issued, Sandbox

REGION = "eu-west-1"
KEYS = {"rsa2048": "RSA_2048", "p256": "EC_prime256v1"}


@pytest.fixture(scope="module")
def issued(authority: Authority) -> dict[str, Issued]:
    """Give a certificate of each key type."""
    return {kind: authority.issue(f"{kind}.example.com", key=kind) for kind in KEYS}


def imported(sandbox: Sandbox, issued: Issued, region: str = REGION) -> str:
    """Import a certificate into ACM and return its ARN."""
    answer = sandbox.client("acm", region).import_certificate(
        Certificate=issued.certificate, PrivateKey=issued.private_key
    )
    return str(answer["CertificateArn"])


@pytest.mark.evidence("model: acm.ListCertificates, Filters: keyTypes' default filtering")
def test_list_hides_most_key_types(aws: Sandbox, issued: dict[str, Issued]) -> None:
    """ListCertificates shows RSA_1024 and RSA_2048 alone unless other key types are asked for."""
    arns = {kind: imported(aws, one) for kind, one in issued.items()}
    client = aws.client("acm", REGION)
    [usual] = client.list_certificates()["CertificateSummaryList"]
    assert usual["CertificateArn"] == arns["rsa2048"]
    for kind, name in KEYS.items():
        [shown] = client.list_certificates(Includes={"keyTypes": [name]})["CertificateSummaryList"]
        assert (shown["CertificateArn"], shown["KeyAlgorithm"]) == (arns[kind], name)
        assert shown["DomainName"] == f"{kind}.example.com"
        assert shown["NotAfter"] == issued[kind].not_after


@pytest.mark.evidence("model: acm.ListCertificates, MaxItems, NextToken")
def test_list_comes_in_pages(aws: Sandbox, issued: dict[str, Issued]) -> None:
    """ListCertificates shows as many as MaxItems says, and where to go on."""
    arns = {imported(aws, issued["rsa2048"]) for _ in range(3)}
    client = aws.client("acm", REGION)
    first = client.list_certificates(MaxItems=2)
    rest = client.list_certificates(MaxItems=2, NextToken=first["NextToken"])
    pages = [page["CertificateSummaryList"] for page in (first, rest)]
    assert [len(page) for page in pages] == [2, 1]
    assert {one["CertificateArn"] for page in pages for one in page} == arns
    assert "NextToken" not in rest


@pytest.mark.evidence("model: acm.ListCertificates, DescribeCertificate ResourceNotFoundException")
def test_certificates_are_of_one_region(aws: Sandbox, issued: dict[str, Issued]) -> None:
    """A certificate is listed and described in its region alone."""
    arn = imported(aws, issued["rsa2048"])
    far = aws.client("acm", "us-east-1")
    assert far.list_certificates()["CertificateSummaryList"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        far.describe_certificate(CertificateArn=arn)
