"""An import-linter contract that says what a package may import of ours; the rest is refused."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


class OnlyContract(Contract):
    """`source` may import, of the root packages, itself and `allowed`; third parties are free.

    Only direct imports are judged: what an allowed package imports is bound by its own contract.
    """

    type_name = "only"

    source = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        roots = self.session_options["root_packages"]
        doors = [self.source, *self.allowed]
        broken = []
        for importer in sorted(graph.modules):
            if not _within(importer, self.source):
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                ours = any(_within(imported, root) for root in roots)
                if ours and not any(_within(imported, door) for door in doors):
                    broken += graph.get_import_details(importer=importer, imported=imported)
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        output.print_error(f"{self.source} may import only: {', '.join(self.allowed) or 'itself'}")
        for line in check.metadata["broken"]:
            output.print_error(
                f"  {line['importer']}:{line['line_number']} imports {line['imported']}",
                bold=False,
            )
