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
        ("text", <String as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <u64 as ::orm_core::value::FieldType>::KIND,
        <u64 as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "notes",
        model: "Note",
        type_id: ::core::any::TypeId::of::<Note>,
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
                field: "text",
                name: "text",
                column: "text",
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
        ],
        embeds: &[],
        key: &[0usize],
        key_source: ::orm_core::model::schema::KeySource::Given,
        indexes: &[],
        relations: &[],
        deny_unknown_fields: false,
        connection: ::orm_core::derive_support::bound_to::<Note>(),
        validate: ::core::option::Option::None,
        created_at: ::core::option::Option::None,
        updated_at: ::core::option::Option::None,
        ..::orm_core::model::schema::EntitySchema::BASE
    };
    ///The columns and relations of [`Note`].
    #[derive(::core::fmt::Debug)]
    pub struct NoteFields {
        ///The column of `id`.
        pub id: ::orm_core::model::Column<Note, u64>,
        ///The column of `text`.
        pub text: ::orm_core::model::Column<Note, String>,
    }
    static __FIELDS: NoteFields = NoteFields {
        id: ::orm_core::model::Column::new(0usize),
        text: ::orm_core::model::Column::new(1usize),
    };
    ///A [`Note`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    pub struct NoteDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl NoteDraft {
        ///Gives `id` its value.
        pub fn id(self, value: impl ::orm_core::value::IntoOperand<u64>) -> Self {
            Self(self.0.set::<u64>(0usize, value))
        }
        ///Gives `text` its value.
        pub fn text(self, value: impl ::orm_core::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(1usize, value))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for NoteDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <Note as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<Note> for NoteDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Note {
        /// A record that says nothing yet.
        pub fn draft() -> NoteDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for Note {
        type Key = u64;
        type Fields = NoteFields;
        type Draft = NoteDraft;
        type Connection = Secret;
        const ENTITY: &'static str = "notes";
        const COLUMNS: &'static [(&'static str, ::orm_core::value::Kind)] = __COLUMNS;
        const KEY: &'static [usize] = &[0usize];
        fn schema() -> &'static ::orm_core::model::schema::EntitySchema {
            &__SCHEMA
        }
        fn fields() -> &'static Self::Fields {
            &__FIELDS
        }
        fn hydrate(row: &dyn ::orm_core::provider::Row) -> ::orm_core::Result<Self> {
            let mut values = [::orm_core::value::ValueRef::Null; 2usize];
            row.values(&mut values);
            ::core::result::Result::Ok(Self {
                id: ::orm_core::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <u64 as ::orm_core::value::FieldType>::from_place,
                )?,
                text: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <String as ::orm_core::value::FieldType>::from_place,
                )?,
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
                1usize => <String as ::orm_core::value::FieldType>::to_value(&self.text),
                _ => ::core::result::Result::Ok(::orm_core::value::ValueRef::Null),
            }
        }
        fn relations<V: ::orm_core::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> ::orm_core::Result<()> {
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: ::orm_core::model::FieldsVisitor<Self>>(visitor: &mut V) {}
    }
    #[automatically_derived]
    impl ::orm_core::sql::FromRow for Note {
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
