"""The services that the demo plays: each module has its MODEL and its SCENARIOS."""
