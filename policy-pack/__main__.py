"""The project's policies as a Pulumi policy pack: `pulumi preview --policy-pack policy-pack`."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from slostack.deploy.policies import POLICIES, Object, Policy, found_by


def resource_policy(policy: Policy) -> ResourceValidationPolicy:
    """One of the functions, as Pulumi asks it."""

    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        for violation in found_by(policy, Object(args.resource_type, args.props)):
            report_violation(violation, None)

    name = policy.__name__.replace("_", "-")
    return ResourceValidationPolicy(name=name, description=policy.__doc__ or name, validate=validate)


PolicyPack("slostack", [resource_policy(policy) for policy in POLICIES], EnforcementLevel.MANDATORY)
