"""Reads a template with `Transform: AWS::Serverless-2016-10-31` from standard input, writes what it becomes as JSON."""
import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoPolicies:
    """The names of AWS's own managed policies, which would be asked of IAM."""

    def load(self):
        return {}


json.dump(transform(yaml_parse(sys.stdin.read()), {}, NoPolicies()), sys.stdout)
