"""How official texts write things: numerals, dates, document numbers, signatures."""
