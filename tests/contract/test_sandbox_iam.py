"""IAM server certificates in the sandbox answer as AWS does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization

from c7n_certrenew.sandbox import Authority, Issued, Sandbox


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


def request(issued: Issued, **changes: str) -> dict[str, Any]:
    """Return the parameters of a good upload with some fields changed."""
    return {
        "ServerCertificateName": "web",
        "CertificateBody": issued.certificate,
        "PrivateKey": issued.private_key,
        "CertificateChain": issued.chain,
        **changes,
    }


def assert_refused(aws: Sandbox, code: str, parameters: dict[str, Any]) -> None:
    """Check that an upload is refused with this code and leaves nothing behind."""
    with pytest.raises(ClientError, match=re.escape(f"({code})")):
        aws.client("iam").upload_server_certificate(**parameters)
    assert aws.certificates() == {}


def test_dates_and_id_come_from_the_certificate(aws: Sandbox, web: Issued) -> None:
    """Expiration is the certificate's notAfter (botocore model iam.ServerCertificateMetadata)."""
    uploaded = aws.client("iam").upload_server_certificate(**request(web))
    metadata = uploaded["ServerCertificateMetadata"]
    assert metadata["Expiration"] == web.not_after
    assert re.fullmatch(r"ASCA[A-Z0-9]{17}", metadata["ServerCertificateId"])
    listed = aws.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert listed == [metadata]


def test_ids_are_unique(aws: Sandbox, web: Issued) -> None:
    """Two certificates never share an id (botocore model iam.ServerCertificateMetadata)."""
    iam = aws.client("iam")
    for name in ("one", "two"):
        iam.upload_server_certificate(**request(web, ServerCertificateName=name))
    listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert len({metadata["ServerCertificateId"] for metadata in listed}) == 2


def test_names_are_unique_whatever_path_and_case(aws: Sandbox, web: Issued) -> None:
    """A name is taken for every path and spelling: EntityAlreadyExists (AWS row 8)."""
    aws.upload("WEB", web, path="/cloudfront/")
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        aws.client("iam").upload_server_certificate(**request(web, ServerCertificateName="Web"))
    assert list(aws.certificates()) == ["WEB"]


def test_concurrent_uploads_of_one_name_succeed_once(aws: Sandbox, web: Issued) -> None:
    """Names stay unique when two runs upload at once (AWS rows 8 and 17)."""
    iam = aws.client("iam")

    def upload(_: int) -> bool:
        try:
            return bool(iam.upload_server_certificate(**request(web)))
        except ClientError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(upload, range(16))) == 1


@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("CertificateBody", lambda text: "subject=CN=www.example.com\n" + text),
        ("CertificateBody", lambda text: text + "trailing words\n"),
        ("CertificateBody", lambda text: text.replace("\n", "\r\n")),
        ("CertificateBody", lambda text: text + text),
        ("CertificateBody", lambda _: "junk"),
        ("CertificateBody", lambda text: text.replace("M", "A")),
        ("CertificateChain", lambda text: "issuer=CN=Example\n" + text),
        ("PrivateKey", lambda _: "junk"),
    ],
)
def test_malformed_pem_is_refused(aws: Sandbox, web: Issued, field: str, damage: Any) -> None:
    """Anything but clean PEM is MalformedCertificate (AWS row 7)."""
    good = request(web)
    assert_refused(aws, "MalformedCertificate", {**good, field: damage(good[field])})


def test_root_in_the_chain_is_refused(aws: Sandbox, web: Issued) -> None:
    """The root does not belong into the chain (AWS row 7)."""
    parameters = request(web, CertificateChain=web.chain + web.root)
    assert_refused(aws, "MalformedCertificate", parameters)


def test_leaf_in_the_chain_is_refused(aws: Sandbox, web: Issued) -> None:
    """The leaf does not belong into the chain (AWS row 7)."""
    parameters = request(web, CertificateChain=web.certificate + web.chain)
    assert_refused(aws, "MalformedCertificate", parameters)


