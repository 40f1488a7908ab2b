"""A kind of import-linter contract: which modules may reach a library, directly or by any detour.

import-linter's own kind cannot say "all but these": it skips forbidden modules below its source, and so lets detours
through, or needs an exception for every import of the modules that may.
"""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class ReachesContract(Contract):
    """Only the named modules reach the library; each name must stand for a module that does."""

    type_name = "reaches"

    library = fields.StringField()
    modules = fields.SetField(subfield=fields.ModuleExpressionField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare the modules from which a chain of imports leads to the library with those named."""
        library = str(self.library)
        reaching = graph.find_downstream_modules(library)
        named: set[str] = set()
        idle: list[str] = []
        for expression in self.modules:  # pyright: ignore[reportGeneralTypeIssues]
            matches = {module.name for module in module_expressions_to_modules(graph, [expression])}
            named |= matches
            if not matches & reaching:
                idle.append(str(expression))
        chains = {name: graph.find_shortest_chain(importer=name, imported=library) for name in reaching - named}
        return ContractCheck(kept=not chains and not idle, metadata={"chains": chains, "idle": sorted(idle)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the shortest chain of each module that should not reach the library, and names that stand for none."""
        for name, chain in sorted(check.metadata["chains"].items()):
            output.print_error(f"{name} reaches {self.library}: {' -> '.join(chain or ())}", bold=False)
        for expression in check.metadata["idle"]:
            output.print_error(f"{expression} stands for no module that reaches {self.library}; remove it", bold=False)
