"""The log: the only truth. `protocol` says what it promises, `postgres` and `memory` keep it, `commit` writes through it."""
