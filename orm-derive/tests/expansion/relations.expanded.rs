#[doc(hidden)]
#[allow(
    dead_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    const __COLUMNS: &[(&'static str, ::orm_core::value::Kind)] = &[
        ("id", <i64 as ::orm_core::value::FieldType>::KIND),
        ("author_id", <Option<u64> as ::orm_core::value::FieldType>::KIND),
        ("editor", <u64 as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <i64 as ::orm_core::value::FieldType>::KIND,
        <i64 as ::orm_core::value::FieldType>::NULLABLE,
        true,
    );
    const _: () = ::orm_core::derive_support::meet(
        &::orm_core::derive_support::Side {
            model: "Post",
            columns: __COLUMNS,
            at: &[1usize],
        },
        &::orm_core::derive_support::Side {
            model: "User",
            columns: <User as ::orm_core::model::Model>::COLUMNS,
            at: <User as ::orm_core::model::Model>::KEY,
        },
    );
    const _: () = ::orm_core::derive_support::owner(
        &::orm_core::derive_support::Side {
            model: "Post",
            columns: __COLUMNS,
            at: &[2usize],
        },
        &::orm_core::derive_support::Named {
            model: "User",
            columns: <User as ::orm_core::model::Model>::COLUMNS,
            names: ["id"],
            argument: "",
        },
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Post",
            columns: __COLUMNS,
            at: &[0usize],
        },
        &::orm_core::derive_support::Named {
            model: "Summary",
            columns: <Summary as ::orm_core::model::Model>::COLUMNS,
            names: ["post_id"],
            argument: "foreign_key",
        },
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Post",
            columns: __COLUMNS,
            at: &[0usize],
        },
        &::orm_core::derive_support::Named {
            model: "Comment",
            columns: <Comment as ::orm_core::model::Model>::COLUMNS,
            names: ["post_id"],
            argument: "",
        },
    );
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "posts",
        model: "Post",
        type_id: ::core::any::TypeId::of::<Post>,
        fields: &[
            ::orm_core::model::schema::FieldSchema {
                field: "id",
                name: "id",
                column: "id",
                kind: __COLUMNS[0usize].1,
                nullable: <i64 as ::orm_core::value::FieldType>::NULLABLE,
                list: <i64 as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <i64 as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "author_id",
                name: "author_id",
                column: "author_id",
                kind: __COLUMNS[1usize].1,
                nullable: <Option<u64> as ::orm_core::value::FieldType>::NULLABLE,
                list: <Option<u64> as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <Option<u64> as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "editor",
                name: "editor",
                column: "editor",
                kind: __COLUMNS[2usize].1,
                nullable: <u64 as ::orm_core::value::FieldType>::NULLABLE,
                list: <u64 as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <u64 as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
        ],
        embeds: &[],
        key: &[0usize],
        key_source: ::orm_core::model::schema::KeySource::Storage,
        indexes: &[
            ::orm_core::model::schema::IndexSchema {
                fields: &[1usize],
                unique: false,
            },
            ::orm_core::model::schema::IndexSchema {
                fields: &[2usize],
                unique: false,
            },
        ],
        relations: &[
            ::orm_core::model::schema::RelationSchema {
                model: "Post",
                field: "author",
                name: "author",
                kind: ::orm_core::model::schema::RelationKind::BelongsTo,
                target: <User as ::orm_core::model::Model>::schema,
                from: &[1usize],
                to: <User as ::orm_core::model::Model>::KEY,
                pivot: ::core::option::Option::None,
                guard: ::core::option::Option::None,
                ..::orm_core::model::schema::RelationSchema::BASE
            },
            ::orm_core::model::schema::RelationSchema {
                model: "Post",
                field: "edited_by",
                name: "edited_by",
                kind: ::orm_core::model::schema::RelationKind::BelongsTo,
                target: <User as ::orm_core::model::Model>::schema,
                from: &[2usize],
                to: &::orm_core::derive_support::find(
                    <User as ::orm_core::model::Model>::COLUMNS,
                    ["id"],
                ),
                pivot: ::core::option::Option::None,
                guard: ::core::option::Option::None,
                ..::orm_core::model::schema::RelationSchema::BASE
            },
            ::orm_core::model::schema::RelationSchema {
                model: "Post",
                field: "summary",
                name: "summary",
                kind: ::orm_core::model::schema::RelationKind::HasOne,
                target: <Summary as ::orm_core::model::Model>::schema,
                from: &[0usize],
                to: &::orm_core::derive_support::find(
                    <Summary as ::orm_core::model::Model>::COLUMNS,
                    ["post_id"],
                ),
                pivot: ::core::option::Option::None,
                guard: ::core::option::Option::None,
                ..::orm_core::model::schema::RelationSchema::BASE
            },
            ::orm_core::model::schema::RelationSchema {
                model: "Post",
                field: "comments",
                name: "comments",
                kind: ::orm_core::model::schema::RelationKind::HasMany,
                target: <Comment as ::orm_core::model::Model>::schema,
                from: &[0usize],
                to: &::orm_core::derive_support::find(
                    <Comment as ::orm_core::model::Model>::COLUMNS,
                    ["post_id"],
                ),
                pivot: ::core::option::Option::None,
                guard: ::core::option::Option::None,
                ..::orm_core::model::schema::RelationSchema::BASE
            },
        ],
        deny_unknown_fields: false,
        validate: ::core::option::Option::None,
        created_at: ::core::option::Option::None,
        updated_at: ::core::option::Option::None,
        ..::orm_core::model::schema::EntitySchema::BASE
    };
    ///The columns and relations of [`Post`].
    #[derive(::core::fmt::Debug)]
    pub struct PostFields {
        ///The column of `id`.
        pub id: ::orm_core::model::Column<Post, i64>,
        ///The column of `author_id`.
        pub author_id: ::orm_core::model::Column<Post, Option<u64>>,
        ///The column of `editor`.
        pub(crate) editor: ::orm_core::model::Column<Post, u64>,
        ///The relation of `author`.
        pub author: ::orm_core::model::ToOne<Post, User>,
        ///The relation of `edited_by`.
        pub edited_by: ::orm_core::model::ToOne<Post, User>,
        ///The relation of `summary`.
        pub summary: ::orm_core::model::ToOne<Post, Summary>,
        ///The relation of `comments`.
        pub comments: ::orm_core::model::ToMany<Post, Comment>,
    }
    static __FIELDS: PostFields = PostFields {
        id: ::orm_core::model::Column::new(0usize),
        author_id: ::orm_core::model::Column::new(1usize),
        editor: ::orm_core::model::Column::new(2usize),
        author: ::orm_core::model::ToOne::new(0usize, |m| &mut m.author),
        edited_by: ::orm_core::model::ToOne::new(1usize, |m| &mut m.edited_by),
        summary: ::orm_core::model::ToOne::new(2usize, |m| &mut m.summary),
        comments: ::orm_core::model::ToMany::new(3usize, |m| &mut m.comments),
    };
    ///A [`Post`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    pub struct PostDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl PostDraft {
        ///Gives `id` its value.
        pub fn id(self, value: impl ::orm_core::value::IntoOperand<i64>) -> Self {
            Self(self.0.set::<i64>(0usize, value))
        }
        ///Gives `author_id` its value.
        pub fn author_id(
            self,
            value: impl ::orm_core::value::IntoOperand<Option<u64>>,
        ) -> Self {
            Self(self.0.set::<Option<u64>>(1usize, value))
        }
        ///Gives `editor` its value.
        pub(crate) fn editor(
            self,
            value: impl ::orm_core::value::IntoOperand<u64>,
        ) -> Self {
            Self(self.0.set::<u64>(2usize, value))
        }
        ///Nests what is given in `author`.
        pub fn author(self, given: impl ::orm_core::model::IntoDraft<User>) -> Self {
            Self(self.0.nest::<User>(0usize, [given]))
        }
        ///Says `author` by key.
        pub fn author_key(
            self,
            given: impl ::orm_core::value::IntoKey<
                <User as ::orm_core::model::Model>::Key,
            >,
        ) -> Self {
            Self(self.0.refer::<User>(0usize, [given]))
        }
        ///Nests what is given in `edited_by`.
        pub fn edited_by(self, given: impl ::orm_core::model::IntoDraft<User>) -> Self {
            Self(self.0.nest::<User>(1usize, [given]))
        }
        ///Says `edited_by` by key.
        pub fn edited_by_key(
            self,
            given: impl ::orm_core::value::IntoKey<
                <User as ::orm_core::model::Model>::Key,
            >,
        ) -> Self {
            Self(self.0.refer::<User>(1usize, [given]))
        }
        ///Nests what is given in `summary`.
        pub fn summary(self, given: impl ::orm_core::model::IntoDraft<Summary>) -> Self {
            Self(self.0.nest::<Summary>(2usize, [given]))
        }
        ///Says `summary` by key.
        pub fn summary_key(
            self,
            given: impl ::orm_core::value::IntoKey<
                <Summary as ::orm_core::model::Model>::Key,
            >,
        ) -> Self {
            Self(self.0.refer::<Summary>(2usize, [given]))
        }
        ///Nests what is given in `comments`.
        pub fn comments(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::model::IntoDraft<Comment>,
            >,
        ) -> Self {
            Self(self.0.nest::<Comment>(3usize, given))
        }
        ///Says `comments` by key.
        pub fn comments_keys(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::value::IntoKey<
                    <Comment as ::orm_core::model::Model>::Key,
                >,
            >,
        ) -> Self {
            Self(self.0.refer::<Comment>(3usize, given))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for PostDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <Post as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<Post> for PostDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Post {
        /// A record that says nothing yet.
        pub fn draft() -> PostDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for Post {
        type Key = i64;
        type Fields = PostFields;
        type Draft = PostDraft;
        type Connection = ::orm_core::connections::AnyConnection;
        const ENTITY: &'static str = "posts";
        const COLUMNS: &'static [(&'static str, ::orm_core::value::Kind)] = __COLUMNS;
        const KEY: &'static [usize] = &[0usize];
        fn schema() -> &'static ::orm_core::model::schema::EntitySchema {
            &__SCHEMA
        }
        fn fields() -> &'static Self::Fields {
            &__FIELDS
        }
        fn hydrate(row: &dyn ::orm_core::provider::Row) -> ::orm_core::Result<Self> {
            let mut values = [::orm_core::value::ValueRef::Null; 3usize];
            row.values(&mut values);
            ::core::result::Result::Ok(Self {
                id: ::orm_core::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <i64 as ::orm_core::value::FieldType>::from_place,
                )?,
                author_id: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <Option<u64> as ::orm_core::value::FieldType>::from_place,
                )?,
                editor: ::orm_core::derive_support::read(
                    &values[2usize],
                    &__SCHEMA,
                    2usize,
                    <u64 as ::orm_core::value::FieldType>::from_place,
                )?,
                author: ::orm_core::model::One::unloaded(&__SCHEMA.relations[0usize]),
                edited_by: ::orm_core::model::One::unloaded(&__SCHEMA.relations[1usize]),
                summary: ::orm_core::model::One::unloaded(&__SCHEMA.relations[2usize]),
                comments: ::orm_core::model::Many::unloaded(&__SCHEMA.relations[3usize]),
            })
        }
        fn value(
            &self,
            column: usize,
        ) -> ::core::result::Result<
            ::orm_core::value::ValueRef<'_>,
            ::orm_core::value::Mismatch,
        > {
            match column {
                0usize => <i64 as ::orm_core::value::FieldType>::to_value(&self.id),
                1usize => {
                    <Option<
                        u64,
                    > as ::orm_core::value::FieldType>::to_value(&self.author_id)
                }
                2usize => <u64 as ::orm_core::value::FieldType>::to_value(&self.editor),
                _ => ::core::result::Result::Ok(::orm_core::value::ValueRef::Null),
            }
        }
        fn relations<V: ::orm_core::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> ::orm_core::Result<()> {
            ::orm_core::model::RelationVisitor::one::<
                User,
            >(visitor, 0usize, &mut self.author)?;
            ::orm_core::model::RelationVisitor::one::<
                User,
            >(visitor, 1usize, &mut self.edited_by)?;
            ::orm_core::model::RelationVisitor::one::<
                Summary,
            >(visitor, 2usize, &mut self.summary)?;
            ::orm_core::model::RelationVisitor::many::<
                Comment,
            >(visitor, 3usize, &mut self.comments)?;
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: ::orm_core::model::FieldsVisitor<Self>>(visitor: &mut V) {
            ::orm_core::model::FieldsVisitor::one::<User>(visitor, __FIELDS.author);
            ::orm_core::model::FieldsVisitor::one::<User>(visitor, __FIELDS.edited_by);
            ::orm_core::model::FieldsVisitor::one::<Summary>(visitor, __FIELDS.summary);
            ::orm_core::model::FieldsVisitor::many::<
                Comment,
            >(visitor, __FIELDS.comments);
        }
    }
    #[automatically_derived]
    impl ::orm_core::sql::FromRow for Post {
        fn layout(names: &[&str]) -> ::orm_core::Result<::orm_core::sql::Layout> {
            ::orm_core::sql::Layout::of_model::<Self>(names)
        }
        fn read(
            row: &dyn ::orm_core::provider::Row,
            layout: &::orm_core::sql::Layout,
        ) -> ::orm_core::Result<Self> {
            layout.model::<Self>(row)
        }
    }
};
