"""IAM server certificates in the sandbox answer as AWS does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization

from c7n_certrenew.sandbox import Authority, Issued, Sandbox

EACH_BY_NAME = pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_server_certificate", {}),
        ("update_server_certificate", {}),
        ("delete_server_certificate", {}),
        ("tag_server_certificate", {"Tags": []}),
        ("untag_server_certificate", {"TagKeys": []}),
        ("list_server_certificate_tags", {}),
    ],
)
"""Operations on a certificate that is named."""


def request(issued: Issued, **changes: Any) -> dict[str, Any]:
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


@pytest.mark.evidence("model: iam.ServerCertificateMetadata")
def test_dates_and_id_come_from_the_certificate(aws: Sandbox, web: Issued) -> None:
    """Expiration is the certificate's notAfter, the id is one of its own."""
    uploaded = aws.client("iam").upload_server_certificate(**request(web))
    metadata = uploaded["ServerCertificateMetadata"]
    assert metadata["Expiration"] == web.not_after
    assert re.fullmatch(r"ASCA[A-Z0-9]{17}", metadata["ServerCertificateId"])
    listed = aws.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert listed == [metadata]


@pytest.mark.evidence("model: iam.ServerCertificateMetadata, ServerCertificateId")
def test_ids_are_unique(aws: Sandbox, web: Issued) -> None:
    """Two certificates never share an id."""
    iam = aws.client("iam")
    for name in ("one", "two"):
        iam.upload_server_certificate(**request(web, ServerCertificateName=name))
    listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert len({metadata["ServerCertificateId"] for metadata in listed}) == 2


@pytest.mark.evidence("thread: dlapiduz/certbot-s3front#17; guide: IAM and STS quotas (path, case)")
def test_names_are_unique_whatever_path_and_case(aws: Sandbox, web: Issued) -> None:
    """A name is taken for every path and spelling: EntityAlreadyExists (AWS row 8)."""
    aws.upload("WEB", web, path="/cloudfront/")
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        aws.client("iam").upload_server_certificate(**request(web, ServerCertificateName="Web"))
    assert list(aws.certificates()) == ["WEB"]


@pytest.mark.evidence("assumption: follows from unique names")
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


@pytest.mark.evidence("thread: aws/aws-cli#715")
def test_text_before_pem_is_refused(aws: Sandbox, web: Issued) -> None:
    """What openssl prints before a PEM block makes it MalformedCertificate (AWS row 7)."""
    parameters = request(web, CertificateChain="issuer=CN=Example\n" + web.chain)
    assert_refused(aws, "MalformedCertificate", parameters)


@pytest.mark.evidence("assumption: AWS says no more than that PEM is wanted")
@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("CertificateBody", lambda text: "subject=CN=www.example.com\n" + text),
        ("CertificateBody", lambda text: text + "trailing words\n"),
        ("CertificateBody", lambda text: text.replace("\n", "\r\n")),
        ("CertificateBody", lambda text: text + text),
        ("CertificateBody", lambda _: "junk"),
        ("CertificateBody", lambda text: text.replace("M", "A")),
        ("PrivateKey", lambda _: "junk"),
    ],
)
def test_malformed_pem_is_refused(aws: Sandbox, web: Issued, field: str, damage: Any) -> None:
    """Anything but clean PEM is MalformedCertificate (AWS row 7)."""
    good = request(web)
    assert_refused(aws, "MalformedCertificate", {**good, field: damage(good[field])})


@pytest.mark.evidence("assumption: stricter than IAM's guide, which lets a root stand in the chain")
def test_root_in_the_chain_is_refused(aws: Sandbox, web: Issued) -> None:
    """The root does not belong into the chain (AWS row 7)."""
    parameters = request(web, CertificateChain=web.chain + web.root)
    assert_refused(aws, "MalformedCertificate", parameters)


@pytest.mark.evidence("thread: go-acme/lego#304")
def test_leaf_in_the_chain_is_refused(aws: Sandbox, web: Issued) -> None:
    """The leaf does not belong into the chain (AWS row 7)."""
    parameters = request(web, CertificateChain=web.certificate + web.chain)
    assert_refused(aws, "MalformedCertificate", parameters)


@pytest.mark.evidence("thread: go-acme/lego#304")
def test_foreign_chain_is_refused(aws: Sandbox, web: Issued) -> None:
    """A chain that did not sign the leaf is refused (AWS row 7)."""
    parameters = request(web, CertificateChain=Authority("Other").intermediate)
    assert_refused(aws, "MalformedCertificate", parameters)


@pytest.mark.evidence("guide: IAM User Guide, Manage server certificates")
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


