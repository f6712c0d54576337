"""ACM in the sandbox answers as AWS does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from roles import SHOP, assume
from shops import REGIONS

from c7n_certrenew.sandbox import Authority, Fault, Issued, Kind, Listener, Propagation, Sandbox

REGION, HOME = "eu-west-1", "us-east-1"
KEYS = {"rsa2048": "RSA_2048", "p256": "EC_prime256v1"}
NAMES = ("www.example.com", "*.example.com")
SERVER = {"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}
REIMPORT = "guide: ACM, Reimporting a certificate"
NOWHERE = f"arn:aws:acm:{REGION}:123456789012:certificate/00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def issued(authority: Authority) -> dict[str, Issued]:
    """Give a certificate of each key type."""
    return {kind: authority.issue(f"{kind}.example.com", key=kind) for kind in KEYS}


@pytest.fixture(scope="module")
def old(authority: Authority) -> Issued:
    """Give a certificate with two names."""
    return authority.issue(*NAMES, key="p256", days=20)


@pytest.fixture(scope="module")
def new(authority: Authority) -> Issued:
    """Give its successor, with another key of the same type."""
    return authority.issue(*NAMES, key="p256")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process."""
    sandbox: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return sandbox


def request(issued: Issued, **changes: Any) -> dict[str, Any]:
    """Return the parameters of a good import, with some of them changed."""
    return {
        "Certificate": issued.certificate,
        "PrivateKey": issued.private_key,
        "CertificateChain": issued.chain,
        **changes,
    }


def imported(sandbox: Sandbox, issued: Issued, region: str = REGION, **changes: Any) -> str:
    """Import a certificate into ACM and return its ARN."""
    client = sandbox.client("acm", region)
    return str(client.import_certificate(**request(issued, **changes))["CertificateArn"])


def described(sandbox: Sandbox, arn: str) -> dict[str, Any]:
    """Return what DescribeCertificate says of an ARN, in the ARN's region."""
    client = sandbox.client("acm", arn.split(":")[3])
    shown: dict[str, Any] = client.describe_certificate(CertificateArn=arn)["Certificate"]
    return shown


def refused(code: str, call: Callable[..., Any], *given: Any, **named: Any) -> str:
    """Check that a call is answered with an error code and return the message."""
    with pytest.raises(ClientError) as caught:
        call(*given, **named)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])


