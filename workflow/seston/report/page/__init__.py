"""The page: what it says where, and its templates."""
