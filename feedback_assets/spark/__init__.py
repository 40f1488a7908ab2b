"""The row functions of the rooms on Spark, and the launcher for Databricks; stands above the rooms."""