def pairs(**tags: str) -> list[dict[str, str]]:
    """Return tags as the API lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.mark.evidence("model: acm.CertificateDetail")
def test_details_come_from_the_certificate(aws: Sandbox, old: Issued) -> None:
    """DescribeCertificate shows names, dates, key and usages of what was imported."""
    shown = described(aws, imported(aws, old))
    assert (shown["DomainName"], shown["SubjectAlternativeNames"]) == (NAMES[0], list(NAMES))
    assert (shown["NotBefore"], shown["NotAfter"]) == (old.not_before, old.not_after)
    assert (shown["Type"], shown["Status"], shown["KeyAlgorithm"]) == (
        *("IMPORTED", "ISSUED"),
        "EC_prime256v1",
    )
    assert (shown["Issuer"], shown["Subject"]) == ("Example Intermediate", f"CN={NAMES[0]}")
    assert [usage["Name"] for usage in shown["KeyUsages"]] == [
        *("DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT")
    ]
    assert (shown["ExtendedKeyUsages"], shown["InUseBy"]) == ([SERVER], [])
    assert (shown["RenewalEligibility"], shown["SignatureAlgorithm"]) == (
        *("INELIGIBLE", "SHA256WITHECDSA"),
    )
    assert {len(byte) for byte in shown["Serial"].split(":")} == {2}


@pytest.mark.evidence("model: acm.CertificateSummary")
def test_list_shows_the_same_in_short(near: Sandbox, old: Issued) -> None:
    """ListCertificates shows type, dates, names, usages and whether a certificate is in use."""
    arn = imported(near, old)
    near.application(REGION, "web", Listener(443, "HTTPS", arn))
    client, wanted = near.client("acm", REGION), {"keyTypes": ["EC_prime256v1"]}
    [shown] = client.list_certificates(Includes=wanted)["CertificateSummaryList"]
    assert (shown["Type"], shown["Status"], shown["InUse"]) == ("IMPORTED", "ISSUED", True)
    assert shown["SubjectAlternativeNameSummaries"] == list(NAMES)
    assert shown["HasAdditionalSubjectAlternativeNames"] is False
    assert (shown["NotBefore"], shown["NotAfter"]) == (old.not_before, old.not_after)
    assert shown["ExtendedKeyUsages"] == [SERVER["Name"]]
    for more in ({"keyUsage": ["CRL_SIGNING"]}, {"extendedKeyUsage": ["CODE_SIGNING"]}):
        assert client.list_certificates(Includes=wanted | more)["CertificateSummaryList"] == []
    for status, count in (("EXPIRED", 0), ("ISSUED", 1)):
        listed = client.list_certificates(Includes=wanted, CertificateStatuses=[status])
        assert len(listed["CertificateSummaryList"]) == count


@pytest.mark.evidence("model: acm.GetCertificateResponse")
def test_certificate_and_chain_are_what_was_imported(near: Sandbox, old: Issued) -> None:
    """GetCertificate shows both, the chain only where there is one, and never the key."""
    client, arn = near.client("acm", REGION), imported(near, old)
    answer = client.get_certificate(CertificateArn=arn)
    assert (answer["Certificate"], answer["CertificateChain"]) == (old.certificate, old.chain)
    bare = client.import_certificate(Certificate=old.certificate, PrivateKey=old.private_key)
    assert "CertificateChain" not in client.get_certificate(CertificateArn=bare["CertificateArn"])


@pytest.mark.evidence("model: acm.ImportCertificate; guide: ACM, Prerequisites for importing")
def test_what_acm_does_not_import(near: Sandbox, authority: Authority, new: Issued) -> None:
    """Malformed PEM, another's key, and a key that is encrypted or of no known type are refused."""
    client, other = near.client("acm", REGION), authority.issue(*NAMES, key="p256")
    key = serialization.load_pem_private_key(new.private_key.encode(), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    encrypted = key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")).decode()
    for changes in (
        {"Certificate": "junk"},
        {"Certificate": "subject=CN=www.example.com\n" + new.certificate},
        {"PrivateKey": other.private_key},
        {"PrivateKey": encrypted},
        {"PrivateKey": new.private_key + " " * 5120},
        {"CertificateChain": "junk"},
    ):
        refused("ValidationException", client.import_certificate, **request(new, **changes))
    odd = ec.generate_private_key(ec.SECP256K1()).private_bytes(*form, serialization.NoEncryption())
    unusual = request(authority.issue(*NAMES, key=odd.decode()))
    refused("ValidationException", client.import_certificate, **unusual)
    assert near.acm(REGION) == {}


@pytest.mark.evidence("thread: aws/aws-cli#6569")
def test_one_certificate_is_imported_at_a_time(near: Sandbox, new: Issued) -> None:
    """A chain in the field of the certificate is ValidationException."""
    both = request(new, Certificate=new.certificate + new.chain)
    refused("ValidationException", near.client("acm", REGION).import_certificate, **both)


@pytest.mark.evidence("thread: go-acme/lego#1506")
def test_chain_must_be_that_of_the_certificate(near: Sandbox, new: Issued) -> None:
    """Another authority's chain, or one with the leaf in it, is ValidationException."""
    for chain in (Authority("Other").intermediate, new.certificate + new.chain):
        wrong = request(new, CertificateChain=chain)
        refused("ValidationException", near.client("acm", REGION).import_certificate, **wrong)


@pytest.mark.evidence("model: acm.ImportCertificate, current time between NotBefore and NotAfter")
def test_certificate_must_be_valid_when_it_is_imported(near: Sandbox, authority: Authority) -> None:
    """Expired and not yet valid certificates are refused; one that expires later is shown so."""
    client = near.client("acm", REGION)
    for validity in ({"days": -1}, {"days": 30, "age": -1}):
        early = authority.issue(*NAMES, key="p256", **validity)  # type: ignore[arg-type]
        refused("ValidationException", client.import_certificate, **request(early))
    arn = imported(near, authority.issue(*NAMES, key="p256", days=20))
    near.advance(21 * 86400)
    assert described(near, arn)["Status"] == "EXPIRED"


@pytest.mark.evidence("guide: ACM, Quotas: Number of imported certificates")
def test_quota_of_imported_certificates(near: Sandbox, new: Issued) -> None:
    """An import too many is LimitExceededException; one under a known ARN and a request are not."""
    assert near.acm_quota == 2500
    client, near.acm_quota = near.client("acm", REGION), 1
    client.request_certificate(DomainName=NAMES[0])
    arn = imported(near, new)
    refused("LimitExceededException", client.import_certificate, **request(new))
    assert imported(near, new, CertificateArn=arn) == arn
    assert imported(near, new, "eu-central-1").split(":")[3] == "eu-central-1"


@pytest.mark.evidence(REIMPORT)
def test_import_under_an_arn_replaces_what_is_there(
    near: Sandbox, authority: Authority, old: Issued, new: Issued
) -> None:
    """Dates, body and names are those of the new one at once; ARN, tags and listeners stay."""
    arn = imported(near, old, Tags=pairs(team="shop"))
    near.application(REGION, "web", Listener(443, "HTTPS", arn))
    before = described(near, arn)
    near.advance(60)
    assert imported(near, new, CertificateArn=arn) == arn
    after = described(near, arn)
    assert (after["NotAfter"], near.acm(REGION)) == (new.not_after, {arn: new.certificate})
    assert (after["InUseBy"], near.bound("web", REGION, 443)) == (before["InUseBy"], (arn, ()))
    assert after["ImportedAt"] - before["ImportedAt"] >= dt.timedelta(seconds=60)
    assert after["CreatedAt"] == before["CreatedAt"]
    tags = near.client("acm", REGION).list_tags_for_certificate(CertificateArn=arn)["Tags"]
    assert tags == pairs(team="shop")
    more = authority.issue("api.example.com", key="p256")
    imported(near, more, CertificateArn=arn)
    assert described(near, arn)["DomainName"] == "api.example.com"


@pytest.mark.evidence("design: a fault after the effect is one whose answer is lost")
def test_an_import_happens_although_its_answer_is_lost(
    near: Sandbox, old: Issued, new: Issued
) -> None:
    """The certificate is there, or replaced, and the client does not know it."""
    client = near.client("acm", REGION)
    near.inject(Fault("acm", "ImportCertificate", Kind.RESET, times=2, after_effect=True))
    with pytest.raises(ConnectionClosedError):
        client.import_certificate(**request(old))
    [arn] = near.acm(REGION)
    with pytest.raises(ConnectionClosedError):
        client.import_certificate(**request(new, CertificateArn=arn))
    assert near.acm(REGION) == {arn: new.certificate}
    assert [call.error_code for call in near.journal] == ["reset", "reset"]


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#15060")
def test_import_under_an_arn_takes_no_tags(near: Sandbox, old: Issued, new: Issued) -> None:
    """Tags with a CertificateArn are ValidationException, and nothing is replaced."""
    arn = imported(near, old)
    again = request(new, CertificateArn=arn, Tags=pairs(team="shop"))
    words = refused("ValidationException", near.client("acm", REGION).import_certificate, **again)
    assert words == "Tagging is not permitted on re-import."
    assert near.acm(REGION) == {arn: old.certificate}


@pytest.mark.evidence(REIMPORT + ": key type and size, Key Usage, Extended Key Usage")
def test_key_type_and_usages_must_stay(near: Sandbox, authority: Authority, old: Issued) -> None:
    """Another key type or size is refused, and so is one usage less."""
    arn, client = imported(near, old), near.client("acm", REGION)
    for wrong in (
        authority.issue(*NAMES, key="p384"),
        authority.issue(*NAMES, key="rsa2048"),
        authority.issue(*NAMES, key="p256", server_auth=False),
        authority.issue(*NAMES, key="p256", ca=True),
    ):
        again = request(wrong, CertificateArn=arn)
        refused("ValidationException", client.import_certificate, **again)
    assert near.acm(REGION) == {arn: old.certificate}


@pytest.mark.evidence("guide: ACM, Import certificates: Change to re-importing certificates")
def test_client_authentication_may_go(near: Sandbox, authority: Authority) -> None:
    """The ClientAuth extended key usage is the one that may be missing from the successor."""
    arn = imported(near, authority.issue(*NAMES, key="p256", server_auth=False))
    imported(near, authority.issue(*NAMES, key="p256"), CertificateArn=arn)
    assert described(near, arn)["ExtendedKeyUsages"] == [SERVER]


@pytest.mark.evidence(
    "model: acm.ImportCertificate, ResourceNotFoundException, InvalidArnException"
)
def test_only_an_imported_certificate_of_the_region_is_replaced(
    near: Sandbox, old: Issued, new: Issued
) -> None:
    """An unknown ARN and another region's are not found; Amazon's certificate is refused."""
    client = near.client("acm", REGION)
    for arn in (NOWHERE, imported(near, old, HOME)):
        again = request(new, CertificateArn=arn)
        refused("ResourceNotFoundException", client.import_certificate, **again)
    amazons = near.issue_acm(old, REGION)
    for code, arn in (
        ("ValidationException", amazons),
        ("InvalidArnException", "arn:aws:iam::123456789012:role/x"),
    ):
        refused(code, client.import_certificate, **request(new, CertificateArn=arn))
    assert near.acm(REGION) == {amazons: old.certificate}


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#26868 (of a private authority)")
def test_certificates_of_other_accounts_are_denied(near: Sandbox, old: Issued) -> None:
    """ACM has no policies of resources: no ARN of another account is read or replaced."""
    client, arn = near.client("acm", REGION), near.account(SHOP).import_acm(old, REGION)
    for call, given in (
        (client.import_certificate, request(old)),
        (client.describe_certificate, {}),
        (client.delete_certificate, {}),
    ):
        words = refused("AccessDeniedException", call, CertificateArn=arn, **given)
        assert "because no resource-based policy allows the acm:" in words


@pytest.mark.evidence("model: acm.DeleteCertificate, ResourceInUseException")
@pytest.mark.evidence("thread: dfds/infrastructure-modules#5")
def test_certificate_in_use_is_not_deleted(near: Sandbox, old: Issued) -> None:
    """InUseBy names what serves a certificate, by SNI too; it can be deleted once nothing does."""
    arn, other = imported(near, old, HOME), near.import_acm(old, HOME)
    app = near.application(HOME, "app", Listener(443, "HTTPS", other, sni=(arn,)))
    near.classic(HOME, "old", Listener(443, "HTTPS", arn))
    edge = near.distribution(NAMES[0], certificate=arn)
    domain = near.domain(HOME, NAMES[0], arn)
    users = {app.arn, edge.arn, domain.arn}
    users.add(f"arn:aws:elasticloadbalancing:{HOME}:123456789012:loadbalancer/old")
    assert {*described(near, arn)["InUseBy"]} == users
    acm = near.client("acm", HOME)
    refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)
    near.reset()
    acm.delete_certificate(CertificateArn=imported(near, old, HOME))
    assert near.acm(HOME) == {}


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#3866; aws/aws-cdk#4179")
def test_certificate_stays_in_use_for_a_while(near: Sandbox, old: Issued, new: Issued) -> None:
    """What a listener let go of a moment ago is still ResourceInUseException."""
    near.detach_lag = 10
    arn, elb = imported(near, old), near.client("elb", REGION)
    near.classic(REGION, "web", Listener(443, "HTTPS", arn))
    elb.set_load_balancer_listener_ssl_certificate(
        LoadBalancerName="web", LoadBalancerPort=443, SSLCertificateId=near.import_acm(new, REGION)
    )
    acm = near.client("acm", REGION)
    refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)
    near.advance(11)
    acm.delete_certificate(CertificateArn=arn)


