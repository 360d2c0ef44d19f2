//! A model that refers to itself, with keys that the storage makes.

use orm_core::prelude::*;

/// Has a manager, and people who report to them.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Employee {
    /// Made by the storage.
    #[key(auto)]
    pub id: i64,
    /// The name.
    pub name: String,
    /// The manager's key.
    pub manager_id: Option<i64>,
    /// The manager.
    #[belongs_to]
    pub manager: One<Employee>,
    /// Who reports to this one.
    #[has_many(foreign_key = manager_id)]
    pub reports: Many<Employee>,
    /// Their tasks.
    #[has_many]
    pub tasks: Many<Task>,
}

/// Something to do.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Task {
    /// Made by the storage.
    #[key(auto)]
    pub id: i64,
    /// What to do.
    pub what: String,
    /// Who does it.
    pub employee_id: i64,
}
