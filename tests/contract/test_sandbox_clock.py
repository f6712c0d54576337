"""The sandbox's clock: what it governs, and how it is advanced."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Issued, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock

REGION = "eu-west-1"
DAY = 86400


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a certificate that expires in a month."""
    return authority.issue("www.example.com", key="p256", days=30)


def upload(aws: Sandbox, issued: Issued, name: str = "web") -> str:
    """Upload through the API and return the ARN."""
    answer = aws.client("iam").upload_server_certificate(
        ServerCertificateName=name,
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )
    return str(answer["ServerCertificateMetadata"]["Arn"])


def test_certificates_grow_old(aws: Sandbox, web: Issued) -> None:
    """What is valid today is refused when it has expired, and uploads have the clock's date."""
    upload(aws, web)
    aws.advance(31 * DAY)
    with pytest.raises(ClientError, match=r"\(MalformedCertificate\)"):
        upload(aws, web, "late")
    listed = aws.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert abs(listed[0]["UploadDate"] - dt.datetime.now(dt.timezone.utc)) < dt.timedelta(minutes=5)


def test_propagation_passes(aws: Sandbox, web: Issued) -> None:
    """Fifteen minutes of propagation cost no time (AWS row 1)."""
    aws.classic(REGION, "lb", Listener(443, "HTTPS", aws.upload("old", web)))
    aws.propagation = Propagation(seconds=900)
    bind = {"LoadBalancerName": "lb", "LoadBalancerPort": 443, "SSLCertificateId": upload(aws, web)}
    elb = aws.client("elb", REGION)
    aws.advance(880)
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        elb.set_load_balancer_listener_ssl_certificate(**bind)
    aws.advance(20)
    assert elb.set_load_balancer_listener_ssl_certificate(**bind)


def test_a_reset_goes_back(aws: Sandbox) -> None:
    """After a reset the clock shows the wall's time and runs."""
    aws.clock.stop()
    aws.advance(DAY)
    aws.reset()
    begin = aws.clock.monotonic()
    assert abs(aws.clock.now() - dt.datetime.now(dt.timezone.utc)) < dt.timedelta(seconds=1)
    assert aws.clock.monotonic() > begin


def test_a_stopped_clock_is_moved_by_advancing_alone() -> None:
    """Both of its faces stand still together and go on together."""
    clock = Clock()
    clock.stop()
    now, begin = clock.now(), clock.monotonic()
    time.sleep(0.01)
    assert (clock.now(), clock.monotonic()) == (now, begin)
    clock.advance(1.5)
    assert clock.now() - now == dt.timedelta(seconds=1.5)
    assert clock.monotonic() - begin == 1.5


def test_a_clock_does_not_go_back() -> None:
    """A step back is refused."""
    with pytest.raises(ValueError, match="does not go back"):
        Clock().advance(-1)


def test_sleepers_side_by_side_share_the_time() -> None:
    """Eight threads that sleep ten seconds each, ten times, sleep much less than 800 in all."""
    clock = Clock()
    begin, wall = clock.monotonic(), time.monotonic()

    def work(_: Any) -> None:
        for _ in range(10):
            clock.sleep(10)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert 100 <= clock.monotonic() - begin < 600
    assert time.monotonic() - wall < 30
