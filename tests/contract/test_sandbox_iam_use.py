"""Certificates in use: deletion and renaming in the sandbox are as in AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Issued, Listener, Propagation, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from shops import Shop

FAR = "eu-central-1"


def delete(aws: Sandbox, name: str = "old") -> None:
    """Delete a certificate through the API."""
    aws.client("iam").delete_server_certificate(ServerCertificateName=name)


def conflict(aws: Sandbox, name: str = "old") -> str:
    """Return who uses a certificate, as the refusal to delete it says."""
    with pytest.raises(ClientError, match=r"\(DeleteConflict\)") as refused:
        delete(aws, name)
    found = re.search(
        r"Certificate: (ASCA\w+) is currently in use by (\S+)\. "
        r"Please remove it first before deleting it from IAM\.",
        str(refused.value),
    )
    assert found, refused.value
    got = aws.client("iam").get_server_certificate(ServerCertificateName=name)
    metadata = got["ServerCertificate"]["ServerCertificateMetadata"]
    assert found.group(1) == metadata["ServerCertificateId"]
    return found.group(2)


@pytest.fixture
def old(aws: Sandbox, web: Issued) -> str:
    """Give a certificate in IAM that nothing uses yet."""
    return aws.upload("old", web)


@pytest.mark.evidence("thread: hashicorp/terraform#3412")
def test_used_by_a_classic_load_balancer(aws: Sandbox, old: str) -> None:
    """DeleteConflict names the classic load balancer, in whatever region it is (AWS row 10)."""
    aws.classic(FAR, "legacy", Listener(80, "HTTP"), Listener(8443, "SSL", old))
    arn = f"arn:aws:elasticloadbalancing:{FAR}:{aws.account_id}:loadbalancer/legacy"
    assert conflict(aws) == arn


@pytest.mark.evidence("thread: awslabs/aws-orbit-workbench#634")
def test_used_as_a_default(shop: Shop) -> None:
    """DeleteConflict names the load balancer whose listener has it as default (AWS row 10)."""
    assert conflict(shop.aws) == shop.arn


@pytest.mark.evidence("assumption: the SNI list counts as the default does")
def test_used_for_sni(shop: Shop) -> None:
    """DeleteConflict names the load balancer that has it in an SNI list (AWS row 10)."""
    assert conflict(shop.aws, "sni") == shop.arn


@pytest.mark.evidence("model: iam.DeleteServerCertificate")
def test_unused_one_is_deleted(shop: Shop) -> None:
    """What another certificate of the account is used for does not matter."""
    delete(shop.aws, "new")
    assert set(shop.aws.certificates()) == {"old", "sni"}


LETTING_GO: list[Callable[[Shop], Any]] = [
    lambda shop: shop.modify(shop.new),
    lambda shop: shop.elbv2.delete_listener(ListenerArn=shop.listener),
    lambda shop: shop.elbv2.delete_load_balancer(LoadBalancerArn=shop.arn),
]


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#907")
@pytest.mark.parametrize("let_go", LETTING_GO)
def test_detached_default_stays_in_use_for_a_while(
    shop: Shop, let_go: Callable[[Shop], Any]
) -> None:
    """DeleteConflict goes on after the last listener let go, and then ends (AWS row 10)."""
    shop.aws.detach_lag = 60
    let_go(shop)
    assert conflict(shop.aws) == shop.arn
    shop.aws.advance(61)
    delete(shop.aws)
    assert "old" not in shop.aws.certificates()


@pytest.mark.evidence("assumption: the SNI list counts as the default does")
@pytest.mark.parametrize("let_go", [lambda shop: shop.remove(shop.sni), *LETTING_GO[1:]])
def test_detached_sni_stays_in_use_for_a_while(shop: Shop, let_go: Callable[[Shop], Any]) -> None:
    """DeleteConflict goes on after the last SNI list let go, and then ends (AWS row 10)."""
    shop.aws.detach_lag = 60
    let_go(shop)
    assert conflict(shop.aws, "sni") == shop.arn
    shop.aws.advance(61)
    delete(shop.aws, "sni")


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#907")
@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        (
            "set_load_balancer_listener_ssl_certificate",
            {"LoadBalancerPort": 443, "SSLCertificateId": "<new>"},
        ),
        ("delete_load_balancer_listeners", {"LoadBalancerPorts": [443]}),
        ("delete_load_balancer", {}),
    ],
)
def test_detached_from_a_classic_load_balancer(
    aws: Sandbox, old: str, web: Issued, operation: str, parameters: dict[str, Any]
) -> None:
    """A classic load balancer that let go is named for a while, too (AWS row 10)."""
    aws.classic(FAR, "legacy", Listener(443, "HTTPS", old))
    aws.detach_lag = 60
    if "SSLCertificateId" in parameters:
        parameters = {**parameters, "SSLCertificateId": aws.upload("new", web)}
    getattr(aws.client("elb", FAR), operation)(LoadBalancerName="legacy", **parameters)
    assert conflict(aws).endswith(":loadbalancer/legacy")
    aws.advance(61)
    delete(aws)


@pytest.mark.evidence("design: a test that wants the lag sets it")
def test_without_lag_a_detached_certificate_can_go(shop: Shop) -> None:
    """The lag is 0 unless it is set, and 0 again after a reset."""
    shop.modify(shop.new)
    delete(shop.aws)
    shop.aws.detach_lag = 60
    shop.aws.reset()
    assert shop.aws.detach_lag == 0


@pytest.mark.evidence("model: iam.UpdateServerCertificate")
def test_renamed_certificate_has_another_arn_and_the_same_id(aws: Sandbox, web: Issued) -> None:
    """UpdateServerCertificate changes name and path, hence the ARN; the id stays."""
    iam = aws.client("iam")
    aws.upload("old", web, tags={"team": "a"})
    before = iam.get_server_certificate(ServerCertificateName="old")["ServerCertificate"]
    iam.update_server_certificate(
        ServerCertificateName="old", NewServerCertificateName="new", NewPath="/prod/"
    )
    after = iam.get_server_certificate(ServerCertificateName="new")["ServerCertificate"]
    arn = f"arn:aws:iam::{aws.account_id}:server-certificate/prod/new"
    renamed = {"ServerCertificateName": "new", "Path": "/prod/", "Arn": arn}
    metadata = {**before["ServerCertificateMetadata"], **renamed}
    assert after == {**before, "ServerCertificateMetadata": metadata}
    assert aws.certificates() == {"new": arn}


@pytest.mark.evidence("model: iam.UpdateServerCertificate, NewPath and NewServerCertificateName")
@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"NewPath": "/prod/"}, "/prod/old"),
        ({"NewServerCertificateName": "OLD"}, "/OLD"),
        ({}, "/old"),
    ],
)
def test_what_is_not_given_stays(aws: Sandbox, old: str, change: dict[str, str], path: str) -> None:
    """Name and path change one by one; a name can change its case."""
    aws.client("iam").update_server_certificate(ServerCertificateName="old", **change)
    assert list(aws.certificates().values()) == [old.replace("/old", path)]


@pytest.mark.evidence("model: iam.UpdateServerCertificate, EntityAlreadyExistsException")
def test_renaming_to_a_name_that_is_taken(aws: Sandbox, old: str, web: Issued) -> None:
    """A name that another certificate has, in whatever case, is EntityAlreadyExists."""
    aws.upload("Taken", web, path="/prod/")
    with pytest.raises(ClientError, match=r"\(EntityAlreadyExists\)"):
        aws.client("iam").update_server_certificate(
            ServerCertificateName="old", NewServerCertificateName="taken"
        )
    assert aws.certificates()["old"] == old


@pytest.mark.evidence("model: iam.UpdateServerCertificate, constraints of its members")
@pytest.mark.parametrize("change", [{"NewPath": "prod"}, {"NewServerCertificateName": "a b"}])
def test_renaming_to_what_no_name_can_be(aws: Sandbox, old: str, change: dict[str, str]) -> None:
    """Path and name must follow the model's constraints: ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        aws.client("iam").update_server_certificate(ServerCertificateName="old", **change)
    assert aws.certificates() == {"old": old}