@pytest.mark.evidence("model: acm.AddTagsToCertificate, acm.RemoveTagsFromCertificate")
def test_tags_are_kept(near: Sandbox, old: Issued) -> None:
    """Tags come with the first import or later; they go by key, or by key and value."""
    arn, client = imported(near, old, Tags=pairs(team="shop")), near.client("acm", REGION)
    client.add_tags_to_certificate(CertificateArn=arn, Tags=pairs(team="web", stage="prod"))

    def listed() -> list[dict[str, str]]:
        tags = client.list_tags_for_certificate(CertificateArn=arn)["Tags"]
        return sorted(tags, key=lambda tag: str(tag["Key"]))

    assert listed() == pairs(stage="prod", team="web")
    gone = [{"Key": "stage"}, *pairs(team="other")]
    client.remove_tags_from_certificate(CertificateArn=arn, Tags=gone)
    assert listed() == pairs(team="web")


@pytest.mark.evidence("model: acm.TooManyTagsException; acm.InvalidTagException; acm.Tag")
@pytest.mark.evidence("thread: terraform-aws-modules/terraform-aws-acm#93")
def test_tags_are_checked(near: Sandbox, old: Issued) -> None:
    """The 51st tag, AWS's own and a character that no tag has are refused; nothing is kept."""
    client = near.client("acm", REGION)
    many = pairs(**{str(number): "" for number in range(51)})
    refused("TooManyTagsException", client.import_certificate, **request(old, Tags=many))
    assert near.acm(REGION) == {}
    arn = imported(near, old, Tags=many[:50])
    for code, tags in (
        ("TooManyTagsException", many[50:]),
        ("InvalidTagException", [{"Key": "aws:team", "Value": "shop"}]),
        ("ValidationException", [{"Key": "name", "Value": "*.example.com"}]),
        ("ValidationException", [{"Key": "name", "Value": "x" * 257}]),
    ):
        refused(code, client.add_tags_to_certificate, CertificateArn=arn, Tags=tags)
    client.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "0", "Value": "more"}])


