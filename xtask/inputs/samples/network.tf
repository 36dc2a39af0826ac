terraform {
  required_version = ">= 1.5"
}

variable "region" {
  type        = string
  default     = "eu-west-2"
  description = "Where things are made."
}

resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true

  tags = {
    Name = "main-${var.region}"
  }
}

resource "aws_subnet" "private" {
  count      = 3
  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
}

output "subnets" {
  value = aws_subnet.private[*].id
}
