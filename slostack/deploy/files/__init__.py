"""What this project generates, as files for GitOps."""

from slostack.deploy.files.deliver import deliver_files

__all__ = ["deliver_files"]
