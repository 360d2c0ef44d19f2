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
        ("row", <String as ::orm_core::value::FieldType>::KIND),
        ("number", <u32 as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <String as ::orm_core::value::FieldType>::KIND,
        <String as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    const _: () = ::orm_core::derive_support::key_column(
        <u32 as ::orm_core::value::FieldType>::KIND,
        <u32 as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Seat",
            columns: __COLUMNS,
            at: &[0usize, 1usize],
        },
        &::orm_core::derive_support::Named {
            model: "Booking",
            columns: <Booking as ::orm_core::model::Model>::COLUMNS,
            names: ["seat_row", "seat_number"],
            argument: "",
        },
    );
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "seats",
        model: "Seat",
        type_id: ::core::any::TypeId::of::<Seat>,
        fields: &[
            ::orm_core::model::schema::FieldSchema {
                field: "row",
                name: "row",
                column: "row",
                kind: __COLUMNS[0usize].1,
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
                field: "number",
                name: "number",
                column: "number",
                kind: __COLUMNS[1usize].1,
                nullable: <u32 as ::orm_core::value::FieldType>::NULLABLE,
                list: <u32 as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <u32 as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
        ],
        embeds: &[],
        key: &[0usize, 1usize],
        key_source: ::orm_core::model::schema::KeySource::Given,
        indexes: &[],
        relations: &[
            ::orm_core::model::schema::RelationSchema {
                model: "Seat",
                field: "bookings",
                name: "bookings",
                kind: ::orm_core::model::schema::RelationKind::HasMany,
                target: <Booking as ::orm_core::model::Model>::schema,
                from: &[0usize, 1usize],
                to: &::orm_core::derive_support::find(
                    <Booking as ::orm_core::model::Model>::COLUMNS,
                    ["seat_row", "seat_number"],
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
    ///The columns and relations of [`Seat`].
    #[derive(::core::fmt::Debug)]
    pub struct SeatFields {
        ///The column of `row`.
        pub row: ::orm_core::model::Column<Seat, String>,
        ///The column of `number`.
        pub number: ::orm_core::model::Column<Seat, u32>,
        ///The relation of `bookings`.
        pub bookings: ::orm_core::model::ToMany<Seat, Booking>,
    }
    static __FIELDS: SeatFields = SeatFields {
        row: ::orm_core::model::Column::new(0usize),
        number: ::orm_core::model::Column::new(1usize),
        bookings: ::orm_core::model::ToMany::new(0usize, |m| &mut m.bookings),
    };
    ///A [`Seat`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    pub struct SeatDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl SeatDraft {
        ///Gives `row` its value.
        pub fn row(self, value: impl ::orm_core::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(0usize, value))
        }
        ///Gives `number` its value.
        pub fn number(self, value: impl ::orm_core::value::IntoOperand<u32>) -> Self {
            Self(self.0.set::<u32>(1usize, value))
        }
        ///Nests what is given in `bookings`.
        pub fn bookings(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::model::IntoDraft<Booking>,
            >,
        ) -> Self {
            Self(self.0.nest::<Booking>(0usize, given))
        }
        ///Says `bookings` by key.
        pub fn bookings_keys(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::value::IntoKey<
                    <Booking as ::orm_core::model::Model>::Key,
                >,
            >,
        ) -> Self {
            Self(self.0.refer::<Booking>(0usize, given))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for SeatDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <Seat as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<Seat> for SeatDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Seat {
        /// A record that says nothing yet.
        pub fn draft() -> SeatDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for Seat {
        type Key = (String, u32);
        type Fields = SeatFields;
        type Draft = SeatDraft;
        type Connection = ::orm_core::connections::AnyConnection;
        const ENTITY: &'static str = "seats";
        const COLUMNS: &'static [(&'static str, ::orm_core::value::Kind)] = __COLUMNS;
        const KEY: &'static [usize] = &[0usize, 1usize];
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
                row: ::orm_core::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <String as ::orm_core::value::FieldType>::from_place,
                )?,
                number: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <u32 as ::orm_core::value::FieldType>::from_place,
                )?,
                bookings: ::orm_core::model::Many::unloaded(&__SCHEMA.relations[0usize]),
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
                0usize => <String as ::orm_core::value::FieldType>::to_value(&self.row),
                1usize => <u32 as ::orm_core::value::FieldType>::to_value(&self.number),
                _ => ::core::result::Result::Ok(::orm_core::value::ValueRef::Null),
            }
        }
        fn relations<V: ::orm_core::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> ::orm_core::Result<()> {
            ::orm_core::model::RelationVisitor::many::<
                Booking,
            >(visitor, 0usize, &mut self.bookings)?;
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: ::orm_core::model::FieldsVisitor<Self>>(visitor: &mut V) {
            ::orm_core::model::FieldsVisitor::many::<
                Booking,
            >(visitor, __FIELDS.bookings);
        }
    }
    #[automatically_derived]
    impl ::orm_core::sql::FromRow for Seat {
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
