"""The rules in the forms that other tools read."""

from slostack.exports.project import project_objects
from slostack.exports.prometheusrule import Metadata, custom_objects, service_objects, stack_objects

__all__ = ["Metadata", "custom_objects", "project_objects", "service_objects", "stack_objects"]
