//! Drawing models as a diagram.

use super::Schema;
use crate::model::schema::{EntitySchema, RelationKind, RelationSchema};
use std::fmt::{self, Write};

impl Schema {
    /// The models as an entity-relationship diagram for [Mermaid](https://mermaid.js.org), which many
    /// viewers of Markdown draw in blocks of the language `mermaid`.
    ///
    /// Columns come with their kinds and are marked as parts of the key (`PK`), as referring to others
    /// (`FK`), as unique (`UK`) and as `nullable`. A line is a join, labelled by the fields that declare it
    /// on either side; a line between two sides of a pivot names that too.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("erDiagram\n");
        // A `String` takes whatever is written to it.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let joins = self.joins();
        for entity in self.entities() {
            writeln!(out, "    {} {{", name(entity.name))?;
            for (column, field) in entity.fields.iter().enumerate() {
                write!(out, "        {} {}", field.kind, word(field.column))?;
                let marks = [
                    ("PK", entity.key.contains(&column)),
                    ("FK", joins.iter().any(|join| join.refers(entity, column))),
                    ("UK", entity.indexes.iter().any(|i| i.unique && i.fields == [column])),
                ];
                let marks: Vec<_> = marks.into_iter().filter(|(_, is)| *is).map(|(mark, _)| mark).collect();
                if !marks.is_empty() {
                    write!(out, " {}", marks.join(", "))?;
                }
                writeln!(out, "{}", if field.nullable { " \"nullable\"" } else { "" })?;
            }
            writeln!(out, "    }}")?;
        }
        joins.iter().try_for_each(|join| join.write(out))
    }

    /// All joins, each once.
    fn joins(&self) -> Vec<Join> {
        let mut joins: Vec<Join> = Vec::new();
        for &entity in self.entities() {
            // What leads through another is made of joins of its own.
            let direct = |r: &&RelationSchema| {
                !matches!(r.kind, RelationKind::HasOneThrough | RelationKind::HasManyThrough)
            };
            for relation in entity.relations.iter().filter(direct) {
                let found = Join::of(entity, relation);
                match joins.iter_mut().find(|join| join.is(&found)) {
                    Some(join) => join.meet(found),
                    None => joins.push(found),
                }
            }
        }
        joins
    }
}

/// One side of a join.
struct Side {
    entity: &'static EntitySchema,
    columns: &'static [usize],
    /// The columns of the pivot that refer to it.
    middle: &'static [usize],
    /// The relations that lead away from here.
    labels: Vec<&'static str>,
}

/// Two entities whose columns meet; the second refers to the first, or a pivot refers to both.
struct Join {
    sides: [Side; 2],
    pivot: Option<&'static EntitySchema>,
    /// Whether at most one of the second belongs to one of the first.
    one: bool,
}

impl Side {
    fn is(&self, other: &Side) -> bool {
        self.entity.is(other.entity) && self.columns == other.columns && self.middle == other.middle
    }
}

impl Join {
    fn of(entity: &'static EntitySchema, relation: &'static RelationSchema) -> Self {
        let target = (relation.target)();
        let (mut here, mut there) = (
            Side { entity, columns: relation.from, middle: &[], labels: vec![relation.field] },
            Side { entity: target, columns: relation.to, middle: &[], labels: Vec::new() },
        );
        if let Some(pivot) = &relation.pivot {
            (here.middle, there.middle) = (pivot.from, pivot.to);
            return Self { sides: [here, there], pivot: Some((pivot.entity)()), one: false };
        }
        if relation.kind == RelationKind::BelongsTo {
            let refers_once = is_unique(entity, relation.from);
            return Self { sides: [there, here], pivot: None, one: refers_once };
        }
        Self { sides: [here, there], pivot: None, one: !relation.kind.to_many() }
    }

    fn is(&self, other: &Join) -> bool {
        let pivot = match (self.pivot, other.pivot) {
            (None, None) => false,
            (Some(a), Some(b)) if a.is(b) => true,
            _ => return false,
        };
        let ([a, b], [c, d]) = (&self.sides, &other.sides);
        (a.is(c) && b.is(d)) || (pivot && a.is(d) && b.is(c))
    }

    /// Takes in what another relation says of the same join.
    fn meet(&mut self, other: Join) {
        self.one |= other.one;
        for side in other.sides {
            if let Some(own) = self.sides.iter_mut().find(|own| own.is(&side)) {
                own.labels.extend(side.labels);
            }
        }
    }

    /// Whether the column is one that refers, here or in the pivot.
    fn refers(&self, entity: &EntitySchema, column: usize) -> bool {
        match self.pivot {
            Some(pivot) => pivot.is(entity) && self.sides.iter().any(|side| side.middle.contains(&column)),
            None => self.sides[1].entity.is(entity) && self.sides[1].columns.contains(&column),
        }
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let [first, second] = &self.sides;
        let line = match self.pivot {
            Some(_) => "}o--o{",
            None => {
                let optional = second.columns.iter().any(|&c| second.entity.field(c).nullable);
                match (optional, self.one) {
                    (false, false) => "||--o{",
                    (true, false) => "|o--o{",
                    (false, true) => "||--o|",
                    (true, true) => "|o--o|",
                }
            }
        };
        let labels: Vec<_> = self.sides.iter().filter(|side| !side.labels.is_empty()).collect();
        let labels: Vec<_> = labels.into_iter().map(|side| side.labels.join(", ")).collect();
        write!(
            out,
            "    {} {line} {} : \"{}",
            name(first.entity.name),
            name(second.entity.name),
            labels.join(" / ")
        )?;
        match self.pivot {
            Some(pivot) => writeln!(out, " by {}\"", word(pivot.name)),
            None => writeln!(out, "\""),
        }
    }
}

/// Whether no two records have the same values in these columns.
fn is_unique(entity: &EntitySchema, columns: &[usize]) -> bool {
    entity.key == columns || entity.indexes.iter().any(|index| index.unique && index.fields == columns)
}

/// A name of an entity, in quotes if it needs them.
fn name(name: &str) -> String {
    let plain = word(name);
    if plain == name { plain } else { format!("\"{}\"", name.replace(['"', '\n'], "_")) }
}

/// A name as Mermaid takes it for a column: letters, digits, `_` and `-`, beginning with a letter.
fn word(name: &str) -> String {
    let mut word: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    word
}
