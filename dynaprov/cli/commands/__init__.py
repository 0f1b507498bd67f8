"""The commands of dynaprov, one file each."""
