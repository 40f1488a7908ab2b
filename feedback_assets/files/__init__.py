"""Files and object stores: whole-file writes, text files, the layout of landing. No table belongs here."""