@pytest.mark.evidence("model: acm.RequestCertificate, GetCertificate RequestInProgressException")
def test_a_requested_certificate_is_issued_later(near: Sandbox, old: Issued, new: Issued) -> None:
    """It is pending without a body until Amazon issues it, and renewed under its ARN."""
    client = near.client("acm", REGION)
    arn = client.request_certificate(DomainName=NAMES[0], IdempotencyToken="1")["CertificateArn"]
    again = client.request_certificate(DomainName=NAMES[0], IdempotencyToken="1")
    assert again["CertificateArn"] == arn
    shown = described(near, arn)
    assert (shown["Status"], shown["Type"]) == ("PENDING_VALIDATION", "AMAZON_ISSUED")
    refused("RequestInProgressException", client.get_certificate, CertificateArn=arn)
    for certificate in (old, new):
        near.issue_acm(certificate, REGION, arn=arn)
        assert described(near, arn)["NotAfter"] == certificate.not_after
    assert described(near, arn)["Status"] == "ISSUED"


@pytest.mark.evidence("model: acm.RenewalSummary, acm.DomainValidation, acm.FailureReason")
def test_a_renewal_is_shown(near: Sandbox, old: Issued, new: Issued) -> None:
    """There is a summary once Amazon has begun; it names what is not validated, and why it failed.

    What was imported has none, and what is renewed has a new date under the same ARN.
    """
    arn = near.issue_acm(old, REGION)
    assert "RenewalSummary" not in described(near, arn)
    for status, reason, validation in (
        ("PENDING_AUTO_RENEWAL", "", "SUCCESS"),
        ("PENDING_VALIDATION", "", "PENDING_VALIDATION"),
        ("FAILED", "CAA_ERROR", "FAILED"),
    ):
        near.renewing_acm(arn, status, reason)
        shown = described(near, arn)["RenewalSummary"]
        assert (shown["RenewalStatus"], shown.get("RenewalStatusReason", "")) == (status, reason)
        names = {
            one["DomainName"]: one["ValidationStatus"] for one in shown["DomainValidationOptions"]
        }
        assert names == dict.fromkeys(NAMES, validation)
        assert described(near, arn)["NotAfter"] == old.not_after
    near.issue_acm(new, REGION, arn=arn)
    renewed = described(near, arn)
    assert renewed["RenewalSummary"]["RenewalStatus"] == "SUCCESS"
    assert renewed["NotAfter"] == new.not_after
    brought = near.import_acm(old, REGION)
    near.import_acm(new, REGION, arn=brought)
    assert "RenewalSummary" not in described(near, brought)


