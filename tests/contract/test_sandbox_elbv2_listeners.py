"""Listeners of application and network load balancers are created and modified as in AWS."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from shops import ANSWER, REGION

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

if TYPE_CHECKING:
    from shops import Shop

NOWHERE = "arn:aws:iam::123456789012:server-certificate/none"
STRICT = "ELBSecurityPolicy-TLS13-1-2-2021-06"


@pytest.mark.evidence("model: elbv2.CreateListener")
def test_created_listener_is_bound(shop: Shop) -> None:
    """CreateListener binds its certificate."""
    shop.create(8443, shop.new)
    assert shop.aws.bound("shop", REGION, 8443) == (shop.new, ())


@pytest.mark.evidence("model: elbv2.CreateListener, Certificates: for HTTPS and TLS")
def test_created_plain_listener_has_no_certificate(shop: Shop) -> None:
    """CreateListener makes a listener without TLS, which holds no certificate."""
    shop.create(80, Protocol="HTTP" if shop.kind == "application" else "TCP")
    assert shop.aws.bound("shop", REGION, 80) == (None, ())


@pytest.mark.evidence("model: elbv2.CreateListener: idempotent")
def test_created_again_it_is_the_same(shop: Shop) -> None:
    """CreateListener with the same settings succeeds and creates nothing."""
    first, second = (shop.create(8443, shop.new) for _ in range(2))
    assert first == second
    listeners = shop.elbv2.describe_listeners(LoadBalancerArn=shop.arn)["Listeners"]
    assert [listener["Port"] for listener in listeners] == [443, 8443]


@pytest.mark.evidence("model: elbv2.DuplicateListenerException")
def test_port_that_is_taken(shop: Shop) -> None:
    """Another listener on a port that has one is DuplicateListener, also by ModifyListener."""
    other = shop.create(8443, shop.new)
    with pytest.raises(ClientError, match=r"\(DuplicateListener\)"):
        shop.create(443, shop.new)
    with pytest.raises(ClientError, match=r"\(DuplicateListener\)"):
        shop.elbv2.modify_listener(ListenerArn=other["ListenerArn"], Port=443)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("thread: pulumi/pulumi#15712")
def test_secure_listener_without_certificate(shop: Shop) -> None:
    """HTTPS and TLS need a certificate: ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\).*must be specified"):
        shop.create(8443)


@pytest.mark.evidence("thread: awslabs/fargatecli#104")
def test_plain_listener_with_a_certificate(shop: Shop) -> None:
    """HTTP and TCP take no certificate: ValidationError."""
    plain = "HTTP" if shop.kind == "application" else "TCP"
    with pytest.raises(ClientError, match=r"\(ValidationError\).*cannot be specified"):
        shop.create(80, shop.new, Protocol=plain)


@pytest.mark.evidence("thread: aws/aws-cdk#3757")
def test_several_certificates_at_once(shop: Shop) -> None:
    """CreateListener and ModifyListener take one: TooManyCertificates (AWS row 4)."""
    with pytest.raises(ClientError, match=r"\(TooManyCertificates\).*Up to '1' certificate"):
        shop.create(8443, shop.new, shop.sni)
    with pytest.raises(ClientError, match=r"\(TooManyCertificates\)"):
        shop.modify(shop.new, shop.sni)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("model: elbv2.ModifyListener, Certificates: exactly one")
def test_empty_list_of_certificates(shop: Shop) -> None:
    """An empty list is not the same as none: ValidationError (the code is an assumption)."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.modify()
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("model: elbv2.Certificate: do not set IsDefault")
def test_default_is_not_for_the_caller_to_say(shop: Shop) -> None:
    """IsDefault in a request is a ValidationError (the code is an assumption)."""
    certificates = [{"CertificateArn": shop.new, "IsDefault": True}]
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.elbv2.modify_listener(ListenerArn=shop.listener, Certificates=certificates)


@pytest.mark.evidence("model: elbv2.CertificateNotFoundException")
def test_unknown_certificate(shop: Shop) -> None:
    """An unknown ARN is CertificateNotFound and changes nothing."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.create(8443, NOWHERE)
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.modify(NOWHERE)
    assert shop.bound == (shop.old, (shop.sni,))
    with pytest.raises(LookupError):
        shop.aws.bound("shop", REGION, 8443)


def imported(aws: Sandbox, region: str, issued: Issued) -> str:
    """Import a certificate into ACM and return its ARN."""
    answer = aws.client("acm", region).import_certificate(
        Certificate=issued.certificate.encode(),
        PrivateKey=issued.private_key.encode(),
        CertificateChain=issued.chain.encode(),
    )
    return str(answer["CertificateArn"])


