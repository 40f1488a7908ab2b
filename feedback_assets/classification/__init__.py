"""Classification: labels each item by rules, ledger, local model and language model, with the evidence."""
