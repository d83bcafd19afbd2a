"""The deployers: each brings one bundle to life, on this machine or in a cluster."""
