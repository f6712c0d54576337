"""Application and network load balancers in the sandbox answer as AWS does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from shops import REGION, shown

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

if TYPE_CHECKING:
    from shops import Shop

NOWHERE = "arn:aws:iam::123456789012:server-certificate/none"


@pytest.mark.evidence("model: elbv2.ListenerNotFoundException; elbv2.Certificate, IsDefault")
def test_describe_listeners_shows_the_default_only(shop: Shop) -> None:
    """The SNI list is not in DescribeListeners, nor is IsDefault (AWS row 3)."""
    listeners = shop.elbv2.describe_listeners(LoadBalancerArn=shop.arn)["Listeners"]
    assert [found["Certificates"] for found in listeners] == [[{"CertificateArn": shop.old}]]


@pytest.mark.evidence("model: elbv2.DescribeListenerCertificates")
def test_describe_listener_certificates_shows_all(shop: Shop) -> None:
    """The default comes with IsDefault, the SNI list without (AWS row 3)."""
    assert shop.listed() == [(shop.old, True), (shop.sni, False)]


@pytest.mark.evidence("model: elbv2.DescribeListenerCertificates")
def test_one_certificate_may_stand_twice(shop: Shop) -> None:
    """The default can be in the SNI list as well, and is then listed twice (AWS row 3)."""
    shop.add(shop.old)
    assert shop.listed() == [(shop.old, True), (shop.sni, False), (shop.old, False)]


@pytest.mark.evidence("model: elbv2.AddListenerCertificates")
def test_adding_keeps_order_and_does_not_repeat(shop: Shop) -> None:
    """A certificate already in the list is not added again."""
    shop.add(shop.new)
    shop.add(shop.sni)
    assert shop.bound == (shop.old, (shop.sni, shop.new))


@pytest.mark.evidence("model: elbv2.AddListenerCertificates")
def test_added_certificate_is_the_answer(shop: Shop) -> None:
    """AddListenerCertificates answers with what was added, which is no default."""
    added = shop.add(shop.new)["Certificates"]
    assert added == [{"CertificateArn": shop.new, "IsDefault": False}]


@pytest.mark.evidence("model: elbv2.CertificateNotFoundException")
def test_adding_an_unknown_certificate(shop: Shop) -> None:
    """An unknown ARN is CertificateNotFound."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.add(NOWHERE)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("model: elbv2.AddListenerCertificates, Certificates: one per call")
def test_one_certificate_a_call(shop: Shop) -> None:
    """Adding or removing several at once is TooManyCertificates (the code is an assumption)."""
    for change in (shop.add, shop.remove):
        with pytest.raises(ClientError, match=r"\(TooManyCertificates\)"):
            change(shop.new, shop.sni)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("model: elbv2.AddListenerCertificates, Certificates is required")
def test_no_certificate_to_add(shop: Shop) -> None:
    """Adding nothing is a ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.add()


@pytest.mark.evidence("thread: kubernetes-sigs/aws-load-balancer-controller#2134")
@pytest.mark.parametrize("arn", ["shop", "arn:aws:iam::123456789012:role/shop", "arn:aws:acm:x"])
def test_what_is_no_certificates_arn(shop: Shop, arn: str) -> None:
    """What cannot be a certificate's ARN is a ValidationError."""
    for change in (shop.add, shop.modify):
        with pytest.raises(ClientError, match=rf"\(ValidationError\).*'{arn}' is not valid"):
            change(arn)


@pytest.mark.evidence("model: elbv2.TooManyCertificatesException; guide: quotas, not the default")
def test_twenty_five_besides_the_default(shop: Shop, web: Issued) -> None:
    """The 26th SNI certificate is TooManyCertificates, one that is there is not (AWS row 5)."""
    for number in range(24):
        shop.add(shop.aws.upload(f"sni-{number}", web))
    shop.add(shop.sni)
    with pytest.raises(ClientError, match=r"\(TooManyCertificates\)"):
        shop.add(shop.new)
    assert len(shop.bound[1]) == 25


@pytest.mark.evidence("model: elbv2.TooManyCertificatesException: per load balancer")
def test_listeners_of_a_load_balancer_share_the_limit(aws: Sandbox, web: Issued) -> None:
    """The 25 are those of all listeners of a load balancer, not of each (AWS row 5)."""
    arns = [aws.upload(f"web-{number}", web) for number in range(14)]
    first = Listener(443, "HTTPS", arns[0], sni=tuple(arns[:12]))
    second = Listener(8443, "HTTPS", arns[0], sni=tuple(arns[:13]))
    lb = aws.application(REGION, "wide", first, second)
    elbv2 = aws.client("elbv2", REGION)
    listener = elbv2.describe_listeners(LoadBalancerArn=lb.arn)["Listeners"][0]["ListenerArn"]
    with pytest.raises(ClientError, match=r"\(TooManyCertificates\)"):
        elbv2.add_listener_certificates(
            ListenerArn=listener, Certificates=[{"CertificateArn": arns[13]}]
        )