@pytest.mark.evidence("model: iam.MalformedCertificateException; guide: Manage server certificates")
@pytest.mark.parametrize("validity", [{"days": -1}, {"days": 30, "age": -1}])
def test_certificate_not_valid_now_is_refused(
    aws: Sandbox, authority: Authority, validity: dict[str, float]
) -> None:
    """Expired and not yet valid certificates cannot be uploaded (AWS row 7)."""
    issued = authority.issue("www.example.com", key="p256", **validity)  # type: ignore[arg-type]
    assert_refused(aws, "MalformedCertificate", request(issued))


@pytest.mark.evidence("model: iam.KeyPairMismatchException")
def test_another_key_is_refused(aws: Sandbox, authority: Authority, web: Issued) -> None:
    """A key that is not the certificate's is KeyPairMismatch (AWS row 7)."""
    other = authority.issue("www.example.com", key="p256")
    assert_refused(aws, "KeyPairMismatch", request(web, PrivateKey=other.private_key))


@pytest.mark.evidence("model: iam.UploadServerCertificate, CertificateChain is not required")
def test_self_signed_certificate_without_chain_is_taken(aws: Sandbox, authority: Authority) -> None:
    """A chain is optional."""
    parameters = request(authority.self_signed("www.example.com", key="p256"))
    del parameters["CertificateChain"]
    aws.client("iam").upload_server_certificate(**parameters)
    assert list(aws.certificates()) == ["web"]


@pytest.mark.evidence("thread: remind101/empire#471")
def test_quota_is_twenty(aws: Sandbox, web: Issued) -> None:
    """The 21st server certificate is LimitExceeded (AWS row 9)."""
    for number in range(20):
        aws.upload(f"web-{number}", web)
    with pytest.raises(ClientError, match=r"\(LimitExceeded\).*ServerCertificatesPerAccount: 20"):
        aws.client("iam").upload_server_certificate(**request(web))
    assert len(aws.certificates()) == 20


@pytest.mark.evidence("model: iam.summaryKeyType")
def test_account_summary_counts_certificates(aws: Sandbox, web: Issued) -> None:
    """GetAccountSummary shows how many there are, and the quota (AWS row 9)."""
    aws.upload("web", web)
    summary = aws.client("iam").get_account_summary()["SummaryMap"]
    assert (summary["ServerCertificates"], summary["ServerCertificatesQuota"]) == (1, 20)
    assert summary["Users"] == 0


@pytest.mark.evidence("guide: IAM and STS quotas, server certificates: 20, can be raised")
def test_quota_can_be_another(aws: Sandbox, web: Issued) -> None:
    """An account may have another quota: uploads and GetAccountSummary follow it (AWS row 9)."""
    aws.quota = 1
    aws.client("iam").upload_server_certificate(**request(web))
    with pytest.raises(ClientError, match=r"\(LimitExceeded\)"):
        aws.client("iam").upload_server_certificate(**request(web, ServerCertificateName="two"))
    assert aws.client("iam").get_account_summary()["SummaryMap"]["ServerCertificatesQuota"] == 1
    aws.reset()
    assert aws.quota == 20


@pytest.mark.evidence("model: iam.ListServerCertificates")
def test_listing_is_paged(aws: Sandbox, web: Issued) -> None:
    """ListServerCertificates has MaxItems, Marker and IsTruncated."""
    for name in ("one", "two", "three"):
        aws.upload(name, web)
    first = aws.client("iam").list_server_certificates(MaxItems=2)
    assert first["IsTruncated"]
    last = aws.client("iam").list_server_certificates(MaxItems=2, Marker=first["Marker"])
    names = [m["ServerCertificateName"] for m in last["ServerCertificateMetadataList"]]
    assert (names, last["IsTruncated"], "Marker" in last) == (["three"], False, False)


@pytest.mark.evidence("model: iam.ListServerCertificates, MaxItems")
def test_listing_shows_a_hundred_by_default(aws: Sandbox, web: Issued) -> None:
    """MaxItems is 100 when it is not given."""
    for number in range(101):
        aws.upload(f"web-{number}", web)
    page = aws.client("iam").list_server_certificates()
    assert (len(page["ServerCertificateMetadataList"]), page["IsTruncated"]) == (100, True)


@pytest.mark.evidence("model: iam.ListServerCertificates, PathPrefix")
def test_listing_by_path_prefix(aws: Sandbox, web: Issued) -> None:
    """PathPrefix narrows the listing."""
    aws.upload("web", web)
    aws.upload("edge", web, path="/cloudfront/prod/")
    listed = aws.client("iam").list_server_certificates(PathPrefix="/cloudfront/")
    names = [m["ServerCertificateName"] for m in listed["ServerCertificateMetadataList"]]
    assert names == ["edge"]


@pytest.mark.evidence("model: iam.ServerCertificate")
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


@pytest.mark.evidence("guide: Service Authorization Reference, IAM, server-certificate")
def test_arn_holds_the_path(aws: Sandbox, web: Issued) -> None:
    """The ARN has the path before the name."""
    arn = aws.upload("web", web, path="/prod/")
    assert arn == f"arn:aws:iam::{aws.account_id}:server-certificate/prod/web"


