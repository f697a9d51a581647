"""Subscriber for the signals of an Aftershock daemon; see README.md beside this package."""

from .message import Gap, Message
from .subscriber import DEFAULT_TOPICS, Subscriber
from .tracker import Counters, State, Tracker

__all__ = ["Counters", "DEFAULT_TOPICS", "Gap", "Message", "State", "Subscriber", "Tracker"]
__version__ = "0.1.0"
