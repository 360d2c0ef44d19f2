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
        ("type", <u64 as ::orm_core::value::FieldType>::KIND),
        ("filter", <String as ::orm_core::value::FieldType>::KIND),
        ("match", <core::option::Option<String> as ::orm_core::value::FieldType>::KIND),
        ("new", <bool as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <u64 as ::orm_core::value::FieldType>::KIND,
        <u64 as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Option",
            columns: __COLUMNS,
            at: &[0usize],
        },
        &::orm_core::derive_support::Named {
            model: "Result",
            columns: <Result as ::orm_core::model::Model>::COLUMNS,
            names: ["loop"],
            argument: "",
        },
    );
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "options",
        model: "Option",
        type_id: ::core::any::TypeId::of::<Option>,
        fields: &[
            ::orm_core::model::schema::FieldSchema {
                field: "type",
                name: "type",
                column: "type",
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
                field: "filter",
                name: "filter",
                column: "filter",
                kind: __COLUMNS[1usize].1,
                nullable: <String as ::orm_core::value::FieldType>::NULLABLE,
                list: <String as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <String as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "match",
                name: "match",
                column: "match",
                kind: __COLUMNS[2usize].1,
                nullable: <core::option::Option<
                    String,
                > as ::orm_core::value::FieldType>::NULLABLE,
                list: <core::option::Option<
                    String,
                > as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <core::option::Option<String> as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "new",
                name: "new",
                column: "new",
                kind: __COLUMNS[3usize].1,
                nullable: <bool as ::orm_core::value::FieldType>::NULLABLE,
                list: <bool as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <bool as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
        ],
        embeds: &[],
        key: &[0usize],
        key_source: ::orm_core::model::schema::KeySource::Given,
        indexes: &[],
        relations: &[
            ::orm_core::model::schema::RelationSchema {
                model: "Option",
                field: "fn",
                name: "fn",
                kind: ::orm_core::model::schema::RelationKind::HasMany,
                target: <Result as ::orm_core::model::Model>::schema,
                from: &[0usize],
                to: &::orm_core::derive_support::find(
                    <Result as ::orm_core::model::Model>::COLUMNS,
                    ["loop"],
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
    ///The columns and relations of [`Option`].
    #[derive(::core::fmt::Debug)]
    pub struct OptionFields {
        ///The column of `type`.
        pub r#type: ::orm_core::model::Column<Option, u64>,
        ///The column of `filter`.
        filter: ::orm_core::model::Column<Option, String>,
        ///The column of `match`.
        r#match: ::orm_core::model::Column<Option, core::option::Option<String>>,
        ///The column of `new`.
        pub(super) new: ::orm_core::model::Column<Option, bool>,
        ///The relation of `fn`.
        r#fn: ::orm_core::model::ToMany<Option, Result>,
    }
    static __FIELDS: OptionFields = OptionFields {
        r#type: ::orm_core::model::Column::new(0usize),
        filter: ::orm_core::model::Column::new(1usize),
        r#match: ::orm_core::model::Column::new(2usize),
        new: ::orm_core::model::Column::new(3usize),
        r#fn: ::orm_core::model::ToMany::new(0usize, |m| &mut m.r#fn),
    };
    ///A [`Option`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    pub struct OptionDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl OptionDraft {
        ///Gives `type` its value.
        pub fn r#type(self, value: impl ::orm_core::value::IntoOperand<u64>) -> Self {
            Self(self.0.set::<u64>(0usize, value))
        }
        ///Gives `filter` its value.
        fn filter(self, value: impl ::orm_core::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(1usize, value))
        }
        ///Gives `match` its value.
        fn r#match(
            self,
            value: impl ::orm_core::value::IntoOperand<core::option::Option<String>>,
        ) -> Self {
            Self(self.0.set::<core::option::Option<String>>(2usize, value))
        }
        ///Gives `new` its value.
        pub(super) fn new(
            self,
            value: impl ::orm_core::value::IntoOperand<bool>,
        ) -> Self {
            Self(self.0.set::<bool>(3usize, value))
        }
        ///Nests what is given in `fn`.
        fn r#fn(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::model::IntoDraft<Result>,
            >,
        ) -> Self {
            Self(self.0.nest::<Result>(0usize, given))
        }
        ///Says `fn` by key.
        fn fn_keys(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::value::IntoKey<
                    <Result as ::orm_core::model::Model>::Key,
                >,
            >,
        ) -> Self {
            Self(self.0.refer::<Result>(0usize, given))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for OptionDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <Option as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<Option> for OptionDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Option {
        /// A record that says nothing yet.
        pub fn draft() -> OptionDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for Option {
        type Key = u64;
        type Fields = OptionFields;
        type Draft = OptionDraft;
        type Connection = ::orm_core::connections::AnyConnection;
        const ENTITY: &'static str = "options";
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
                r#type: ::orm_core::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <u64 as ::orm_core::value::FieldType>::from_place,
                )?,
                filter: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <String as ::orm_core::value::FieldType>::from_place,
                )?,
                r#match: ::orm_core::derive_support::read(
                    &values[2usize],
                    &__SCHEMA,
                    2usize,
                    <core::option::Option<
                        String,
                    > as ::orm_core::value::FieldType>::from_place,
                )?,
                new: ::orm_core::derive_support::read(
                    &values[3usize],
                    &__SCHEMA,
                    3usize,
                    <bool as ::orm_core::value::FieldType>::from_place,
                )?,
                r#fn: ::orm_core::model::Many::unloaded(&__SCHEMA.relations[0usize]),
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
                0usize => <u64 as ::orm_core::value::FieldType>::to_value(&self.r#type),
                1usize => {
                    <String as ::orm_core::value::FieldType>::to_value(&self.filter)
                }
                2usize => {
                    <core::option::Option<
                        String,
                    > as ::orm_core::value::FieldType>::to_value(&self.r#match)
                }
                3usize => <bool as ::orm_core::value::FieldType>::to_value(&self.new),
                _ => ::core::result::Result::Ok(::orm_core::value::ValueRef::Null),
            }
        }
        fn relations<V: ::orm_core::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> ::orm_core::Result<()> {
            ::orm_core::model::RelationVisitor::many::<
                Result,
            >(visitor, 0usize, &mut self.r#fn)?;
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: ::orm_core::model::FieldsVisitor<Self>>(visitor: &mut V) {
            ::orm_core::model::FieldsVisitor::many::<Result>(visitor, __FIELDS.r#fn);
        }
    }
    #[automatically_derived]
    impl ::orm_core::sql::FromRow for Option {
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