def test_foreign_chain_is_refused(aws: Sandbox, web: Issued) -> None:
    """A chain that did not sign the leaf is refused (AWS row 7)."""
    parameters = request(web, CertificateChain=Authority("Other").intermediate)
    assert_refused(aws, "MalformedCertificate", parameters)


def test_encrypted_key_is_refused(aws: Sandbox, web: Issued) -> None:
    """IAM takes no password (AWS row 7)."""
    key = serialization.load_pem_private_key(web.private_key.encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    parameters = request(web, PrivateKey=encrypted.decode())
    assert_refused(aws, "MalformedCertificate", parameters)


@pytest.mark.parametrize("validity", [{"days": -1}, {"days": 30, "age": -1}])
def test_certificate_not_valid_now_is_refused(
    aws: Sandbox, authority: Authority, validity: dict[str, float]
) -> None:
    """Expired and not yet valid certificates cannot be uploaded (AWS row 7)."""
    issued = authority.issue("www.example.com", key="p256", **validity)  # type: ignore[arg-type]
    assert_refused(aws, "MalformedCertificate", request(issued))


def test_another_key_is_refused(aws: Sandbox, authority: Authority, web: Issued) -> None:
    """A key that is not the certificate's is KeyPairMismatch (AWS row 7)."""
    other = authority.issue("www.example.com", key="p256")
    assert_refused(aws, "KeyPairMismatch", request(web, PrivateKey=other.private_key))


def test_self_signed_certificate_without_chain_is_taken(aws: Sandbox, authority: Authority) -> None:
    """A chain is optional (botocore model iam.UploadServerCertificate)."""
    parameters = request(authority.self_signed("www.example.com", key="p256"))
    del parameters["CertificateChain"]
    aws.client("iam").upload_server_certificate(**parameters)
    assert list(aws.certificates()) == ["web"]


def test_quota_is_twenty(aws: Sandbox, web: Issued) -> None:
    """The 21st server certificate is LimitExceeded (AWS row 9)."""
    for number in range(20):
        aws.upload(f"web-{number}", web)
    with pytest.raises(ClientError, match="LimitExceeded"):
        aws.client("iam").upload_server_certificate(**request(web))


def test_account_summary_counts_certificates(aws: Sandbox, web: Issued) -> None:
    """GetAccountSummary shows how many there are, and the quota (AWS row 9)."""
    aws.upload("web", web)
    summary = aws.client("iam").get_account_summary()["SummaryMap"]
    assert (summary["ServerCertificates"], summary["ServerCertificatesQuota"]) == (1, 20)


def test_listing_is_paged(aws: Sandbox, web: Issued) -> None:
    """ListServerCertificates has MaxItems, Marker and IsTruncated (botocore model)."""
    for name in ("one", "two", "three"):
        aws.upload(name, web)
    first = aws.client("iam").list_server_certificates(MaxItems=2)
    assert first["IsTruncated"]
    last = aws.client("iam").list_server_certificates(MaxItems=2, Marker=first["Marker"])
    names = [m["ServerCertificateName"] for m in last["ServerCertificateMetadataList"]]
    assert (names, last["IsTruncated"], "Marker" in last) == (["three"], False, False)


def test_listing_shows_a_hundred_by_default(aws: Sandbox, web: Issued) -> None:
    """MaxItems is 100 when it is not given (botocore model iam.ListServerCertificates)."""
    for number in range(101):
        aws.upload(f"web-{number}", web)
    page = aws.client("iam").list_server_certificates()
    assert (len(page["ServerCertificateMetadataList"]), page["IsTruncated"]) == (100, True)


def test_listing_by_path_prefix(aws: Sandbox, web: Issued) -> None:
    """PathPrefix narrows the listing (botocore model iam.ListServerCertificates)."""
    aws.upload("web", web)
    aws.upload("edge", web, path="/cloudfront/prod/")
    listed = aws.client("iam").list_server_certificates(PathPrefix="/cloudfront/")
    names = [m["ServerCertificateName"] for m in listed["ServerCertificateMetadataList"]]
    assert names == ["edge"]


def test_get_shows_body_chain_and_tags_but_no_key(aws: Sandbox, web: Issued) -> None:
    """IAM never gives a key back (AWS row 22)."""
    iam = aws.client("iam")
    tags = [{"Key": "team", "Value": "a"}]
    iam.upload_server_certificate(**request(web, Path="/prod/"), Tags=tags)
    got = iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert got["ServerCertificateMetadata"]["Path"] == "/prod/"
    assert got["CertificateBody"] == web.certificate.rstrip()
    assert got["CertificateChain"] == web.chain.rstrip()
    assert got["Tags"] == tags
    assert "PRIVATE KEY" not in str(got)


def test_arn_holds_the_path(aws: Sandbox, web: Issued) -> None:
    """The ARN has the path before the name (botocore model iam.ServerCertificateMetadata)."""
    arn = aws.upload("web", web, path="/prod/")
    assert arn == f"arn:aws:iam::{aws.account_id}:server-certificate/prod/web"


def test_tags_are_added_overwritten_and_removed(aws: Sandbox, web: Issued) -> None:
    """Server certificates are tagged in place (botocore model iam.TagServerCertificate)."""
    iam = aws.client("iam")
    aws.upload("web", web, tags={"team": "a", "stage": "prod"})
    new = [{"Key": "team", "Value": "b"}]
    iam.tag_server_certificate(ServerCertificateName="web", Tags=new)
    iam.untag_server_certificate(ServerCertificateName="web", TagKeys=["stage", "none"])
    assert iam.list_server_certificate_tags(ServerCertificateName="web")["Tags"] == new


def test_tags_are_paged(aws: Sandbox, web: Issued) -> None:
    """ListServerCertificateTags is paginated (botocore model)."""
    aws.upload("web", web, tags={"a": "1", "b": "2"})
    first = aws.client("iam").list_server_certificate_tags(ServerCertificateName="web", MaxItems=1)
    rest = aws.client("iam").list_server_certificate_tags(
        ServerCertificateName="web", Marker=first["Marker"]
    )
    assert (first["IsTruncated"], rest["Tags"]) == (True, [{"Key": "b", "Value": "2"}])


def test_fifty_tags_at_most(aws: Sandbox, web: Issued) -> None:
    """A certificate has at most 50 tags (botocore model iam.TagServerCertificate)."""
    aws.upload("web", web, tags={f"key-{number}": "x" for number in range(50)})
    with pytest.raises(ClientError, match="LimitExceeded"):
        aws.client("iam").tag_server_certificate(
            ServerCertificateName="web", Tags=[{"Key": "more", "Value": "x"}]
        )


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_server_certificate", {}),
        ("delete_server_certificate", {}),
        ("tag_server_certificate", {"Tags": []}),
        ("untag_server_certificate", {"TagKeys": []}),
        ("list_server_certificate_tags", {}),
    ],
)
def test_unknown_name_is_no_such_entity(
    aws: Sandbox, operation: str, parameters: dict[str, Any]
) -> None:
    """A name that is not there is NoSuchEntity (botocore model iam)."""
    with pytest.raises(ClientError, match="NoSuchEntity"):
        getattr(aws.client("iam"), operation)(ServerCertificateName="none", **parameters)


def test_delete_removes_the_certificate(aws: Sandbox, web: Issued) -> None:
    """A deleted certificate is gone (botocore model iam.DeleteServerCertificate)."""
    aws.upload("web", web)
    aws.upload("keep", web)
    aws.client("iam").delete_server_certificate(ServerCertificateName="web")
    assert list(aws.certificates()) == ["keep"]


@pytest.mark.parametrize(
    "change",
    [{"Path": "prod"}, {"ServerCertificateName": "a b"}, {"PrivateKey": "x" * 16385}],
)
def test_form_of_the_parameters_is_checked(
    aws: Sandbox, web: Issued, change: dict[str, str]
) -> None:
    """Path, name and lengths follow the model's constraints (botocore model)."""
    assert_refused(aws, "ValidationError", request(web, **change))
