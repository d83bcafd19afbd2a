"""What slostack's rules cost, measured on a real Prometheus."""
