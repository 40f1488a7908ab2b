"""The numbers that decide: one model for each section of `prompts/thresholds.yaml`."""
