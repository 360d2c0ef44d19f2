//! Storage in memory for orm-core: columns, bitmaps and indexes.