@pytest.mark.evidence("thread: hashicorp/terraform#20587")
def test_certificate_of_another_regions_acm(shop: Shop, authority: Authority) -> None:
    """A listener takes a certificate of its own region's ACM; another's is CertificateNotFound."""
    issued = authority.issue("www.example.com", key="p256")
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.modify(imported(shop.aws, "eu-west-1", issued))
    near = imported(shop.aws, REGION, issued)
    shop.modify(near)
    assert shop.bound == (near, (shop.sni,))


@pytest.mark.evidence("thread: aws-samples/aws-secure-environment-accelerator#990 (not the code)")
@pytest.mark.parametrize(("name", "curve"), [("www.example.com", "K1"), ("shop", "R1")])
def test_certificate_that_an_application_load_balancer_refuses(
    shop: Shop, authority: Authority, name: str, curve: str
) -> None:
    """An ALB wants a usual key and a full name, else UnsupportedCertificate; an NLB does not."""
    key = ec.generate_private_key(getattr(ec, f"SECP256{curve}")())
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(*form, serialization.NoEncryption()).decode()
    issued = authority.issue(name, key=pem)
    arn = shop.aws.upload("odd", issued)
    if shop.kind == "network":
        shop.modify(arn)
        assert shop.bound == (arn, (shop.sni,))
        return
    for change in (shop.modify, shop.add, lambda one: shop.create(8443, one)):
        with pytest.raises(ClientError, match=r"\(UnsupportedCertificate\)"):
            change(arn)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("guide: Application Load Balancers, SSL certificates")
@pytest.mark.parametrize("key", ["rsa2048", "p384", "p521"])
def test_keys_that_an_application_load_balancer_takes(
    sandbox: Sandbox, authority: Authority, web: Issued, key: Any
) -> None:
    """RSA and ECDSA keys pass, and names with a wildcard."""
    old = sandbox.upload("old", web)
    new = sandbox.upload("new", authority.issue("*.example.com", key=key))
    lb = sandbox.application(REGION, "shop", Listener(443, "HTTPS", old))
    elbv2 = sandbox.client("elbv2", REGION)
    (listener,) = elbv2.describe_listeners(LoadBalancerArn=lb.arn)["Listeners"]
    certificates = [{"CertificateArn": new}]
    elbv2.modify_listener(ListenerArn=listener["ListenerArn"], Certificates=certificates)
    assert sandbox.bound("shop", REGION, 443) == (new, ())


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#8620")
def test_default_is_replaced_and_sni_kept(shop: Shop) -> None:
    """ModifyListener leaves the SNI list alone, on HTTPS and TLS listeners (AWS row 2)."""
    modified = shop.modify(shop.new)["Listeners"][0]
    assert modified["Certificates"] == [{"CertificateArn": shop.new}]
    assert shop.bound == (shop.new, (shop.sni,))


@pytest.mark.evidence("model: elbv2.ModifyListener: what is not specified remains unchanged")
def test_nothing_but_the_certificate_differs(shop: Shop) -> None:
    """After a rebinding the whole description is as before, but for the certificate."""
    special: dict[str, Any] = {"SslPolicy": STRICT, "Tags": [{"Key": "team", "Value": "a"}]}
    if shop.kind == "application":
        special["MutualAuthentication"] = {"Mode": "verify", "TrustStoreArn": "arn:aws:store"}
        attribute = {"Key": "routing.http.response.server.enabled", "Value": "false"}
    else:
        special["AlpnPolicy"] = ["HTTP2Preferred"]
        attribute = {"Key": "tcp.idle_timeout.seconds", "Value": "400"}
    created = shop.create(8443, shop.old, **special)
    listener = dataclasses.replace(shop, listener=created["ListenerArn"])
    shop.elbv2.modify_listener_attributes(ListenerArn=listener.listener, Attributes=[attribute])
    before = listener.described()
    assert before.items() >= special.items()
    assert before["Attributes"] == [attribute]
    listener.modify(shop.new)
    assert listener.described() == {**before, "Certificates": [{"CertificateArn": shop.new}]}


@pytest.mark.evidence("model: elbv2.ModifyListener")
def test_other_settings_change_alone(shop: Shop) -> None:
    """What is given changes, the rest stays."""
    changes: dict[str, Any] = {"SslPolicy": STRICT, "Port": 8443}
    if shop.kind == "application":
        changes["MutualAuthentication"] = {"Mode": "passthrough"}
        changes["DefaultActions"] = [
            {**ANSWER, "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/html"}}
        ]
    else:
        changes["AlpnPolicy"] = ["HTTP2Only"]
    before = shop.described()
    shop.elbv2.modify_listener(ListenerArn=shop.listener, **changes)
    assert shop.described() == {**before, **changes}
    if shop.kind == "application":
        (rule,) = shop.elbv2.describe_rules(ListenerArn=shop.listener)["Rules"]
        assert rule["Actions"] == changes["DefaultActions"]