@pytest.mark.evidence("model: iam.TagServerCertificate and UntagServerCertificate")
def test_tags_are_added_overwritten_and_removed(aws: Sandbox, web: Issued) -> None:
    """Server certificates are tagged in place."""
    iam = aws.client("iam")
    aws.upload("web", web, tags={"team": "a", "stage": "prod"})
    new = [{"Key": "team", "Value": "b"}]
    iam.tag_server_certificate(ServerCertificateName="web", Tags=new)
    iam.untag_server_certificate(ServerCertificateName="web", TagKeys=["stage", "none"])
    assert iam.list_server_certificate_tags(ServerCertificateName="web")["Tags"] == new


@pytest.mark.evidence("model: iam.ListServerCertificateTags")
def test_tags_are_paged(aws: Sandbox, web: Issued) -> None:
    """ListServerCertificateTags is paginated."""
    aws.upload("web", web, tags={"a": "1", "b": "2"})
    first = aws.client("iam").list_server_certificate_tags(ServerCertificateName="web", MaxItems=1)
    rest = aws.client("iam").list_server_certificate_tags(
        ServerCertificateName="web", Marker=first["Marker"]
    )
    assert (first["IsTruncated"], rest["Tags"]) == (True, [{"Key": "b", "Value": "2"}])


@pytest.mark.evidence("model: iam.TagServerCertificate, Tags and LimitExceededException")
def test_fifty_tags_at_most(aws: Sandbox, web: Issued) -> None:
    """A certificate has at most 50 tags."""
    aws.upload("web", web, tags={f"key-{number}": "x" for number in range(50)})
    with pytest.raises(ClientError, match="LimitExceeded"):
        aws.client("iam").tag_server_certificate(
            ServerCertificateName="web", Tags=[{"Key": "more", "Value": "x"}]
        )


@pytest.mark.evidence("model: iam.NoSuchEntityException")
@EACH_BY_NAME
def test_unknown_name_is_no_such_entity(
    aws: Sandbox, operation: str, parameters: dict[str, Any]
) -> None:
    """A name that is not there is NoSuchEntity."""
    with pytest.raises(ClientError, match="NoSuchEntity"):
        getattr(aws.client("iam"), operation)(ServerCertificateName="none", **parameters)


@pytest.mark.evidence("model: iam.DeleteServerCertificate")
def test_delete_removes_the_certificate(aws: Sandbox, web: Issued) -> None:
    """A deleted certificate is gone."""
    aws.upload("web", web)
    aws.upload("keep", web)
    aws.client("iam").delete_server_certificate(ServerCertificateName="web")
    assert list(aws.certificates()) == ["keep"]


@pytest.mark.evidence("model: iam.UploadServerCertificate, constraints of its members")
@pytest.mark.parametrize(
    "change",
    [
        {"Path": "prod"},
        {"Path": "/" + "x" * 511 + "/"},
        {"ServerCertificateName": "a b"},
        {"ServerCertificateName": "x" * 129},
        {"CertificateBody": "x" * 16385},
        {"PrivateKey": "x" * 16385},
        {"CertificateChain": "x" * 2097153},
        {"Tags": [{"Key": f"key-{number}", "Value": "x"} for number in range(51)]},
        {"Tags": [{"Key": "key", "Value": "x" * 257}]},
    ],
)
def test_form_of_the_parameters_is_checked(
    aws: Sandbox, web: Issued, change: dict[str, Any]
) -> None:
    """Path, name, lengths and tags must follow the model's constraints: ValidationError."""
    assert_refused(aws, "ValidationError", request(web, **change))


@pytest.mark.evidence("model: iam.ListServerCertificates, constraints of its members")
@pytest.mark.parametrize("change", [{"PathPrefix": "prod"}, {"MaxItems": 1001}])
def test_form_of_a_listing_is_checked(aws: Sandbox, change: dict[str, Any]) -> None:
    """A prefix begins with a slash, a page has 1,000 entries at most: ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        aws.client("iam").list_server_certificates(**change)


@pytest.mark.evidence("assumption: the model names no error for it")
@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("list_server_certificates", {}),
        ("list_server_certificate_tags", {"ServerCertificateName": "web"}),
    ],
)
def test_wrong_marker_is_a_validation_error(
    aws: Sandbox, web: Issued, operation: str, parameters: dict[str, str]
) -> None:
    """A marker that was never given is refused."""
    aws.upload("web", web)
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        getattr(aws.client("iam"), operation)(Marker="never", **parameters)


@pytest.mark.evidence("model: iam.serverCertificateNameType")
@EACH_BY_NAME
def test_what_no_name_can_be_is_a_validation_error(
    aws: Sandbox, operation: str, parameters: dict[str, Any]
) -> None:
    """Every operation checks the form of the name before it looks for it."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        getattr(aws.client("iam"), operation)(ServerCertificateName="a b", **parameters)
