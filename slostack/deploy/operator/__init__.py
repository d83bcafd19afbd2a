"""What this project generates, as objects for a cluster that runs the Prometheus operator."""

from slostack.deploy.operator.deploy import deploy_objects
from slostack.deploy.operator.objects import operator_objects

__all__ = ["deploy_objects", "operator_objects"]
