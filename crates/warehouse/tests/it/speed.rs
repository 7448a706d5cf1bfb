//! How fast: the loader end to end against what the engine takes as a bare insert, on one machine in one run.
