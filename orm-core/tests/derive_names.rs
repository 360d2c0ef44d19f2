//! Names that could collide with generated ones, visibility, and where a model may be declared. A
//! crate with strict lints.
#![deny(missing_docs, warnings, unreachable_pub, unused_qualifications, missing_debug_implementations)]
#![deny(single_use_lifetimes, trivial_casts, unused_results, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(dead_code, reason = "many of the models are only declared")]

use orm_core::model::Fields;

/// Names of methods, keywords, generated things and prelude items as columns.
#[derive(orm_core::Model, Debug, Clone)]
#[model(entity = "things")]
pub struct Thing {
    #[key]
    id: u64,
    filter: String,
    order_by: String,
    r#type: String,
    r#match: Option<String>,
    draft: String,
    schema: String,
    fields: String,
    value: String,
    hydrate: String,
    relations: String,
    clone: String,
    into_draft: String,
    default: String,
    column: String,
    new: String,
    m: String,
    row: String,
    visitor: String,
    given: String,
    krate: String,
    #[belongs_to(foreign_key = id)]
    with: orm_core::model::One<Thing>,
    #[has_many(foreign_key = r#type, local_key = r#match)]
    r#loop: orm_core::model::Many<Thing>,
    /// The names of builder methods for keys are taken: the fields win.
    with_key: u64,
    loop_keys: u64,
}

