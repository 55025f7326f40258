"""The command `scriptio`."""
