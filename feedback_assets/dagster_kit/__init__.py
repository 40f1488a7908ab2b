"""What rooms need of Dagster: partitions, automation, day assets, the IO manager, run tags. No room belongs here."""
