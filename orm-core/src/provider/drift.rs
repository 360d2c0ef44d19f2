//! What a storage has otherwise than the models.

use crate::error::Error;
use crate::model::schema::EntitySchema;
use std::fmt;

/// What a storage has otherwise than a model; several of them are an [`Error::SchemaDrift`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// The entity.
    pub entity: &'static str,
    /// The model.
    pub model: &'static str,
    /// What differs, or is missing: at least one.
    pub differences: Vec<String>,
    /// The statements that would change it, in their order; none were run. Where data would be lost, or
    /// records could stand in the way, they are to be read before anybody runs them.
    pub statements: Vec<String>,
}

impl Drift {
    /// Nothing yet, for an entity.
    #[must_use]
    pub fn of(entity: &EntitySchema) -> Self {
        Self { entity: entity.name, model: entity.model, differences: Vec::new(), statements: Vec::new() }
    }

    /// With one more difference.
    #[must_use]
    pub fn and(mut self, difference: impl Into<String>) -> Self {
        self.differences.push(difference.into());
        self
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.differences.join("; "))?;
        for (i, statement) in self.statements.iter().enumerate() {
            f.write_str(if i == 0 { " (not run: `" } else { "; " })?;
            f.write_str(statement)?;
        }
        f.write_str(if self.statements.is_empty() { "" } else { "`)" })
    }
}

impl Error {
    /// What one entity has otherwise, on a connection.
    #[must_use]
    pub fn drift(
        connection: impl fmt::Display,
        entity: &EntitySchema,
        difference: impl Into<String>,
    ) -> Self {
        let drifts = vec![Drift::of(entity).and(difference)];
        Error::SchemaDrift { connection: connection.to_string(), drifts }
    }
}

/// The message of [`Error::SchemaDrift`].
pub(crate) fn text(connection: &str, drifts: &[Drift]) -> String {
    match drifts {
        [one] => format!(
            "entity `{}` on connection `{connection}` has another shape than `{}`: {one}",
            one.entity, one.model
        ),
        many => {
            let lines = many.iter().map(|d| format!("\n- entity `{}` (`{}`): {d}", d.entity, d.model));
            let lines: String = lines.collect();
            format!(
                "{} entities on connection `{connection}` have another shape than their models:{lines}",
                many.len()
            )
        }
    }
}