@pytest.mark.evidence("guide: ACM, Managed certificate renewal")
def test_amazon_renews_what_is_used_or_was_exported(
    near: Sandbox, authority: Authority, old: Issued
) -> None:
    """Neither what nobody uses, nor what was imported, nor what has expired is eligible."""
    past = authority.issue(NAMES[0], days=-1, key="p256")
    used, exported, idle = (near.issue_acm(old, REGION) for _ in range(3))
    expired, brought = near.issue_acm(past, REGION), near.import_acm(old, REGION)
    listeners = (Listener(443, "HTTPS", used), Listener(444, "HTTPS", expired))
    near.application(REGION, "web", *listeners, Listener(445, "HTTPS", brought))
    near.export_acm(exported)
    wanted = {"keyTypes": ["EC_prime256v1"]}
    client = near.client("acm", REGION)
    listed = client.list_certificates(Includes=wanted)["CertificateSummaryList"]
    eligible = {one["CertificateArn"]: one["RenewalEligibility"] for one in listed}
    assert {arn for arn, state in eligible.items() if state == "ELIGIBLE"} == {used, exported}
    assert {arn for arn, state in eligible.items() if state == "INELIGIBLE"} == {
        *(idle, expired, brought)
    }
    assert [one["CertificateArn"] for one in listed if one["Exported"]] == [exported]
    assert all(described(near, arn)["RenewalEligibility"] == eligible[arn] for arn in eligible)


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#41789")
@pytest.mark.evidence("assumption: a classic load balancer knows no certificate that is not issued")
def test_a_requested_certificate_cannot_be_served(near: Sandbox, old: Issued) -> None:
    """UnsupportedCertificate, CertificateNotFound of a classic one; once issued it can be."""
    arn = near.client("acm", REGION).request_certificate(DomainName=NAMES[0])["CertificateArn"]
    web = near.application(REGION, "web", Listener(443, "HTTPS", near.import_acm(old, REGION)))
    near.classic(REGION, "old", Listener(443, "HTTPS", near.import_acm(old, REGION)))
    elb, elbv2 = near.client("elb", REGION), near.client("elbv2", REGION)
    [listener] = elbv2.describe_listeners(LoadBalancerArn=web.arn)["Listeners"]
    change = {
        "ListenerArn": listener["ListenerArn"],
        "Certificates": [{"CertificateArn": arn}],
    }
    refused("UnsupportedCertificate", elbv2.modify_listener, **change)
    classic = {"LoadBalancerName": "old", "LoadBalancerPort": 443, "SSLCertificateId": arn}
    replace = elb.set_load_balancer_listener_ssl_certificate
    refused("CertificateNotFound", replace, **classic)
    near.issue_acm(old, REGION, arn=arn)
    elbv2.modify_listener(**change)
    replace(**classic)
    assert {near.bound(name, REGION, 443)[0] for name in ("web", "old")} == {arn}


