"""PostgreSQL, Valkey and the whole desk as private processes; knows commands and variables only."""
