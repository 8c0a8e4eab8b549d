"""Archives that EcoTaxa imports, and a checker that knows its rules."""
