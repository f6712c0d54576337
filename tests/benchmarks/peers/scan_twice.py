"""Read who serves at load balancers, wait for a line of standard input, and look again."""

from __future__ import annotations

import sys

import boto3

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.inventory import read_inventory

SERVICES = ("elb", "elbv2")

clients = Clients(boto3.Session(), "123456789012")
print(len(read_inventory(clients, SERVICES).bindings), flush=True)
sys.stdin.readline()
print(len(read_inventory(clients, SERVICES, fresh=True).bindings), flush=True)