@pytest.mark.evidence("model: elbv2.RemoveListenerCertificates")
def test_removing_from_the_sni_list(shop: Shop) -> None:
    """An SNI certificate can be removed."""
    shop.remove(shop.sni)
    assert shop.bound == (shop.old, ())


@pytest.mark.evidence("assumption: the model names no error for it")
def test_removing_what_is_not_on_the_list(shop: Shop) -> None:
    """Removing a certificate that is not there changes nothing."""
    shop.remove(shop.new)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#35403")
def test_removing_the_default(shop: Shop) -> None:
    """A default is never removed: OperationNotPermitted (AWS row 4)."""
    with pytest.raises(ClientError, match=r"\(OperationNotPermitted\)"):
        shop.remove(shop.old)
    assert shop.bound == (shop.old, (shop.sni,))


@pytest.mark.evidence("assumption: the refusal does not look at the list")
def test_removing_the_default_that_is_also_on_the_list(shop: Shop) -> None:
    """A default cannot be removed from the SNI list either: OperationNotPermitted (AWS row 4)."""
    shop.add(shop.old)
    with pytest.raises(ClientError, match=r"\(OperationNotPermitted\)"):
        shop.remove(shop.old)
    assert shop.bound == (shop.old, (shop.sni, shop.old))


def served(shop: Shop, name: str) -> bytes:
    """Return the certificate that a client is shown who asks for a name."""
    (balancer,) = shop.elbv2.describe_load_balancers()["LoadBalancers"]
    return shown(shop.aws, balancer["DNSName"], name)


@pytest.mark.evidence("assumption: the data plane lags behind the API")
def test_data_plane_learns_of_the_list_later(shop: Shop, authority: Authority) -> None:
    """What is put on the SNI list and taken off it shows after a while (AWS row 19)."""
    new = shop.aws.upload("extra", authority.issue("extra.example.com", key="p256"))
    before = served(shop, "extra.example.com")
    shop.aws.front_ends.lag(60)
    shop.add(new)
    assert served(shop, "extra.example.com") == before
    shop.aws.advance(60)
    after = served(shop, "extra.example.com")
    assert after != before
    shop.remove(new)
    assert served(shop, "extra.example.com") == after
    shop.aws.advance(60)
    assert served(shop, "extra.example.com") == before


@pytest.mark.evidence("model: elbv2.DescribeListenerCertificates, PageSize and Marker")
def test_listener_certificates_are_paged(shop: Shop) -> None:
    """DescribeListenerCertificates has PageSize and Marker (AWS row 3)."""
    shop.add(shop.old)
    paginator = shop.elbv2.get_paginator("describe_listener_certificates")
    pages = paginator.paginate(ListenerArn=shop.listener, PaginationConfig={"PageSize": 1})
    assert [len(page["Certificates"]) for page in pages] == [1, 1, 1]


@pytest.mark.evidence("model: elbv2.ListenerNotFoundException")
@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_listener_certificates", {}),
        ("add_listener_certificates", {"Certificates": [{"CertificateArn": NOWHERE}]}),
        ("remove_listener_certificates", {"Certificates": [{"CertificateArn": NOWHERE}]}),
        ("modify_listener", {}),
        ("delete_listener", {}),
    ],
)
def test_unknown_listener(shop: Shop, operation: str, parameters: dict[str, Any]) -> None:
    """An ARN that is not there is ListenerNotFound."""
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        getattr(shop.elbv2, operation)(ListenerArn=shop.listener + "0", **parameters)


@pytest.mark.evidence("thread: aws/aws-cli#3260")
@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_listener_certificates", {"ListenerArn": "<arn>"}),
        ("modify_listener", {"ListenerArn": "<arn>"}),
        ("delete_listener", {"ListenerArn": "<arn>"}),
    ],
)
def test_what_is_no_listeners_arn(shop: Shop, operation: str, parameters: dict[str, str]) -> None:
    """What cannot be a listener's ARN, as that of a load balancer, is a ValidationError."""
    given = {
        key: [shop.arn] if value == ["<arn>"] else shop.arn for key, value in parameters.items()
    }
    with pytest.raises(ClientError, match=r"\(ValidationError\).*is not a valid listener ARN"):
        getattr(shop.elbv2, operation)(**given)
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.elbv2.describe_listeners(ListenerArns=[shop.arn])


