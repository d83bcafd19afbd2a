"""Notifications on this machine: the receiver, and what it stored."""

from slostack.notifications.model import FIRING, RESOLVED, Notification
from slostack.notifications.store import NotificationReader, store_folder

__all__ = ["FIRING", "RESOLVED", "Notification", "NotificationReader", "store_folder"]
