"""The language model: the prompt, the client, its limits. Knows no trained model."""
