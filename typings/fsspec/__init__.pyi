# Types of the calls of fsspec that this project makes.
from typing import Any

from . import asyn as asyn
from . import core as core

def __getattr__(name: str) -> Any: ...
