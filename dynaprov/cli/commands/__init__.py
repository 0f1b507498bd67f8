"""The commands, one file each; ``dynaprov.cli.main.COMMANDS`` lists them."""