#[test]
fn columns_may_have_any_name() {
    let schema = <Thing as orm_core::Model>::schema();
    let names: Vec<_> = schema.fields.iter().map(|f| f.field).collect();
    assert_eq!(names[3..5], ["type", "match"]);
    assert_eq!(schema.relations[1].field, "loop");
    let f: &Fields<Thing> = <Thing as orm_core::Model>::fields();
    assert_eq!(format!("{:?} {:?}", f.r#type, f.filter), "Column(3) Column(1)");
    let draft = Thing::draft().filter("a").r#type("b").clone("c").into_draft("d").default("e");
    let draft = draft.with_key(1).loop_keys(2);
    let shown = format!("{draft:?}");
    assert!(shown.contains("Some(\"c\"), Some(\"d\"), Some(\"e\")"), "{shown}");
}

/// Types that are called as generated ones.
mod shadows {
    use orm_core::Model;
    use orm_core::model::{Many, One};

    #[derive(Model, Debug)]
    struct Page {
        #[key]
        id: u64,
        draft_id: u64,
        #[belongs_to]
        draft: One<PageDraft>,
        #[has_many(foreign_key = page_id)]
        fields: Many<PageFields>,
    }

    #[derive(Model, Debug)]
    struct PageDraft {
        #[key]
        id: u64,
    }

    #[derive(Model, Debug)]
    struct PageFields {
        #[key]
        id: u64,
        page_id: u64,
    }

    #[test]
    fn generated_types_step_aside() {
        let _ = Page::draft().draft(PageDraft::draft().id(1));
        let relations = <Page as Model>::schema().relations;
        assert_eq!((relations[1].target)().name, "page_fieldses");
    }
}

/// Names of the prelude that are taken.
mod no_prelude {
    #![allow(non_camel_case_types)]
    #[derive(Debug)]
    struct Option;
    #[derive(Debug)]
    struct Result;
    #[derive(Debug)]
    struct Some;
    #[derive(Debug)]
    struct None;
    struct Model;
    struct FieldType;
    mod core {}
    mod std {}

    #[derive(orm_core::Model, Debug)]
    struct Lonely {
        #[key]
        id: u64,
        #[field(default = 1)]
        name: ::core::option::Option<i32>,
    }

    #[test]
    fn paths_are_absolute() {
        let _ = Lonely::draft().id(1).name(2);
    }
}

/// Private fields and models in different modules.
pub mod privacy {
    pub mod users {
        //! Users.
        use super::posts::Post;
        use orm_core::Model;
        use orm_core::model::Many;

        /// Only its name is public.
        #[derive(Model, Debug, Clone)]
        pub struct User {
            #[key]
            id: u64,
            /// The name.
            pub name: String,
            pub(in super::super) age: i32,
            #[has_many(foreign_key = author_id)]
            posts: Many<Post>,
        }

        #[test]
        fn what_is_private_is_at_hand_at_home() {
            let fields = <User as Model>::fields();
            let _ = (&fields.id, &fields.posts);
            let _ = User::draft().id(1).posts([Post::draft().title("x")]);
        }
    }

    pub mod posts {
        //! Posts.
        use orm_core::Model;
        use orm_core::model::One;

        /// Its foreign key is private: the relation from the other side works all the same.
        #[derive(Model, Debug, Clone)]
        pub struct Post {
            #[key]
            id: u64,
            pub(super) title: String,
            author_id: u64,
            #[belongs_to]
            author: One<super::users::User>,
        }

        impl Post {
            /// Uses the private fields.
            #[must_use]
            pub fn by(&self, user: u64) -> bool {
                self.author_id == user && self.author.is_not_loaded()
            }
        }
    }

    mod inner {
        mod deep {
            #[derive(orm_core::Model, Debug)]
            pub(in super::super) struct Restricted {
                #[key]
                pub(in super::super) id: u64,
                pub(super) name: String,
                pub(crate) more: String,
            }
        }
        pub(super) use deep::Restricted;
    }

    #[test]
    fn visibility_is_kept() {
        let fields = <users::User as orm_core::Model>::fields();
        let _ = (&fields.name, &fields.age);
        let _ = users::User::draft().name("Ada").age(3);
        let _ = inner::Restricted::draft().id(1).more("x");
        let relation = &<users::User as orm_core::Model>::schema().relations[0];
        assert_eq!(relation.to, [2]);
    }
}

#[test]
fn models_may_be_declared_in_functions() {
    #[derive(orm_core::Model, Debug)]
    struct Left {
        #[key]
        id: u64,
        #[has_many]
        rights: orm_core::model::Many<Right>,
    }
    #[derive(orm_core::Model, Debug)]
    struct Right {
        #[key]
        id: u64,
        left_id: u64,
        #[belongs_to]
        left: orm_core::model::One<Left>,
    }
    let _ = Left::draft().id(1).rights([Right::draft().id(2)]);
    assert_eq!(<Left as orm_core::Model>::schema().reach().len(), 2);
}

macro_rules! model {
    ($(#[$attr:meta])* $name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(orm_core::Model, Debug)]
        $(#[$attr])*
        struct $name {
            #[key]
            id: u64,
            $($field: $ty,)*
            parent_id: Option<u64>,
            #[belongs_to]
            parent: orm_core::model::One<$name>,
        }
    };
}
model!(
    #[model(entity = "from_macro")]
    FromMacro { name: String, size: Option<i32> }
);

#[test]
fn models_may_come_from_macros() {
    let schema = <FromMacro as orm_core::Model>::schema();
    assert_eq!(schema.name, "from_macro");
    assert!(schema.fields[2].nullable);
}

macro_rules! named {
    ($name:ident, $entity:literal, $column:literal, $size:expr, $key:ident) => {
        #[derive(orm_core::Model, Debug)]
        #[model(entity = $entity)]
        struct $name {
            #[key]
            id: u64,
            #[field(column = $column, default = $size)]
            size: i32,
            $key: Option<u64>,
            #[belongs_to(foreign_key = $key)]
            parent: orm_core::model::One<$name>,
        }
    };
}
named!(Named, "by_a_macro", "how large", 6 + 1, above);

#[test]
fn macros_may_hand_on_what_attributes_say() {
    let schema = <Named as orm_core::Model>::schema();
    assert_eq!((schema.name, schema.fields[1].column), ("by_a_macro", "how large"));
    assert_eq!(schema.fields[2].name, "above");
}

/// orm-core by another path.
mod renamed {
    mod facade {
        pub(super) mod orm {
            pub(in super::super) use orm_core::*;
        }
    }

    #[derive(facade::orm::Model, Debug)]
    #[model(crate = self::facade::orm)]
    struct Elsewhere {
        #[key]
        id: u64,
        #[has_many(foreign_key = id)]
        others: facade::orm::model::Many<Elsewhere>,
    }

    #[test]
    fn the_path_of_the_core_can_be_said() {
        assert_eq!(<Elsewhere as orm_core::Model>::schema().name, "elsewheres");
    }
}
