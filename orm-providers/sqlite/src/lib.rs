//! SQLite provider for orm-core.
