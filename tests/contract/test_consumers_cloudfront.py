"""CloudFront's distributions: whole configurations, versions, and changes that take their time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from contract.test_consumers import (
    Calls,
    Certificates,
    bindings,
    create,
    lacking,
    rebind,
    serving,
    upload,
)
from moto.core.botocore_stubber import MockRawResponse
from places import DOMAIN, PLACES

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS, Serving
from c7n_certrenew.aws.faults import code, is_rejection, is_transient_refusal
from c7n_certrenew.aws.iam import list_certificates
from c7n_certrenew.core.model import Listener
from c7n_certrenew.sandbox import Authority, Issued, Propagation, Sandbox

PLACE = PLACES["distribution"]
CLOUDFRONT = CONSUMERS["cloudfront"]
VERSIONED = (("Get", "Config"), ("Update", ""))


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate for all names."""
    return authority.issue(f"*.{DOMAIN}", key="p256")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process."""
    opened: Sandbox = sandboxes.open(regions=("us-east-1",), server=False)
    return opened


@pytest.fixture
def certificates(near: Sandbox, issued: Issued) -> Certificates:
    """Give three certificates in IAM."""
    return upload(near, issued)


@pytest.fixture
def listener(near: Sandbox, certificates: Certificates) -> Listener:
    """Give a distribution that serves the old certificate."""
    return create(near, PLACE, certificates)


def change(listener: Listener, **changes: Any) -> Callable[[Sandbox], object]:
    """Return what somebody else does to a distribution's configuration."""

    def write(aws: Sandbox) -> None:
        client, identity = aws.client("cloudfront"), listener.load_balancer_name
        found = client.get_distribution_config(Id=identity)
        config = {**found["DistributionConfig"], **changes}
        client.update_distribution(Id=identity, IfMatch=found["ETag"], DistributionConfig=config)

    return write


def viewer(near: Sandbox, listener: Listener) -> dict[str, Any]:
    """Return the certificate's settings as the API shows them."""
    found = near.client("cloudfront").get_distribution(Id=listener.load_balancer_name)
    return dict(found["Distribution"]["DistributionConfig"]["ViewerCertificate"])


@pytest.mark.parametrize(
    ("partition", "regions"),
    [("aws", ["us-east-1"]), ("aws-cn", ["cn-northwest-1"]), ("aws-us-gov", [])],
)
def test_one_region_a_partition(partition: str, regions: list[str]) -> None:
    """CloudFront is global, and there is none in GovCloud, whatever is enabled (AWS row 15)."""
    clients = Clients(boto3.Session(), "123456789012", partition)
    assert list(CLOUDFRONT.regions(clients, ["eu-west-1"])) == regions
    assert list(CLOUDFRONT.regions(clients, [])) == regions


def test_only_what_is_below_its_path_can_be_bound(
    near: Sandbox, issued: Issued, certificates: Certificates
) -> None:
    """CloudFront takes certificates below /cloudfront/ and names them by id (AWS row 12)."""
    near.upload("web", issued)
    old = certificates["old"]
    assert CLOUDFRONT.takes(old)
    assert not CLOUDFRONT.takes(known(near, "web"))
    assert CLOUDFRONT.reference(old) == old.id != old.arn


def test_certificates_of_acm_and_aliases_are_read(near: Sandbox, issued: Issued) -> None:
    """A certificate of ACM goes by its ARN; CloudFront's own is nobody's.

    The deprecated field, which names it too, may be left out of the answer one day.
    """
    path = ("DistributionList", "Items", "ViewerCertificate")
    imported = near.client("acm", "us-east-1").import_certificate(
        Certificate=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )["CertificateArn"]
    made = near.distribution("a.example.com", "*.b.example.com", certificate=imported)
    near.distribution()
    with lacking(near.client("cloudfront"), "Certificate", path):
        [found] = bindings(near, PLACE)
    assert found.certificate == imported
    assert found.listener.aliases == made.aliases == ("a.example.com", "*.b.example.com")
    assert found.listener.load_balancer_arn == made.arn
    assert serving(near, PLACE, found.listener).default == imported


def test_deprecated_fields_are_left_out(
    near: Sandbox, certificates: Certificates, listener: Listener
) -> None:
    """With them CloudFront answers InvalidViewerCertificate; the other settings stay (row 12)."""
    before = viewer(near, listener)
    assert before["Certificate"] == certificates["old"].id
    rebind(near, PLACE, certificates, listener)
    after = viewer(near, listener)
    assert after.pop("Certificate") == after.pop("IAMCertificateId") == certificates["new"].id
    assert after.items() <= before.items()


def test_certificate_of_acm_takes_the_place_and_gives_it_back(
    near: Sandbox, issued: Issued, certificates: Certificates, listener: Listener
) -> None:
    """The other store's field goes, protocol and support method stay (row 12); so on the way back.

    Both fields at once would be InvalidViewerCertificate.
    """
    client, other = near.client("cloudfront"), near.client("cloudfront", "eu-west-1")
    found = other.get_distribution_config(Id=listener.load_balancer_name)
    settings = found["DistributionConfig"]
    settings["ViewerCertificate"]["MinimumProtocolVersion"] = "TLSv1.2_2021"
    other.update_distribution(
        Id=listener.load_balancer_name, IfMatch=found["ETag"], DistributionConfig=settings
    )
    kept = viewer(near, listener)
    assert kept["MinimumProtocolVersion"] == "TLSv1.2_2021"
    arn, identity = near.import_acm(issued, "us-east-1"), certificates["old"].id
    names = {"Certificate", "CertificateSource", "IAMCertificateId", "ACMCertificateArn"}
    for old, new, field in (
        (identity, arn, "ACMCertificateArn"),
        (arn, identity, "IAMCertificateId"),
    ):
        CLOUDFRONT.rebind(client, listener, PLACE.roles, old, new, Calls())
        after = viewer(near, listener)
        assert (after[field], CLOUDFRONT.serving(client, listener).default) == (new, new)
        assert {k: v for k, v in after.items() if k not in names} == {
            k: v for k, v in kept.items() if k not in names
        }


