"""A listener of a classic load balancer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECURE = frozenset({"HTTPS", "SSL"})
_LAYERS = ({"HTTP", "HTTPS"}, {"TCP", "SSL"})


@dataclass
class ClassicListener:
    """Hold one listener under the attribute names that moto uses for its own."""

    load_balancer_port: int
    instance_port: int
    protocol: str
    instance_protocol: str
    ssl_certificate_id: str | None
    policy_names: list[str] = field(default_factory=list, compare=False)

    @classmethod
    def of(cls, listener: Mapping[str, Any]) -> ClassicListener:
        """Read the API's description; the certificate of a listener without TLS is dropped."""
        protocol = listener["Protocol"].upper()
        return cls(
            load_balancer_port=int(listener["LoadBalancerPort"]),
            instance_port=int(listener["InstancePort"]),
            protocol=protocol,
            instance_protocol=(listener.get("InstanceProtocol") or protocol).upper(),
            ssl_certificate_id=listener.get("SSLCertificateId") if protocol in SECURE else None,
        )

    def check(self) -> None:
        """Raise ValidationError for TLS without certificate, and for protocols that do not go.

        Both protocols must be of one layer, HTTP(S) or TCP and SSL (botocore model elb.Listener).
        """
        if self.protocol in SECURE and not self.ssl_certificate_id:
            message = "Secure Listeners need to specify a SSLCertificateId"
            raise AwsError("ValidationError", message)
        if not any({self.protocol, self.instance_protocol} <= layer for layer in _LAYERS):
            message = f"{self.protocol} does not go with instances' {self.instance_protocol}"
            raise AwsError("ValidationError", message)
