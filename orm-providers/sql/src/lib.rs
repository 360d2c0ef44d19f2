//! What the SQL providers of orm-core share: plans to statements.
