"""Classification: rules, ledger, local model, language model; each item gets its labels and their evidence here."""
