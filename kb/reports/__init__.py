"""How a period went: counted (`figures`) and listed (`ledger`)."""
