"""Client for the signals of an Aftershock daemon; see README.md beside this package."""

from .aio import AsyncClient
from .client import Client
from .connection import DEFAULT_TOPICS, LIVE, REQUESTS, Curve
from .message import Gap, Item, Message
from .tracker import Counters, State, Tracker

__all__ = ["AsyncClient", "Client", "Counters", "Curve", "DEFAULT_TOPICS", "Gap", "Item", "LIVE", "Message", "REQUESTS",
           "State", "Tracker"]
__version__ = "0.1.0"
