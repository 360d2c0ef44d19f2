//! Models of a crate that is as strict with itself as can be, depends on the core alone, and calls it
//! `orm`. That it compiles is half of the test; `tests/tests/other_crate.rs` is the other half.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![deny(missing_debug_implementations, missing_copy_implementations, single_use_lifetimes, unused_results)]
#![deny(trivial_casts, trivial_numeric_casts, variant_size_differences, unnameable_types)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
#![allow(
    clippy::cargo_common_metadata,
    clippy::multiple_crate_versions,
    reason = "not of the models' making"
)]

/// Users, whose key and name alone can be seen from outside.
pub mod users {
    use ::orm::Model;
    use ::orm::model::Many;
    use ::std::clone::Clone;
    use ::std::fmt::Debug;
    use ::std::option::Option;
    use ::std::string::String;

    /// Writes notes.
    #[derive(Model, Debug, Clone)]
    #[model(crate = ::orm)]
    pub struct Author {
        /// The key.
        #[key]
        pub id: u64,
        /// The name.
        pub name: String,
        /// Nobody's business.
        secret: Option<String>,
        /// What was written.
        #[has_many(foreign_key = writer)]
        pub notes: Many<super::notes::Note>,
    }

    impl Author {
        /// Whether there is a secret.
        #[must_use]
        pub const fn has_secret(&self) -> bool {
            self.secret.is_some()
        }

        /// What is to be stored of somebody who has a secret.
        #[must_use]
        pub fn with_secret(id: u64, name: &str, secret: &str) -> ::orm::model::Draft<Self> {
            Self::draft().id(id).name(name).secret(secret)
        }
    }
}

/// Notes, whose foreign key is private.
pub mod notes {
    use ::orm::Model;
    use ::orm::model::One;
    use ::std::clone::Clone;
    use ::std::fmt::Debug;
    use ::std::string::String;

    /// Something written.
    #[derive(Model, Debug, Clone)]
    #[model(crate = ::orm)]
    #[index(writer, text)]
    pub struct Note {
        /// The key, made by the storage.
        #[key(auto)]
        pub id: i64,
        /// The text.
        #[field(default = "empty")]
        pub text: String,
        /// Who wrote it: known here alone.
        writer: u64,
        /// Who wrote it.
        #[belongs_to(foreign_key = writer)]
        pub author: One<super::users::Author>,
    }
}
