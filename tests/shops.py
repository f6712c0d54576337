"""A load balancer whose listener has a certificate in each role."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c7n_certrenew.sandbox import Listener

if TYPE_CHECKING:
    from c7n_certrenew.sandbox import Issued, Sandbox

REGION = "us-east-1"
REGIONS = (REGION, "eu-west-1", "eu-central-1")
ANSWER = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain"},
}


def shown(aws: Sandbox, dns_name: str, name: str) -> bytes:
    """Return the certificate that a client is shown on port 443 who asks for a name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    (address,) = aws.front_ends.addresses(dns_name, 443)
    with (
        socket.create_connection(address, timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.getpeercert(True) or b""


@dataclass(frozen=True)
class Shop:
    """Hold a load balancer whose listener on 443 has `old` as default and `sni` beside it."""

    aws: Sandbox
    kind: str
    arn: str
    listener: str
    old: str
    sni: str
    new: str

    @classmethod
    def open(cls, aws: Sandbox, kind: str, issued: Issued) -> Shop:
        """Create an `application` or `network` load balancer and its three certificates."""
        old, sni, new = (aws.upload(name, issued) for name in ("old", "sni", "new"))
        protocol = "HTTPS" if kind == "application" else "TLS"
        lb = getattr(aws, kind)(REGION, "shop", Listener(443, protocol, old, sni=(sni,)))
        described = aws.client("elbv2", REGION).describe_listeners(LoadBalancerArn=lb.arn)
        return cls(aws, kind, lb.arn, described["Listeners"][0]["ListenerArn"], old, sni, new)

    @property
    def elbv2(self) -> Any:
        """Return the client."""
        return self.aws.client("elbv2", REGION)

    @property
    def protocol(self) -> str:
        """Return what the listener speaks."""
        return "HTTPS" if self.kind == "application" else "TLS"

    @property
    def bound(self) -> tuple[str | None, tuple[str, ...]]:
        """Return what the listener holds."""
        return self.aws.bound("shop", REGION, 443)

    def create(self, port: int, *arns: str, **changes: Any) -> Any:
        """Create another listener."""
        parameters = {
            "LoadBalancerArn": self.arn,
            "Protocol": self.protocol,
            "Port": port,
            "Certificates": [{"CertificateArn": arn} for arn in arns],
            "DefaultActions": [ANSWER] if self.kind == "application" else [],
            **changes,
        }
        return self.elbv2.create_listener(**parameters)["Listeners"][0]

    def modify(self, *arns: str) -> Any:
        """Replace the default certificate."""
        certificates = [{"CertificateArn": arn} for arn in arns]
        return self.elbv2.modify_listener(ListenerArn=self.listener, Certificates=certificates)

    def add(self, *arns: str, listener: str | None = None) -> Any:
        """Add certificates to the SNI list in one call."""
        certificates = [{"CertificateArn": arn} for arn in arns]
        return self.elbv2.add_listener_certificates(
            ListenerArn=listener or self.listener, Certificates=certificates
        )

    def remove(self, *arns: str) -> Any:
        """Remove certificates from the SNI list in one call."""
        certificates = [{"CertificateArn": arn} for arn in arns]
        return self.elbv2.remove_listener_certificates(
            ListenerArn=self.listener, Certificates=certificates
        )

    def listed(self) -> list[tuple[str, bool]]:
        """Return DescribeListenerCertificates."""
        listed = self.elbv2.describe_listener_certificates(ListenerArn=self.listener)
        return [(c["CertificateArn"], c["IsDefault"]) for c in listed["Certificates"]]

    def described(self) -> dict[str, Any]:
        """Return everything that the API shows of the listener."""
        arn = self.listener
        (listener,) = self.elbv2.describe_listeners(ListenerArns=[arn])["Listeners"]
        attributes = self.elbv2.describe_listener_attributes(ListenerArn=arn)["Attributes"]
        (tags,) = self.elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return {**listener, "Attributes": attributes, **tags}
