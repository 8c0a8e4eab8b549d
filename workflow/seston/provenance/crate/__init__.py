"""A finished run as RO-Crate: what archives and registries of workflows read."""