@pytest.mark.evidence("model: elb.CertificateNotFoundException; elbv2.CertificateNotFoundException")
def test_listeners_take_certificates_of_their_account_and_region(
    near: Sandbox, old: Issued
) -> None:
    """Load balancers of each kind know no certificate of another account's or region's ACM."""
    arn = near.import_acm(old, REGION)
    near.classic(REGION, "old", Listener(443, "HTTPS", arn))
    web = near.network(REGION, "web", Listener(443, "TLS", arn))
    elb, elbv2 = near.client("elb", REGION), near.client("elbv2", REGION)
    [listener] = elbv2.describe_listeners(LoadBalancerArn=web.arn)["Listeners"]
    far, theirs = near.import_acm(old, HOME), near.account(SHOP).import_acm(old, REGION)
    for other in (far, theirs, NOWHERE):
        given = {"Certificates": [{"CertificateArn": other}]}
        for change in (elbv2.modify_listener, elbv2.add_listener_certificates):
            refused("CertificateNotFound", change, ListenerArn=listener["ListenerArn"], **given)
        refused(
            "CertificateNotFound",
            elb.set_load_balancer_listener_ssl_certificate,
            LoadBalancerName="old",
            LoadBalancerPort=443,
            SSLCertificateId=other,
        )
    assert near.bound("web", REGION, 443) == (arn, ())


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#10510; assumption: as for IAM's")
def test_a_new_certificate_propagates(near: Sandbox, old: Issued, new: Issued) -> None:
    """Load balancers do not know a new ARN at once; one that is imported again they know."""
    near.propagation = Propagation(seconds=5)
    near.classic(REGION, "web", Listener(443, "HTTPS", near.import_acm(old, REGION)))
    arn, elb = imported(near, old), near.client("elb", REGION)
    change = {"LoadBalancerName": "web", "LoadBalancerPort": 443, "SSLCertificateId": arn}
    replace = elb.set_load_balancer_listener_ssl_certificate
    refused("CertificateNotFound", replace, **change)
    near.advance(5)
    replace(**change)
    imported(near, new, CertificateArn=arn)
    replace(**change)


