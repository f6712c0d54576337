"""AWS on loopback: moto with AWS's behaviour for certificates and load balancers.

For tests and the demonstration; no public API before 1.0.
"""

import os

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from .authority import Authority, Issued
from .faults import Fault, Kind
from .profiles import CALM, HOSTILE, Profile
from .sandbox import Sandbox
from .seed import LoadBalancer
from .throttle import Rate, Throttle
from .world import Call, Listener, Propagation

__all__ = [
    "CALM",
    "HOSTILE",
    "Authority",
    "Call",
    "Fault",
    "Issued",
    "Kind",
    "Listener",
    "LoadBalancer",
    "Profile",
    "Propagation",
    "Rate",
    "Sandbox",
    "Throttle",
]