@pytest.mark.evidence("thread: aws/aws-cli#3673")
@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_load_balancers", {"LoadBalancerArns": ["shop"]}),
        ("describe_listeners", {"LoadBalancerArn": "shop"}),
        ("delete_load_balancer", {"LoadBalancerArn": "shop"}),
    ],
)
def test_what_is_no_load_balancers_arn(
    shop: Shop, operation: str, parameters: dict[str, Any]
) -> None:
    """What cannot be a load balancer's ARN is a ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\).*not a valid load balancer ARN"):
        getattr(shop.elbv2, operation)(**parameters)


@pytest.mark.evidence("assumption: the operations are for HTTPS and TLS, the code is a guess")
@pytest.mark.parametrize(("kind", "protocol"), [("application", "HTTP"), ("network", "TCP")])
@pytest.mark.parametrize("verb", ["describe", "add", "remove"])
def test_listener_without_tls_has_no_certificates(
    aws: Sandbox, kind: str, protocol: str, verb: str
) -> None:
    """The certificates of a listener without TLS are a ValidationError (AWS row 3)."""
    arn = getattr(aws, kind)(REGION, "plain", Listener(80, protocol)).arn
    elbv2 = aws.client("elbv2", REGION)
    listener = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]["ListenerArn"]
    certificates = {} if verb == "describe" else {"Certificates": [{"CertificateArn": NOWHERE}]}
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        getattr(elbv2, f"{verb}_listener_certificates")(ListenerArn=listener, **certificates)


@pytest.mark.evidence("model: elbv2.DescribeLoadBalancers; guide: Service Authorization Reference")
def test_arn_tells_the_type(aws: Sandbox) -> None:
    """ALB ARNs say app/, NLB ARNs net/, listeners too."""
    alb = aws.application(REGION, "shop", Listener(80, "HTTP"))
    nlb = aws.network(REGION, "edge", Listener(80, "TCP"))
    elbv2 = aws.client("elbv2", REGION)
    types = [found["Type"] for found in elbv2.describe_load_balancers()["LoadBalancers"]]
    assert types == ["application", "network"]
    assert ":loadbalancer/app/shop/" in str(alb.arn)
    assert ":loadbalancer/net/edge/" in str(nlb.arn)
    listener = elbv2.describe_listeners(LoadBalancerArn=nlb.arn)["Listeners"][0]
    assert ":listener/net/edge/" in listener["ListenerArn"]


@pytest.mark.evidence("guide: Elastic Load Balancing, DNS name")
@pytest.mark.parametrize(
    ("kind", "scheme", "form"),
    [
        ("application", "internet-facing", rf"shop-\d+\.{REGION}\.elb\.amazonaws\.com"),
        ("application", "internal", rf"internal-shop-\d+\.{REGION}\.elb\.amazonaws\.com"),
        ("network", "internet-facing", rf"shop-[0-9a-f]+\.elb\.{REGION}\.amazonaws\.com"),
    ],
)
def test_dns_name_tells_type_region_and_scheme(
    aws: Sandbox, kind: str, scheme: str, form: str
) -> None:
    """DNS names hold the region, and `internal-` where nobody outside gets in."""
    name = getattr(aws, kind)(REGION, "shop", scheme=scheme).dns_name
    assert re.fullmatch(form, name)


@pytest.mark.evidence("model: elbv2.DescribeTags")
def test_tags_follow_the_arn(aws: Sandbox) -> None:
    """A network load balancer keeps its tags."""
    arn = aws.network(REGION, "edge", Listener(80, "TCP"), tags={"team": "a"}).arn
    described = aws.client("elbv2", REGION).describe_tags(ResourceArns=[arn])
    assert described["TagDescriptions"][0]["Tags"] == [{"Key": "team", "Value": "a"}]


@pytest.mark.evidence("model: elbv2.LoadBalancerNotFoundException")
def test_tags_of_what_is_not_there(shop: Shop) -> None:
    """A known and an unknown ARN together are LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        shop.elbv2.describe_tags(ResourceArns=[shop.arn, shop.arn + "0"])


