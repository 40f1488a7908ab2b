# Its functions are made when it is imported, which type checkers cannot see.
from typing import Any

def __getattr__(name: str) -> Any: ...