@pytest.mark.evidence("model: elbv2.SSLPolicyNotFoundException")
def test_unknown_security_policy(shop: Shop) -> None:
    """A policy that does not exist is SSLPolicyNotFound."""
    with pytest.raises(ClientError, match=r"\(SSLPolicyNotFound\)"):
        shop.elbv2.modify_listener(ListenerArn=shop.listener, SslPolicy="none")
    with pytest.raises(ClientError, match=r"\(SSLPolicyNotFound\)"):
        shop.create(8443, shop.new, SslPolicy="none")


@pytest.mark.evidence("model: elbv2.ModifyListener: HTTPS to HTTP, TLS to TCP, and back")
def test_protocol_goes_to_plain_and_back(shop: Shop) -> None:
    """Without TLS, policy and certificates go; with TLS a certificate must be given."""
    plain = "HTTP" if shop.kind == "application" else "TCP"
    shop.elbv2.modify_listener(ListenerArn=shop.listener, Protocol=plain)
    described = shop.described()
    assert not {"SslPolicy", "Certificates"} & set(described)
    assert shop.bound == (None, ())
    back = {"ListenerArn": shop.listener, "Protocol": shop.protocol}
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.elbv2.modify_listener(**back)
    shop.elbv2.modify_listener(**back, Certificates=[{"CertificateArn": shop.new}])
    assert shop.bound == (shop.new, ())


@pytest.mark.evidence("thread: awslabs/fargatecli#104")
def test_plain_listener_is_given_a_certificate(aws: Sandbox, web: Issued) -> None:
    """ModifyListener refuses a certificate where there is no TLS: ValidationError."""
    lb = aws.application(REGION, "plain", Listener(80, "HTTP"))
    elbv2 = aws.client("elbv2", REGION)
    (listener,) = elbv2.describe_listeners(LoadBalancerArn=lb.arn)["Listeners"]
    with pytest.raises(ClientError, match=r"\(ValidationError\).*cannot be specified"):
        elbv2.modify_listener(
            ListenerArn=listener["ListenerArn"],
            Certificates=[{"CertificateArn": aws.upload("web", web)}],
        )


@pytest.mark.evidence("model: elbv2.Listener: SslPolicy and AlpnPolicy are for TLS")
def test_plain_listener_shows_no_tls_settings(aws: Sandbox) -> None:
    """A listener without TLS has no security policy, certificate or ALPN policy."""
    lb = aws.application(REGION, "plain", Listener(80, "HTTP"))
    elbv2 = aws.client("elbv2", REGION)
    (listener,) = elbv2.describe_listeners(LoadBalancerArn=lb.arn)["Listeners"]
    assert not {"SslPolicy", "Certificates", "AlpnPolicy"} & set(listener)


@pytest.mark.evidence("model: elbv2.LoadBalancerNotFoundException")
def test_listener_of_an_unknown_load_balancer(shop: Shop) -> None:
    """CreateListener and DescribeListeners know LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        shop.create(8443, shop.new, LoadBalancerArn=shop.arn + "0")
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        shop.elbv2.describe_listeners(LoadBalancerArn=shop.arn + "0")


@pytest.mark.evidence("model: elbv2.ListenerNotFoundException")
def test_one_unknown_listener_fails_the_call(shop: Shop) -> None:
    """A known and an unknown ARN together are ListenerNotFound."""
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        shop.elbv2.describe_listeners(ListenerArns=[shop.listener, shop.listener + "0"])


@pytest.mark.evidence("model: elbv2.DescribeListeners: one of both must be given")
def test_listeners_of_nothing(shop: Shop) -> None:
    """DescribeListeners without an ARN is a ValidationError (the code is an assumption)."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.elbv2.describe_listeners()


@pytest.mark.evidence("model: elbv2.DescribeListeners, PageSize and Marker")
def test_listeners_are_paged(aws: Sandbox) -> None:
    """DescribeListeners has PageSize and Marker."""
    listeners = [Listener(port, "HTTP") for port in (80, 81, 82)]
    arn = aws.application(REGION, "shop", *listeners).arn
    paginator = aws.client("elbv2", REGION).get_paginator("describe_listeners")
    pages = paginator.paginate(LoadBalancerArn=arn, PaginationConfig={"PageSize": 2})
    ports = [[found["Port"] for found in page["Listeners"]] for page in pages]
    assert ports == [[80, 81], [82]]


@pytest.mark.evidence("model: elbv2.DeleteListener")
def test_deleted_listener_is_gone_with_its_list(shop: Shop, web: Issued) -> None:
    """A deleted listener frees its port and what its SNI list took of the limit."""
    for number in range(24):
        shop.add(shop.aws.upload(f"sni-{number}", web))
    shop.elbv2.delete_listener(ListenerArn=shop.listener)
    with pytest.raises(LookupError):
        shop.aws.bound("shop", REGION, 443)
    again = shop.create(443, shop.new)["ListenerArn"]
    shop.add(shop.sni, listener=again)
    assert shop.bound == (shop.new, (shop.sni,))
