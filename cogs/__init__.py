"""What people type and press: one file per slash group."""
