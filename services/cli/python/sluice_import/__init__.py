"""Bulk import for vector collections: see `Client` and `Server`."""

from .client import Client, ImportFailed, SluiceError
from .jobs import Job, Rejected
from .server import Server

__all__ = ["Client", "ImportFailed", "Job", "Rejected", "Server", "SluiceError"]
__version__ = "0.1.0"
