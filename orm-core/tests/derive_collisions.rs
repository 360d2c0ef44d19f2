//! Models and fields that are called as what derived code, the prelude or the repositories need.
#![deny(warnings, clippy::pedantic, clippy::nursery)]
#![allow(dead_code, clippy::redundant_pub_crate, reason = "many of the models are only declared")]

use orm_core::Model as _;

/// Models that shadow the whole prelude, and each other's field types.
mod shadowed_prelude {
    use orm_core::model::{Many, One};

    macro_rules! models {
        ($($name:ident),*) => { $(
            #[derive(orm_core::Model, Debug, Clone)]
            struct $name {
                #[key]
                id: u64,
                name: ::std::string::String,
                maybe: ::core::option::Option<i32>,
                other_id: ::core::option::Option<u64>,
                #[belongs_to]
                other: One<self::Result>,
                #[has_many(foreign_key = other_id)]
                others: Many<self::Option>,
            }
        )* };
    }
    models![Result, Option, String, Vec, Some, None, Ok, Err, Box, Default, Clone, Copy, Send, Sync];
    models![Iterator, IntoIterator, Into, From, Fn, Drop, ToString, Debug, Model, Fields, Draft, Column];
    models![ToMany, ToOne, Repository, Database, Query, Key, Row, Value, Kind, Error, Blocking, Async];

    #[test]
    fn all_of_them_are_models() {
        let reach = <Vec as orm_core::Model>::schema().reach();
        let mut names: ::std::vec::Vec<_> = reach.iter().map(|schema| schema.model).collect();
        names.sort_unstable();
        assert_eq!(names, ["Option", "Result", "Vec"]);
        let shown = format!("{:?}", Some::draft().id(1).name("x").maybe(::core::option::Option::Some(2)));
        assert!(shown.contains("\"x\""), "{shown}");
    }
}

/// Fields that are called as methods, arguments, keywords and local names.
mod fields {
    #[derive(orm_core::Model, Debug, Clone)]
    #[model(entity = "select")]
    pub(super) struct Everything {
        #[key]
        pub(super) id: u64,
        pub(super) self_: i32,
        pub(super) this: i32,
        pub(super) r#crate_: i32,
        pub(super) r#async: i32,
        pub(super) r#dyn: i32,
        pub(super) r#move: i32,
        pub(super) r#static: i32,
        pub(super) r#true: i32,
        pub(super) r#try: i32,
        pub(super) r#where: i32,
        pub(super) f: i32,
        pub(super) s: i32,
        pub(super) m: i32,
        pub(super) sink: i32,
        pub(super) cell: i32,
        pub(super) index: i32,
        pub(super) model: i32,
        pub(super) key: i32,
        pub(super) kind: i32,
        pub(super) name: i32,
        pub(super) len: i32,
        pub(super) from: i32,
        pub(super) into: i32,
        pub(super) fmt: i32,
        pub(super) eq: i32,
        pub(super) hash: i32,
        pub(super) drop: i32,
        pub(super) save: i32,
        pub(super) find: i32,
        pub(super) query: i32,
        pub(super) repository: i32,
        pub(super) database: i32,
        pub(super) get: i32,
        pub(super) set: i32,
        pub(super) nest: i32,
        pub(super) refer: i32,
        pub(super) raw: i32,
        pub(super) table: i32,
        pub(super) group: i32,
        pub(super) order: i32,
        pub(super) limit: i32,
        pub(super) _private: i32,
        pub(super) x1: i32,
        pub(super) äpfel: i32,
    }
}

#[test]
fn fields_may_have_any_name() {
    use fields::Everything;
    let schema = <Everything as orm_core::Model>::schema();
    assert_eq!(schema.name, "select");
    let names: Vec<_> = schema.fields.iter().map(|f| f.field).collect();
    for name in ["self_", "async", "true", "f", "sink", "fmt", "drop", "_private", "äpfel"] {
        assert!(names.contains(&name), "{name}");
    }
    let draft = Everything::draft().id(1).r#async(2).fmt(3).drop(4).set(5).nest(6).from(7).äpfel(8);
    let draft = draft.raw(9).refer(10).eq(11).self_(12);
    assert!(format!("{draft:?}").contains("12"));
    let fields = Everything::fields();
    assert_eq!(format!("{:?}", fields.self_), "Column(1)");
}

/// A model in lower case, and one by a raw identifier.
mod lower_case {
    #![allow(non_camel_case_types)]

    #[derive(orm_core::Model, Debug)]
    struct r#type {
        #[key]
        id: u64,
        #[has_many(foreign_key = type_id)]
        users: orm_core::model::Many<user>,
    }

    #[derive(orm_core::Model, Debug)]
    struct user {
        #[key]
        id: u64,
        type_id: u64,
        #[belongs_to]
        r#type: orm_core::model::One<r#type>,
    }

    #[test]
    fn names_of_entities_have_no_prefix() {
        use orm_core::Model;
        assert_eq!((r#type::schema().name, r#type::schema().model), ("types", "type"));
        assert_eq!(user::schema().relations[0].from, [1]);
        let _ = r#type::draft().id(1).users([user::draft().id(2)]);
    }
}

/// Type aliases, paths and macros as field types.
mod written_otherwise {
    use orm_core::model;

    type Id = u64;
    type Maybe<T> = Option<T>;
    mod deep {
        pub(super) type Name = String;
    }

    #[derive(orm_core::Model, Debug, Clone)]
    struct Node {
        #[key]
        id: Id,
        name: self::deep::Name,
        parent_id: Maybe<Id>,
        #[belongs_to]
        parent: model::One<Self>,
        #[has_many(foreign_key = parent_id)]
        nodes: model::Many<Self>,
        list: <Vec<String> as IntoIterator>::Item,
    }

    #[test]
    fn types_are_resolved_by_the_compiler() {
        let schema = <Node as orm_core::Model>::schema();
        assert!(schema.fields[2].nullable && !schema.fields[1].nullable);
        assert_eq!((schema.relations[0].target)().model, "Node");
    }
}
