#[doc(hidden)]
#[allow(
    dead_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    const __COLUMNS: &[(&'static str, crate::orm::value::Kind)] = &[
        ("code", <String as crate::orm::value::FieldType>::KIND),
        ("first_name", <String as crate::orm::value::FieldType>::KIND),
        ("last_name", <String as crate::orm::value::FieldType>::KIND),
        ("email", <Option<String> as crate::orm::value::FieldType>::KIND),
        ("born", <i32 as crate::orm::value::FieldType>::KIND),
        ("active", <bool as crate::orm::value::FieldType>::KIND),
        (
            "credit",
            crate::orm::derive_support::scaled(
                <Option<Decimal> as crate::orm::value::FieldType>::KIND,
                2u8,
            ),
        ),
    ];
    const _: () = crate::orm::derive_support::key_column(
        <String as crate::orm::value::FieldType>::KIND,
        <String as crate::orm::value::FieldType>::NULLABLE,
        false,
    );
    static __SCHEMA: crate::orm::model::schema::EntitySchema = crate::orm::model::schema::EntitySchema {
        name: "customers",
        model: "Customer",
        type_id: ::core::any::TypeId::of::<Customer>,
        fields: &[
            crate::orm::model::schema::FieldSchema {
                field: "code",
                name: "code",
                column: "code",
                kind: __COLUMNS[0usize].1,
                nullable: <String as crate::orm::value::FieldType>::NULLABLE,
                list: <String as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <String as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
            crate::orm::model::schema::FieldSchema {
                field: "first_name",
                name: "firstName",
                column: "first_name",
                kind: __COLUMNS[1usize].1,
                nullable: <String as crate::orm::value::FieldType>::NULLABLE,
                list: <String as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <String as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
            crate::orm::model::schema::FieldSchema {
                field: "last_name",
                name: "surname",
                column: "family_name",
                kind: __COLUMNS[2usize].1,
                nullable: <String as crate::orm::value::FieldType>::NULLABLE,
                list: <String as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <String as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
            crate::orm::model::schema::FieldSchema {
                field: "email",
                name: "email",
                column: "email",
                kind: __COLUMNS[3usize].1,
                nullable: <Option<String> as crate::orm::value::FieldType>::NULLABLE,
                list: <Option<String> as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <Option<String> as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
            crate::orm::model::schema::FieldSchema {
                field: "born",
                name: "born",
                column: "born",
                kind: __COLUMNS[4usize].1,
                nullable: <i32 as crate::orm::value::FieldType>::NULLABLE,
                list: <i32 as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::Some(|| crate::orm::derive_support::default_value::<
                    i32,
                >(18)),
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <i32 as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
            crate::orm::model::schema::FieldSchema {
                field: "active",
                name: "active",
                column: "active",
                kind: __COLUMNS[5usize].1,
                nullable: <bool as crate::orm::value::FieldType>::NULLABLE,
                list: <bool as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::Some(|| crate::orm::derive_support::made_value::<
                    bool,
                >(always())),
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <bool as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
            crate::orm::model::schema::FieldSchema {
                field: "credit",
                name: "credit",
                column: "credit",
                kind: __COLUMNS[6usize].1,
                nullable: <Option<Decimal> as crate::orm::value::FieldType>::NULLABLE,
                list: <Option<Decimal> as crate::orm::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: crate::orm::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <Option<Decimal> as crate::orm::value::FieldType>::CHECK,
                ),
                ..crate::orm::model::schema::FieldSchema::BASE
            },
        ],
        embeds: &[],
        key: &[0usize],
        key_source: crate::orm::model::schema::KeySource::Made(|| crate::orm::derive_support::made_value::<
            String,
        >(next_code())),
        indexes: &[
            crate::orm::model::schema::IndexSchema {
                fields: &[3usize],
                unique: true,
            },
            crate::orm::model::schema::IndexSchema {
                fields: &[4usize],
                unique: false,
            },
            crate::orm::model::schema::IndexSchema {
                fields: &[2usize, 1usize],
                unique: false,
            },
            crate::orm::model::schema::IndexSchema {
                fields: &[1usize, 4usize],
                unique: true,
            },
        ],
        relations: &[],
        deny_unknown_fields: true,
        validate: ::core::option::Option::None,
        created_at: ::core::option::Option::None,
        updated_at: ::core::option::Option::None,
        ..crate::orm::model::schema::EntitySchema::BASE
    };
    ///The columns and relations of [`Customer`].
    #[derive(::core::fmt::Debug)]
    struct CustomerFields {
        ///The column of `code`.
        code: crate::orm::model::Column<Customer, String>,
        ///The column of `first_name`.
        first_name: crate::orm::model::Column<Customer, String>,
        ///The column of `last_name`.
        last_name: crate::orm::model::Column<Customer, String>,
        ///The column of `email`.
        email: crate::orm::model::Column<Customer, Option<String>>,
        ///The column of `born`.
        born: crate::orm::model::Column<Customer, i32>,
        ///The column of `active`.
        active: crate::orm::model::Column<Customer, bool>,
        ///The column of `credit`.
        credit: crate::orm::model::Column<Customer, Option<Decimal>>,
    }
    static __FIELDS: CustomerFields = CustomerFields {
        code: crate::orm::model::Column::new(0usize),
        first_name: crate::orm::model::Column::new(1usize),
        last_name: crate::orm::model::Column::new(2usize),
        email: crate::orm::model::Column::new(3usize),
        born: crate::orm::model::Column::new(4usize),
        active: crate::orm::model::Column::new(5usize),
        credit: crate::orm::model::Column::new(6usize),
    };
    ///A [`Customer`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    struct CustomerDraft(crate::orm::model::RawDraft);
    #[automatically_derived]
    impl CustomerDraft {
        ///Gives `code` its value.
        fn code(self, value: impl crate::orm::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(0usize, value))
        }
        ///Gives `first_name` its value.
        fn first_name(self, value: impl crate::orm::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(1usize, value))
        }
        ///Gives `last_name` its value.
        fn last_name(self, value: impl crate::orm::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(2usize, value))
        }
        ///Gives `email` its value.
        fn email(
            self,
            value: impl crate::orm::value::IntoOperand<Option<String>>,
        ) -> Self {
            Self(self.0.set::<Option<String>>(3usize, value))
        }
        ///Gives `born` its value.
        fn born(self, value: impl crate::orm::value::IntoOperand<i32>) -> Self {
            Self(self.0.set::<i32>(4usize, value))
        }
        ///Gives `active` its value.
        fn active(self, value: impl crate::orm::value::IntoOperand<bool>) -> Self {
            Self(self.0.set::<bool>(5usize, value))
        }
        ///Gives `credit` its value.
        fn credit(
            self,
            value: impl crate::orm::value::IntoOperand<Option<Decimal>>,
        ) -> Self {
            Self(self.0.set::<Option<Decimal>>(6usize, value))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for CustomerDraft {
        fn default() -> Self {
            Self(
                crate::orm::model::RawDraft::new(
                    <Customer as crate::orm::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl crate::orm::model::IntoDraft<Customer> for CustomerDraft {
        fn into_draft(self) -> crate::orm::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Customer {
        /// A record that says nothing yet.
        fn draft() -> CustomerDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl crate::orm::model::Model for Customer {
        type Key = String;
        type Fields = CustomerFields;
        type Draft = CustomerDraft;
        type Connection = crate::orm::connections::AnyConnection;
        const ENTITY: &'static str = "customers";
        const COLUMNS: &'static [(&'static str, crate::orm::value::Kind)] = __COLUMNS;
        const KEY: &'static [usize] = &[0usize];
        fn schema() -> &'static crate::orm::model::schema::EntitySchema {
            &__SCHEMA
        }
        fn fields() -> &'static Self::Fields {
            &__FIELDS
        }
        fn hydrate(row: &dyn crate::orm::provider::Row) -> crate::orm::Result<Self> {
            let mut values = [crate::orm::value::ValueRef::Null; 7usize];
            row.values(&mut values);
            ::core::result::Result::Ok(Self {
                code: crate::orm::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <String as crate::orm::value::FieldType>::from_place,
                )?,
                first_name: crate::orm::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <String as crate::orm::value::FieldType>::from_place,
                )?,
                last_name: crate::orm::derive_support::read(
                    &values[2usize],
                    &__SCHEMA,
                    2usize,
                    <String as crate::orm::value::FieldType>::from_place,
                )?,
                email: crate::orm::derive_support::read(
                    &values[3usize],
                    &__SCHEMA,
                    3usize,
                    <Option<String> as crate::orm::value::FieldType>::from_place,
                )?,
                born: crate::orm::derive_support::read(
                    &values[4usize],
                    &__SCHEMA,
                    4usize,
                    <i32 as crate::orm::value::FieldType>::from_place,
                )?,
                active: crate::orm::derive_support::read(
                    &values[5usize],
                    &__SCHEMA,
                    5usize,
                    <bool as crate::orm::value::FieldType>::from_place,
                )?,
                credit: crate::orm::derive_support::read(
                    &values[6usize],
                    &__SCHEMA,
                    6usize,
                    <Option<Decimal> as crate::orm::value::FieldType>::from_place,
                )?,
            })
        }
        fn value(
            &self,
            column: usize,
        ) -> ::core::result::Result<
            crate::orm::value::ValueRef<'_>,
            crate::orm::value::Mismatch,
        > {
            match column {
                0usize => <String as crate::orm::value::FieldType>::to_value(&self.code),
                1usize => {
                    <String as crate::orm::value::FieldType>::to_value(&self.first_name)
                }
                2usize => {
                    <String as crate::orm::value::FieldType>::to_value(&self.last_name)
                }
                3usize => {
                    <Option<
                        String,
                    > as crate::orm::value::FieldType>::to_value(&self.email)
                }
                4usize => <i32 as crate::orm::value::FieldType>::to_value(&self.born),
                5usize => <bool as crate::orm::value::FieldType>::to_value(&self.active),
                6usize => {
                    <Option<
                        Decimal,
                    > as crate::orm::value::FieldType>::to_value(&self.credit)
                }
                _ => ::core::result::Result::Ok(crate::orm::value::ValueRef::Null),
            }
        }
        fn relations<V: crate::orm::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> crate::orm::Result<()> {
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: crate::orm::model::FieldsVisitor<Self>>(visitor: &mut V) {}
    }
    #[automatically_derived]
    impl crate::orm::sql::FromRow for Customer {
        fn layout(names: &[&str]) -> crate::orm::Result<crate::orm::sql::Layout> {
            crate::orm::sql::Layout::of_model::<Self>(names)
        }
        fn read(
            row: &dyn crate::orm::provider::Row,
            layout: &crate::orm::sql::Layout,
        ) -> crate::orm::Result<Self> {
            layout.model::<Self>(row)
        }
    }
};
