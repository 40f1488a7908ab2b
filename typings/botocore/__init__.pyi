# Only its exceptions are used here.
from typing import Any

def __getattr__(name: str) -> Any: ...
