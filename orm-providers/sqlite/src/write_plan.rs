//! What is done with rows that give the same columns: worked out once, then known by the session.

use crate::database::Place;
use crate::read::renderer;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::RowWrite;
use std::sync::OnceLock;

/// How many rows are written by one statement, as long as there are so many. A statement costs much more
/// than a row of it, not least where the engine counts the keys it gave; but every size is a statement of
/// its own to be prepared.
const BLOCKS: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// How many values are bound to one statement at most.
const BINDS: usize = 4_096;

/// The sort of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Insert,
    Upsert,
    Update,
    /// Nothing is changed, but the record must be there.
    Exists,
}

/// What is done with rows that give the same columns.
#[derive(Debug)]
pub(crate) struct RowsPlan {
    pub(crate) sort: Sort,
    /// The columns that are bound from the row, in order.
    pub(crate) bound: Vec<usize>,
    /// The given columns that aren't of the key.
    rest: Vec<usize>,
    /// The columns that are bound from their defaults, after those.
    pub(crate) filled: Vec<usize>,
    /// The required column that such a row lacks, if it lacks one.
    pub(crate) missing: Option<usize>,
    /// The statement for each size of block.
    texts: [OnceLock<String>; BLOCKS.len()],
}

impl RowsPlan {
    /// The plan for rows that give these columns, in order; `makes_key` says that the engine makes the key.
    pub(crate) fn new(
        entity: &'static EntitySchema,
        how: RowWrite,
        makes_key: bool,
        given: &[usize],
    ) -> Self {
        let fields = entity.fields;
        let is_key = |c: &usize| entity.key.contains(c);
        let rest: Vec<usize> = given.iter().copied().filter(|c| !is_key(c)).collect();
        let lacks = |c: &usize| fields[*c].required() && !given.contains(c) && !(makes_key && is_key(c));
        let missing = (0..fields.len()).find(lacks);
        let texts = Default::default();
        if how == RowWrite::Update || (how == RowWrite::Merge && missing.is_some()) {
            let sort = if rest.is_empty() { Sort::Exists } else { Sort::Update };
            let bound = [rest.as_slice(), entity.key].concat();
            return Self { sort, bound, rest, filled: Vec::new(), missing, texts };
        }
        let has_default = |c: &usize| fields[*c].default.is_some() && !given.contains(c);
        let sort = if how == RowWrite::Insert { Sort::Insert } else { Sort::Upsert };
        let filled = (0..fields.len()).filter(has_default).collect();
        Self { sort, bound: given.to_vec(), rest, filled, missing, texts }
    }

    /// How many of so many rows are to be written by one statement.
    pub(crate) fn block(&self, rows: usize) -> usize {
        if self.sort != Sort::Upsert && (self.sort != Sort::Insert || self.missing.is_some()) {
            return 1;
        }
        let width = self.bound.len() + self.filled.len();
        let fits = |size: &usize| *size <= rows && size * width <= BINDS;
        BLOCKS.into_iter().find(fits).unwrap_or(1)
    }

    /// The statement for so many rows.
    pub(crate) fn text(&self, place: &Place, entity: &'static EntitySchema, block: usize) -> &str {
        let size = BLOCKS.iter().position(|size| *size == block).unwrap_or(BLOCKS.len() - 1);
        self.texts[size].get_or_init(|| self.render(place, entity, BLOCKS[size]))
    }

    fn render(&self, place: &Place, entity: &'static EntitySchema, block: usize) -> String {
        let render = renderer(place);
        let all = || [self.bound.as_slice(), &self.filled].concat();
        // What is refused half-way is undone with all of the batch, so the engine need not take note of what
        // the statement changes.
        let leaving = |text: String| match block {
            1 => text,
            _ => text.replacen("INSERT INTO", "INSERT OR FAIL INTO", 1),
        };
        match self.sort {
            Sort::Insert => leaving(render.insert(entity, &all(), block)),
            Sort::Upsert => leaving(render.upsert(entity, &all(), &self.rest, block)),
            Sort::Update => render.update(entity, &self.rest),
            Sort::Exists => render.exists(entity),
        }
    }
}
