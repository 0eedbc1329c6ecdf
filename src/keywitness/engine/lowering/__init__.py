"""How DuckDB says each function of the language: one table, by family; what is in no table is refused."""
