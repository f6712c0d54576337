"""The edge to AWS: boto3's shapes come in and go out here, and nowhere else."""
