"""What an installation is told: settings, taxonomy, thresholds, mappings; loaded, checked and frozen here."""
