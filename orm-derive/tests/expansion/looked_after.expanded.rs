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
        ("id", <u64 as ::orm_core::value::FieldType>::KIND),
        ("deleted_at", <Option<Timestamp> as ::orm_core::value::FieldType>::KIND),
        ("version", <u32 as ::orm_core::value::FieldType>::KIND),
        ("parent_id", <Option<u64> as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <u64 as ::orm_core::value::FieldType>::KIND,
        <u64 as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    const _: () = ::orm_core::derive_support::meet(
        &::orm_core::derive_support::Side {
            model: "Page",
            columns: __COLUMNS,
            at: &[3usize],
        },
        &::orm_core::derive_support::Side {
            model: "Page",
            columns: <Page as ::orm_core::model::Model>::COLUMNS,
            at: <Page as ::orm_core::model::Model>::KEY,
        },
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Page",
            columns: __COLUMNS,
            at: &[0usize],
        },
        &::orm_core::derive_support::Named {
            model: "Note",
            columns: <Note as ::orm_core::model::Model>::COLUMNS,
            names: ["page_id"],
            argument: "",
        },
    );
    const _: () = ::orm_core::derive_support::deleted_at_column(
        <Option<Timestamp> as ::orm_core::value::FieldType>::KIND,
        <Option<Timestamp> as ::orm_core::value::FieldType>::NULLABLE,
    );
    const _: () = ::orm_core::derive_support::version_column(
        <u32 as ::orm_core::value::FieldType>::KIND,
        <u32 as ::orm_core::value::FieldType>::NULLABLE,
    );
    const _: () = ::orm_core::derive_support::can_be_null(
        &[("parent_id", <Option<u64> as ::orm_core::value::FieldType>::NULLABLE)],
    );
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "pages",
        model: "Page",
        type_id: ::core::any::TypeId::of::<Page>,
        fields: &[
            ::orm_core::model::schema::FieldSchema {
                field: "id",
                name: "id",
                column: "id",
                kind: __COLUMNS[0usize].1,
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
            ::orm_core::model::schema::FieldSchema {
                field: "deleted_at",
                name: "deleted_at",
                column: "deleted_at",
                kind: __COLUMNS[1usize].1,
                nullable: <Option<Timestamp> as ::orm_core::value::FieldType>::NULLABLE,
                list: <Option<Timestamp> as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <Option<Timestamp> as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "version",
                name: "version",
                column: "version",
                kind: __COLUMNS[2usize].1,
                nullable: <u32 as ::orm_core::value::FieldType>::NULLABLE,
                list: <u32 as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::Some(|| ::orm_core::value::Value::Int(
                    1,
                )),
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <u32 as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "parent_id",
                name: "parent_id",
                column: "parent_id",
                kind: __COLUMNS[3usize].1,
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
        ],
        embeds: &[],
        key: &[0usize],
        key_source: ::orm_core::model::schema::KeySource::Given,
        indexes: &[
            ::orm_core::model::schema::IndexSchema {
                fields: &[3usize],
                unique: false,
            },
        ],
        relations: &[
            ::orm_core::model::schema::RelationSchema {
                model: "Page",
                field: "parent",
                name: "parent",
                kind: ::orm_core::model::schema::RelationKind::BelongsTo,
                target: <Page as ::orm_core::model::Model>::schema,
                from: &[3usize],
                to: <Page as ::orm_core::model::Model>::KEY,
                pivot: ::core::option::Option::None,
                guard: ::core::option::Option::None,
                on_delete: ::core::option::Option::Some(
                    ::orm_core::model::schema::OnDelete::SetNull,
                ),
                ..::orm_core::model::schema::RelationSchema::BASE
            },
            ::orm_core::model::schema::RelationSchema {
                model: "Page",
                field: "notes",
                name: "notes",
                kind: ::orm_core::model::schema::RelationKind::HasMany,
                target: <Note as ::orm_core::model::Model>::schema,
                from: &[0usize],
                to: &::orm_core::derive_support::find(
                    <Note as ::orm_core::model::Model>::COLUMNS,
                    ["page_id"],
                ),
                pivot: ::core::option::Option::None,
                guard: ::core::option::Option::None,
                on_delete: ::core::option::Option::Some(
                    ::orm_core::model::schema::OnDelete::Cascade,
                ),
                ..::orm_core::model::schema::RelationSchema::BASE
            },
        ],
        deny_unknown_fields: false,
        validate: ::core::option::Option::None,
        created_at: ::core::option::Option::None,
        updated_at: ::core::option::Option::None,
        deleted_at: ::core::option::Option::Some(1usize),
        version: ::core::option::Option::Some(2usize),
        ..::orm_core::model::schema::EntitySchema::BASE
    };
    ///The columns and relations of [`Page`].
    #[derive(::core::fmt::Debug)]
    struct PageFields {
        ///The column of `id`.
        id: ::orm_core::model::Column<Page, u64>,
        ///The column of `deleted_at`.
        deleted_at: ::orm_core::model::Column<Page, Option<Timestamp>>,
        ///The column of `version`.
        version: ::orm_core::model::Column<Page, u32>,
        ///The column of `parent_id`.
        parent_id: ::orm_core::model::Column<Page, Option<u64>>,
        ///The relation of `parent`.
        parent: ::orm_core::model::ToOne<Page, Page>,
        ///The relation of `notes`.
        notes: ::orm_core::model::ToMany<Page, Note>,
    }
    static __FIELDS: PageFields = PageFields {
        id: ::orm_core::model::Column::new(0usize),
        deleted_at: ::orm_core::model::Column::new(1usize),
        version: ::orm_core::model::Column::new(2usize),
        parent_id: ::orm_core::model::Column::new(3usize),
        parent: ::orm_core::model::ToOne::new(0usize, |m| &mut m.parent),
        notes: ::orm_core::model::ToMany::new(1usize, |m| &mut m.notes),
    };
    ///A [`Page`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    struct PageDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl PageDraft {
        ///Gives `id` its value.
        fn id(self, value: impl ::orm_core::value::IntoOperand<u64>) -> Self {
            Self(self.0.set::<u64>(0usize, value))
        }
        ///Gives `deleted_at` its value.
        fn deleted_at(
            self,
            value: impl ::orm_core::value::IntoOperand<Option<Timestamp>>,
        ) -> Self {
            Self(self.0.set::<Option<Timestamp>>(1usize, value))
        }
        ///Gives `version` its value.
        fn version(self, value: impl ::orm_core::value::IntoOperand<u32>) -> Self {
            Self(self.0.set::<u32>(2usize, value))
        }
        ///Gives `parent_id` its value.
        fn parent_id(
            self,
            value: impl ::orm_core::value::IntoOperand<Option<u64>>,
        ) -> Self {
            Self(self.0.set::<Option<u64>>(3usize, value))
        }
        ///Nests what is given in `parent`.
        fn parent(self, given: impl ::orm_core::model::IntoDraft<Page>) -> Self {
            Self(self.0.nest::<Page>(0usize, [given]))
        }
        ///Says `parent` by key.
        fn parent_key(
            self,
            given: impl ::orm_core::value::IntoKey<
                <Page as ::orm_core::model::Model>::Key,
            >,
        ) -> Self {
            Self(self.0.refer::<Page>(0usize, [given]))
        }
        ///Nests what is given in `notes`.
        fn notes(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::model::IntoDraft<Note>,
            >,
        ) -> Self {
            Self(self.0.nest::<Note>(1usize, given))
        }
        ///Says `notes` by key.
        fn notes_keys(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::value::IntoKey<
                    <Note as ::orm_core::model::Model>::Key,
                >,
            >,
        ) -> Self {
            Self(self.0.refer::<Note>(1usize, given))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for PageDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <Page as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<Page> for PageDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Page {
        /// A record that says nothing yet.
        fn draft() -> PageDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for Page {
        type Key = u64;
        type Fields = PageFields;
        type Draft = PageDraft;
        type Connection = ::orm_core::connections::AnyConnection;
        const ENTITY: &'static str = "pages";
        const COLUMNS: &'static [(&'static str, ::orm_core::value::Kind)] = __COLUMNS;
        const KEY: &'static [usize] = &[0usize];
        fn schema() -> &'static ::orm_core::model::schema::EntitySchema {
            &__SCHEMA
        }
        fn fields() -> &'static Self::Fields {
            &__FIELDS
        }
        fn hydrate(row: &dyn ::orm_core::provider::Row) -> ::orm_core::Result<Self> {
            let mut values = [::orm_core::value::ValueRef::Null; 4usize];
            row.values(&mut values);
            ::core::result::Result::Ok(Self {
                id: ::orm_core::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <u64 as ::orm_core::value::FieldType>::from_place,
                )?,
                deleted_at: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <Option<Timestamp> as ::orm_core::value::FieldType>::from_place,
                )?,
                version: ::orm_core::derive_support::read(
                    &values[2usize],
                    &__SCHEMA,
                    2usize,
                    <u32 as ::orm_core::value::FieldType>::from_place,
                )?,
                parent_id: ::orm_core::derive_support::read(
                    &values[3usize],
                    &__SCHEMA,
                    3usize,
                    <Option<u64> as ::orm_core::value::FieldType>::from_place,
                )?,
                parent: ::orm_core::model::One::unloaded(&__SCHEMA.relations[0usize]),
                notes: ::orm_core::model::Many::unloaded(&__SCHEMA.relations[1usize]),
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
                0usize => <u64 as ::orm_core::value::FieldType>::to_value(&self.id),
                1usize => {
                    <Option<
                        Timestamp,
                    > as ::orm_core::value::FieldType>::to_value(&self.deleted_at)
                }
                2usize => <u32 as ::orm_core::value::FieldType>::to_value(&self.version),
                3usize => {
                    <Option<
                        u64,
                    > as ::orm_core::value::FieldType>::to_value(&self.parent_id)
                }
                _ => ::core::result::Result::Ok(::orm_core::value::ValueRef::Null),
            }
        }
        fn relations<V: ::orm_core::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> ::orm_core::Result<()> {
            ::orm_core::model::RelationVisitor::one::<
                Page,
            >(visitor, 0usize, &mut self.parent)?;
            ::orm_core::model::RelationVisitor::many::<
                Note,
            >(visitor, 1usize, &mut self.notes)?;
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: ::orm_core::model::FieldsVisitor<Self>>(visitor: &mut V) {
            ::orm_core::model::FieldsVisitor::one::<Page>(visitor, __FIELDS.parent);
            ::orm_core::model::FieldsVisitor::many::<Note>(visitor, __FIELDS.notes);
        }
    }
    #[automatically_derived]
    impl ::orm_core::sql::FromRow for Page {
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
    #[automatically_derived]
    impl ::orm_core::model::SoftDelete for Page {}
};
