#!/bin/sh
# The published procedure: list the certificates, then look through every load balancer in every
# region for who serves them. Prints: certificate ARN, service, region, load balancer, port, role.
set -eu
export AWS_PAGER= AWS_CLI_AUTO_PROMPT=off

aws iam list-server-certificates --output text \
  --query 'ServerCertificateMetadataList[].[ServerCertificateName,Expiration]' >certificates.txt

for region in $(aws ec2 describe-regions --output text --query 'Regions[].RegionName'); do
  export AWS_DEFAULT_REGION="$region"

  # Text output: a line with the load balancer's name, then a line for each of its listeners.
  aws elb describe-load-balancers --output text --query 'LoadBalancerDescriptions[].[
      LoadBalancerName,
      ListenerDescriptions[?Listener.SSLCertificateId].Listener.[LoadBalancerPort,SSLCertificateId]
    ]' |
    while read -r first certificate; do
      if [ -n "$certificate" ]; then
        printf '%s\telb\t%s\t%s\t%s\tdefault\n' "$certificate" "$region" "$name" "$first"
      else
        name=$first
      fi
    done

  aws elbv2 describe-load-balancers --output text \
    --query 'LoadBalancers[?Type!=`gateway`].[LoadBalancerArn,LoadBalancerName]' |
    while read -r balancer name; do
      aws elbv2 describe-listeners --load-balancer-arn "$balancer" --output text \
        --query 'Listeners[?Protocol==`HTTPS` || Protocol==`TLS`].[ListenerArn,Port]' |
        while read -r listener port; do
          aws elbv2 describe-listener-certificates --listener-arn "$listener" --output text \
            --query 'Certificates[].[CertificateArn,IsDefault]' |
            while read -r certificate default; do
              role=sni
              [ "$default" = True ] && role=default
              printf '%s\telbv2\t%s\t%s\t%s\t%s\n' \
                "$certificate" "$region" "$name" "$port" "$role"
            done
        done
    done
done
