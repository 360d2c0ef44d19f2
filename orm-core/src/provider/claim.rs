//! Capabilities that are put together claim by claim, also by those outside of the crate, and in constants.

use super::Capabilities;

impl Capabilities {
    /// The same with another number of [`threads`](Self::threads), as the other claims one by one: there may be
    /// more of them in later versions.
    ///
    /// ```
    /// use orm_core::provider::Capabilities;
    /// const MINE: Capabilities = Capabilities::minimal("mine").with_filters().with_order().with_threads(2);
    /// assert!(MINE.filters && !MINE.limit);
    /// const ALL_BUT_GROUPS: Capabilities = Capabilities::full("mine").without_aggregates();
    /// # assert!(!ALL_BUT_GROUPS.aggregates && ALL_BUT_GROUPS.counts);
    /// ```
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }
}

macro_rules! claims {
    ($($with:ident $without:ident $claim:ident),* $(,)?) => {
        impl Capabilities {
            $(
                #[doc = concat!("The same, claiming [`", stringify!($claim), "`](Self::", stringify!($claim), ").")]
                #[must_use]
                pub const fn $with(mut self) -> Self {
                    self.$claim = true;
                    self
                }

                #[doc = concat!("The same, not claiming [`", stringify!($claim), "`](Self::", stringify!($claim), ").")]
                #[must_use]
                pub const fn $without(mut self) -> Self {
                    self.$claim = false;
                    self
                }
            )*
        }
    };
}
claims! {
    with_filters without_filters filters,
    with_relation_filters without_relation_filters relation_filters,
    with_order without_order order,
    with_limit without_limit limit,
    with_related without_related related,
    with_counts without_counts counts,
    with_joins without_joins joins,
    with_projections without_projections projections,
    with_aggregates without_aggregates aggregates,
    with_writes_by_filter without_writes_by_filter writes_by_filter,
    with_transactions without_transactions transactions,
    with_row_locks without_row_locks row_locks,
    with_sql without_sql sql,
    with_ordered_updates without_ordered_updates ordered_updates,
}
