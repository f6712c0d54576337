"""Renew the server certificates of AWS IAM in place, with Cloud Custodian."""

__version__ = "0.1.0"
