//! What a provider can do, as data.

/// What a provider understands by itself. The core does the rest: a plan that asks for something
/// not claimed here is read as a scan of the entities it names and evaluated in the core.
///
/// The conformance suite checks claim against conduct.
///
/// ```
/// use orm_core::provider::Capabilities;
/// let scans_only = Capabilities::minimal("my-map");
/// assert!(!scans_only.filters && !scans_only.transactions);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The provider's name, for messages: `sqlite`.
    pub name: &'static str,
    /// `select` evaluates [`Select::filter`](crate::plan::Select::filter), but for relation predicates.
    pub filters: bool,
    /// `select` evaluates [`Predicate::Related`](crate::plan::Predicate::Related).
    pub relation_filters: bool,
    /// `select` orders.
    pub order: bool,
    /// `select` applies `offset` and `limit`.
    pub limit: bool,
    /// `select` evaluates [`Select::related`](crate::plan::Select::related), with its limit per parent.
    pub related: bool,
    /// `select` answers counts and existence; counts per parent where [`related`](Self::related) is
    /// claimed too.
    pub counts: bool,
    /// `select` puts out what relations lead to [beside the records](crate::plan::Output::Joined). Only asked
    /// of a provider that claims [`filters`](Self::filters), [`relation_filters`](Self::relation_filters),
    /// [`order`](Self::order) and [`limit`](Self::limit) too; otherwise that is read by selects of its own.
    pub joins: bool,
    /// `select` puts out only some [columns](crate::plan::Output::Columns).
    pub projections: bool,
    /// `select` groups and [aggregates](crate::plan::Output::Groups), also over paths of relations.
    pub aggregates: bool,
    /// `apply` understands [`DeleteWhere`](crate::plan::Change::DeleteWhere) and
    /// [`UpdateWhere`](crate::plan::Change::UpdateWhere).
    pub writes_by_filter: bool,
    /// `begin` works: transactions with savepoints, whose reads see one snapshot and their own writes.
    pub transactions: bool,
    /// Transactions lock single records, so that [locking reads](crate::plan::LockWait) can leave out those
    /// that others have locked, or fail at once.
    pub row_locks: bool,
    /// `sql` runs statements of the user's own.
    pub sql: bool,
    /// `apply` changes the records of an [`UpdateWhere`](crate::plan::Change::UpdateWhere) in the order in
    /// which unique values are [moved](crate::plan::moved), so that the core needs not see to it.
    pub ordered_updates: bool,
    /// Calls take no longer than memory does, so that they may run in an async task as they are.
    pub embedded: bool,
    /// Calls of a blocking engine in async code run on this many threads per connection.
    pub threads: usize,
}

impl Capabilities {
    /// A provider that scans and applies, and leaves all else to the core.
    #[must_use]
    pub const fn minimal(name: &'static str) -> Self {
        Self {
            name,
            filters: false,
            relation_filters: false,
            order: false,
            limit: false,
            related: false,
            counts: false,
            joins: false,
            projections: false,
            aggregates: false,
            writes_by_filter: false,
            transactions: false,
            row_locks: false,
            sql: false,
            ordered_updates: false,
            embedded: false,
            threads: 1,
        }
    }

    /// A provider that does everything, but for [`row_locks`](Self::row_locks) and
    /// [SQL of the user's own](Self::with_sql).
    #[must_use]
    pub const fn full(name: &'static str) -> Self {
        Self {
            name,
            filters: true,
            relation_filters: true,
            order: true,
            limit: true,
            related: true,
            counts: true,
            joins: false,
            projections: true,
            aggregates: true,
            writes_by_filter: true,
            transactions: true,
            row_locks: false,
            sql: false,
            ordered_updates: false,
            embedded: false,
            threads: 4,
        }
    }

    /// What is claimed and what isn't, by the names of the fields: for reports, and for tests that
    /// need something.
    ///
    /// ```
    /// use orm_core::provider::Capabilities;
    /// let minimal = Capabilities::minimal("my-map");
    /// assert!(minimal.claims().any(|claim| claim == ("transactions", false)));
    /// ```
    pub fn claims(&self) -> impl Iterator<Item = (&'static str, bool)> + use<> {
        // Named one by one, so that a new capability can't be forgotten here.
        let Self {
            name: _,
            filters,
            relation_filters,
            order,
            limit,
            related,
            counts,
            projections,
            aggregates,
            writes_by_filter,
            transactions,
            row_locks,
            sql,
            // These change how much is done, but nothing of what comes out.
            joins: _,
            ordered_updates: _,
            embedded: _,
            threads: _,
        } = *self;
        [
            ("filters", filters),
            ("relation_filters", relation_filters),
            ("order", order),
            ("limit", limit),
            ("related", related),
            ("counts", counts),
            ("projections", projections),
            ("aggregates", aggregates),
            ("writes_by_filter", writes_by_filter),
            ("transactions", transactions),
            ("row_locks", row_locks),
            ("sql", sql),
        ]
        .into_iter()
    }

    /// The same, run in async tasks as it is: for engines in memory.
    #[must_use]
    pub const fn embedded(mut self) -> Self {
        self.embedded = true;
        self
    }
}
