//! Records that hold lists of keys.

use orm_core::prelude::*;

/// Groups nodes.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The key.
    #[key]
    pub id: u64,
    /// The keys of its nodes.
    #[field(default_with = Keys::new)]
    pub node_ids: Keys<u32>,
    /// The nodes.
    #[has_many_by]
    pub nodes: Many<Node>,
    /// The names of its labels.
    pub names: Option<Keys<String>>,
    /// The labels.
    #[has_many_by(keys = names)]
    pub labels: Many<Mark>,
    /// The devices, whose keys are UUIDs.
    pub device_ids: Option<Keys<uuid::Uuid>>,
    /// The devices.
    #[has_many_by]
    pub devices: Many<Device>,
}

/// In a cluster; the storage makes the key.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Node {
    /// The key.
    #[key(auto)]
    pub id: u32,
    /// The name.
    #[field(default = "")]
    pub name: String,
    /// Nodes that are reached from here: a list of the model's own keys.
    pub next_ids: Option<Keys<u32>>,
    /// Nodes that are reached from here.
    #[has_many_by(keys = next_ids)]
    pub next: Many<Node>,
}

/// Has a text for a key.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Mark {
    /// The key.
    #[key]
    pub name: String,
    /// How it is shown.
    #[field(default = 0)]
    pub color: i32,
}

/// Has a UUID for a key.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Device {
    /// The key.
    #[key(uid)]
    pub id: uuid::Uuid,
    /// The place.
    #[field(default = 0)]
    pub place: i32,
}
