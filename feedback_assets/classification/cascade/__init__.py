"""What answers one text: rules, local model and language model in turn, and the checks on each answer."""
