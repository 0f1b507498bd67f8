<<<<<<< HEAD
"""One file per command."""
=======
"""The commands of dynaprov, one file each."""
>>>>>>> d70f982
