<<<<<<< HEAD
"""The command line."""
=======
"""The command line: options, exit codes, consoles, and the one boundary where exceptions end."""
>>>>>>> d70f982
