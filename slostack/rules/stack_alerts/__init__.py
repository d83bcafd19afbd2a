"""The stack's own alerts, by what they are about."""