@pytest.mark.evidence("thread: ministryofjustice/modernisation-platform#3313 (RequestCertificate)")
@pytest.mark.evidence("guide: Service Authorization Reference, AWS Certificate Manager")
def test_imports_are_judged_by_arn(near: Sandbox, old: Issued, new: Issued) -> None:
    """A new certificate is on any of the region, a known one on its ARN; tags need tagging."""
    shop = near.account(SHOP)
    ours, theirs = shop.import_acm(old, REGION), shop.import_acm(old, REGION)

    def may(*resources: str, action: str = "acm:ImportCertificate") -> Any:
        policy = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
        return assume(near, shop.role("r", {"Statement": policy})).client("acm", REGION)

    client = may(ours)
    client.import_certificate(**request(new, CertificateArn=ours))
    denied = "AccessDeniedException"
    assert theirs in refused(
        denied, client.import_certificate, **request(new, CertificateArn=theirs)
    )
    words = refused(denied, client.import_certificate, **request(new))
    assert f"on resource: arn:aws:acm:{REGION}:{SHOP}:certificate/* because" in words
    client = may(f"arn:aws:acm:{REGION}:{SHOP}:certificate/*")
    client.import_certificate(**request(new))
    tagged = request(new, Tags=pairs(team="shop"))
    assert "acm:AddTagsToCertificate" in refused(denied, client.import_certificate, **tagged)


@pytest.mark.evidence("model: acm.ListCertificates, Filters: keyTypes' default filtering")
def test_list_hides_most_key_types(near: Sandbox, issued: dict[str, Issued]) -> None:
    """ListCertificates shows RSA_1024 and RSA_2048 alone unless other key types are asked for."""
    arns = {kind: imported(near, one) for kind, one in issued.items()}
    client = near.client("acm", REGION)
    [usual] = client.list_certificates()["CertificateSummaryList"]
    assert usual["CertificateArn"] == arns["rsa2048"]
    for kind, name in KEYS.items():
        [shown] = client.list_certificates(Includes={"keyTypes": [name]})["CertificateSummaryList"]
        assert (shown["CertificateArn"], shown["KeyAlgorithm"]) == (arns[kind], name)
        assert shown["DomainName"] == f"{kind}.example.com"
        assert shown["NotAfter"] == issued[kind].not_after


@pytest.mark.evidence("model: acm.ListCertificates, MaxItems, NextToken")
def test_list_comes_in_pages(near: Sandbox, issued: dict[str, Issued]) -> None:
    """ListCertificates shows as many as MaxItems says, and where to go on."""
    arns = {imported(near, issued["rsa2048"]) for _ in range(3)}
    client = near.client("acm", REGION)
    first = client.list_certificates(MaxItems=2)
    rest = client.list_certificates(MaxItems=2, NextToken=first["NextToken"])
    pages = [page["CertificateSummaryList"] for page in (first, rest)]
    assert [len(page) for page in pages] == [2, 1]
    assert {one["CertificateArn"] for page in pages for one in page} == arns
    assert "NextToken" not in rest


@pytest.mark.evidence("model: acm.ListCertificates, DescribeCertificate ResourceNotFoundException")
def test_certificates_are_of_one_region(near: Sandbox, issued: dict[str, Issued]) -> None:
    """A certificate is listed and described in its region alone."""
    arn = imported(near, issued["rsa2048"])
    far = near.client("acm", "us-east-1")
    assert far.list_certificates()["CertificateSummaryList"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        far.describe_certificate(CertificateArn=arn)
