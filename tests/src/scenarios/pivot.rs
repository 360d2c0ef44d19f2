//! Pivots that say more than which two records they tie.

use orm_core::prelude::*;

/// Is a member of teams.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Player {
    /// The key.
    #[key]
    pub id: u64,
    /// The name.
    #[field(default = "")]
    pub name: String,
    /// The teams.
    #[belongs_to_many(pivot = Membership)]
    pub teams: Many<Team>,
}

/// Has members.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Team {
    /// Made by the storage.
    #[key(auto)]
    pub id: u64,
    /// The name.
    #[field(unique)]
    pub name: String,
    /// The members.
    #[belongs_to_many(pivot = Membership)]
    pub players: Many<Player>,
}

/// Between players and teams.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Membership {
    /// The player.
    #[key]
    pub player_id: u64,
    /// The team.
    #[key]
    pub team_id: u64,
    /// The number on the back; there is no default.
    pub number: i32,
    /// Since when.
    pub since: Option<i32>,
    /// Who paid.
    pub sponsor_id: Option<u64>,
    /// Who paid.
    #[belongs_to]
    pub sponsor: One<Player>,
}
