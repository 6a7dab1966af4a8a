"""Exactly one order for each intent, whatever is killed: seeded rounds against the simulator.

`python -m tests.exactly_once --runs 300 --seed 1` (or `make exactly-once`). Everything is real: the
simulator's own process over sockets, PostgreSQL, Valkey, the gateway; the processes that stand for
web and worker are forked from a warm parent and killed at named failpoints.
"""