@pytest.mark.evidence("model: elbv2.DescribeTagsInput: up to 20")
def test_tags_of_twenty_at_most(shop: Shop) -> None:
    """More than 20 ARNs in one DescribeTags are a ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.elbv2.describe_tags(ResourceArns=[shop.arn] * 21)


@pytest.mark.evidence("model: elbv2.DuplicateLoadBalancerNameException")
def test_names_are_unique(shop: Shop) -> None:
    """A second load balancer of one name is refused."""
    subnets = shop.elbv2.describe_load_balancers()["LoadBalancers"][0]["AvailabilityZones"]
    with pytest.raises(ClientError, match=r"\(DuplicateLoadBalancerName\)"):
        shop.elbv2.create_load_balancer(Name="shop", Subnets=[subnets[0]["SubnetId"]])


@pytest.mark.evidence("model: elbv2.PageSize")
def test_page_size_is_four_hundred_by_default(aws: Sandbox) -> None:
    """DescribeLoadBalancers shows 400 unless told otherwise."""
    for number in range(401):
        aws.application(REGION, f"lb-{number}")
    elbv2 = aws.client("elbv2", REGION)
    first = elbv2.describe_load_balancers()
    assert len(first["LoadBalancers"]) == 400
    rest = elbv2.describe_load_balancers(Marker=first["NextMarker"])
    assert [found["LoadBalancerName"] for found in rest["LoadBalancers"]] == ["lb-400"]
    assert "NextMarker" not in rest


@pytest.mark.evidence("model: elbv2.LoadBalancerNotFoundException")
@pytest.mark.parametrize("known", [{}, {"Names": ["shop"]}])
def test_one_unknown_load_balancer_fails_the_call(shop: Shop, known: dict[str, Any]) -> None:
    """A known name and an unknown name or ARN together are LoadBalancerNotFound."""
    for unknown in ({"Names": ["none"]}, {"LoadBalancerArns": [shop.arn + "0"]}):
        both = {key: [*known.get(key, []), *unknown.get(key, [])] for key in {**known, **unknown}}
        with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
            shop.elbv2.describe_load_balancers(**both)


@pytest.mark.evidence("model: elbv2.DescribeLoadBalancers")
def test_load_balancers_are_chosen(aws: Sandbox) -> None:
    """Names and ARNs narrow the answer."""
    arns = {name: aws.application(REGION, name).arn for name in ("one", "two")}
    elbv2 = aws.client("elbv2", REGION)
    for chosen in ({"Names": ["two"]}, {"LoadBalancerArns": [arns["two"]]}):
        found = elbv2.describe_load_balancers(**chosen)["LoadBalancers"]
        assert [balancer["LoadBalancerName"] for balancer in found] == ["two"]


@pytest.mark.evidence("thread: cloud-custodian/cloud-custodian#10550")
@pytest.mark.parametrize("by", ["Names", "LoadBalancerArns"])
def test_twenty_load_balancers_at_a_time(shop: Shop, by: str) -> None:
    """More than 20 names or ARNs in one DescribeLoadBalancers are a ValidationError."""
    prefix = "lb" if by == "Names" else shop.arn
    asked = [f"{prefix}{number}" for number in range(21)]
    with pytest.raises(ClientError, match=r"\(ValidationError\).*Up to 20 load balancers"):
        shop.elbv2.describe_load_balancers(**{by: asked})


@pytest.mark.evidence("model: elbv2.PageSize, elbv2.Marker; assumption: the code for a marker")
@pytest.mark.parametrize("wrong", [{"Marker": "never"}, {"PageSize": 401}])
def test_wrong_marker_or_page_size(shop: Shop, wrong: dict[str, Any]) -> None:
    """A marker that was never given and a page of more than 400 are a ValidationError."""
    for operation, parameters in (
        ("describe_load_balancers", {}),
        ("describe_listeners", {"LoadBalancerArn": shop.arn}),
        ("describe_listener_certificates", {"ListenerArn": shop.listener}),
    ):
        with pytest.raises(ClientError, match=r"\(ValidationError\)"):
            getattr(shop.elbv2, operation)(**parameters, **wrong)


@pytest.mark.evidence("model: elbv2.DeleteLoadBalancer")
def test_deleted_load_balancer_takes_its_listeners_along(shop: Shop) -> None:
    """Deleting a load balancer deletes its listeners; doing it again succeeds."""
    for _ in range(2):
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.arn)
    assert shop.elbv2.describe_load_balancers()["LoadBalancers"] == []
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        shop.elbv2.describe_listeners(ListenerArns=[shop.listener])


@pytest.mark.evidence("model: elbv2.DeleteLoadBalancer, OperationNotPermittedException")
def test_protected_load_balancer_is_not_deleted(shop: Shop) -> None:
    """Deletion protection makes DeleteLoadBalancer OperationNotPermitted."""
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    shop.elbv2.modify_load_balancer_attributes(LoadBalancerArn=shop.arn, Attributes=protection)
    with pytest.raises(ClientError, match=r"\(OperationNotPermitted\)"):
        shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.arn)
    assert shop.bound == (shop.old, (shop.sni,))