@pytest.mark.evidence("assumption: AWS's guides say no more than that the ARN changes")
def test_listeners_keep_a_renamed_certificate_under_its_former_arn(shop: Shop) -> None:
    """Listeners show the ARN they were bound with, and the certificate stays in use."""
    iam = shop.aws.client("iam")
    iam.update_server_certificate(ServerCertificateName="old", NewPath="/prod/")
    assert shop.bound == (shop.old, (shop.sni,))
    assert conflict(shop.aws) == shop.arn
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.add(shop.old)


@pytest.mark.evidence("assumption: a renaming spreads as an upload does")
def test_new_arn_takes_its_time(shop: Shop) -> None:
    """Load balancers learn of a renamed certificate's new ARN as they do of a new certificate."""
    shop.aws.propagation = Propagation(calls=1)
    iam = shop.aws.client("iam")
    iam.update_server_certificate(ServerCertificateName="new", NewServerCertificateName="newer")
    arn = shop.aws.certificates()["newer"]
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.modify(arn)
    shop.modify(arn)
    assert shop.bound == (arn, (shop.sni,))


@pytest.mark.evidence("assumption: AWS row 10; the guide of DeleteServerCertificate warns of it")
def test_classic_listener_shows_that_its_certificate_is_gone(aws: Sandbox, web: Issued) -> None:
    """A classic listener shows `Invalid-Certificate` in place of a certificate that is gone."""
    old, new = aws.upload("old", web), aws.upload("new", web)
    aws.classic(FAR, "legacy", Listener(443, "HTTPS", old), Listener(8443, "SSL", new))
    aws.discard("old")
    (described,) = aws.client("elb", FAR).describe_load_balancers()["LoadBalancerDescriptions"]
    shown = [d["Listener"]["SSLCertificateId"] for d in described["ListenerDescriptions"]]
    assert shown == ["Invalid-Certificate", new]
    assert list(aws.certificates()) == ["new"]


@pytest.mark.evidence("assumption: AWS row 10")
def test_listener_can_be_seeded_with_an_invalid_certificate(aws: Sandbox, old: str) -> None:
    """A listener that shows `Invalid-Certificate` can be given a certificate again."""
    aws.classic(FAR, "legacy", Listener(443, "HTTPS", "Invalid-Certificate"))
    assert aws.bound("legacy", FAR, 443) == ("Invalid-Certificate", ())
    aws.client("elb", FAR).set_load_balancer_listener_ssl_certificate(
        LoadBalancerName="legacy", LoadBalancerPort=443, SSLCertificateId=old
    )
    assert aws.bound("legacy", FAR, 443) == (old, ())