def test_what_botocore_does_not_know_is_sent_back(
    near: Sandbox, certificates: Certificates, listener: Listener
) -> None:
    """A setting that is newer than botocore is not switched off: the XML goes back as it came."""
    client, sent = near.client("cloudfront"), []
    read, write = (f"before-send.cloudfront.{o}Distribution{c}" for o, c in VERSIONED)
    later = b"<ViewerMtls2030><Mode>required</Mode></ViewerMtls2030></DistributionConfig>"

    def answer(request: Any, **_: Any) -> AWSResponse:
        client.meta.events.unregister(read, answer)
        found = client.get_distribution_config(Id=listener.load_balancer_name)
        body = found["DistributionConfig"].body.replace(b"</DistributionConfig>", later)
        return AWSResponse(request.url, 200, {"ETag": found["ETag"]}, MockRawResponse(body))

    def remember(request: Any, **_: Any) -> None:
        sent.append(request.body)

    client.meta.events.register_first(read, answer)
    client.meta.events.register_first(write, remember)
    rebind(near, PLACE, certificates, listener)
    client.meta.events.unregister(write, remember)
    assert later in sent[0]
    assert sent[0].count(certificates["new"].id.encode()) == 1
    assert certificates["old"].id.encode() not in sent[0]
    assert serving(near, PLACE, listener).default == certificates["new"].id


def test_what_somebody_else_wrote_meanwhile_stays(
    near: Sandbox, certificates: Certificates, listener: Listener
) -> None:
    """PreconditionFailed: it is read again, and their change has the new certificate (row 12)."""
    near.before("cloudfront", "UpdateDistribution", change(listener, Comment="theirs"))
    assert rebind(near, PLACE, certificates, listener).made == ["update_distribution"] * 2
    config = PLACE.described(near, listener)["config"]
    assert config["Comment"] == "theirs"
    assert serving(near, PLACE, listener).default == certificates["new"].id


def test_certificate_of_somebody_else_stays(
    near: Sandbox, certificates: Certificates, listener: Listener
) -> None:
    """Who took another certificate meanwhile keeps it."""
    theirs = {"IAMCertificateId": certificates["other"].id, "SSLSupportMethod": "sni-only"}
    near.before("cloudfront", "UpdateDistribution", change(listener, ViewerCertificate=theirs))
    assert rebind(near, PLACE, certificates, listener).made == ["update_distribution"]
    assert serving(near, PLACE, listener).default == certificates["other"].id


def test_it_is_read_again_once(
    near: Sandbox, certificates: Certificates, listener: Listener
) -> None:
    """Somebody who writes every time is not raced for ever; nothing has changed."""
    near.before("cloudfront", "UpdateDistribution", change(listener, Comment="one"), call=1)
    near.before("cloudfront", "UpdateDistribution", change(listener, Comment="two"), call=2)
    with pytest.raises(ClientError) as caught:
        rebind(near, PLACE, certificates, listener)
    assert code(caught.value) == "PreconditionFailed"
    assert not is_rejection(caught.value)
    assert serving(near, PLACE, listener).default == certificates["old"].id


def test_a_change_is_settled_when_deployed(
    near: Sandbox, certificates: Certificates, listener: Listener
) -> None:
    """Until then edges serve the old one, and another change must wait (AWS rows 12 and 19)."""
    near.deployment = 300
    rebind(near, PLACE, certificates, listener)
    live = serving(near, PLACE, listener)
    assert (live.default, live.settled) == (certificates["new"].id, False)
    back = {**certificates, "old": certificates["new"], "new": certificates["old"]}
    with pytest.raises(ClientError) as caught:
        rebind(near, PLACE, back, listener)
    assert is_transient_refusal(caught.value)
    assert not is_rejection(caught.value)
    near.clock.advance(300)
    assert serving(near, PLACE, listener) == Serving(certificates["new"].id)


def test_late_certificate_is_not_rejected(
    near: Sandbox, certificates: Certificates, issued: Issued, listener: Listener
) -> None:
    """CloudFront learns of an upload late, and says that there is no such certificate (row 1)."""
    near.propagation = Propagation(calls=1)
    late = near.client("iam").upload_server_certificate(
        ServerCertificateName="late",
        Path="/cloudfront/",
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )["ServerCertificateMetadata"]
    with pytest.raises(ClientError) as caught:
        rebind(near, PLACE, {**certificates, "new": known(near, "late")}, listener)
    assert is_transient_refusal(caught.value)
    assert not is_rejection(caught.value)
    rebind(near, PLACE, {**certificates, "new": known(near, "late")}, listener)
    assert serving(near, PLACE, listener).default == late["ServerCertificateId"]


def known(near: Sandbox, name: str) -> Any:
    """Return a certificate in IAM."""
    return next(one for one in list_certificates(near.client("iam")) if one.name == name)


def test_certificate_that_misses_an_alias_is_rejected(
    near: Sandbox, certificates: Certificates, authority: Authority, listener: Listener
) -> None:
    """What CloudFront says of the certificate itself shows it bad."""
    near.upload("narrow", authority.issue("else.example.com", key="p256"), path="/cloudfront/")
    with pytest.raises(ClientError) as caught:
        rebind(near, PLACE, {**certificates, "new": known(near, "narrow")}, listener)
    assert is_rejection(caught.value)
    assert serving(near, PLACE, listener).default == certificates["old"].id
