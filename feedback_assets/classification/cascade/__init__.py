"""The cascade that labels one text: rules, ledger, local model and language model in turn."""
