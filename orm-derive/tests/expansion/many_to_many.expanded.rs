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
        ("id", <uuid::Uuid as ::orm_core::value::FieldType>::KIND),
        ("name", <String as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <uuid::Uuid as ::orm_core::value::FieldType>::KIND,
        <uuid::Uuid as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Playlist",
            columns: __COLUMNS,
            at: &[0usize],
        },
        &::orm_core::derive_support::Named {
            model: "PlaylistTrack",
            columns: <PlaylistTrack as ::orm_core::model::Model>::COLUMNS,
            names: ["playlist_id"],
            argument: "foreign_key",
        },
    );
    const _: () = ::orm_core::derive_support::foreign(
        &::orm_core::derive_support::Side {
            model: "Track",
            columns: <Track as ::orm_core::model::Model>::COLUMNS,
            at: <Track as ::orm_core::model::Model>::KEY,
        },
        &::orm_core::derive_support::Named {
            model: "PlaylistTrack",
            columns: <PlaylistTrack as ::orm_core::model::Model>::COLUMNS,
            names: ["track_id"],
            argument: "related_key",
        },
    );
    const _: () = ::orm_core::derive_support::beside::<
        PlaylistTrack,
        Track,
    >("PlaylistTrack", "Track");
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "playlists",
        model: "Playlist",
        type_id: ::core::any::TypeId::of::<Playlist>,
        fields: &[
            ::orm_core::model::schema::FieldSchema {
                field: "id",
                name: "id",
                column: "id",
                kind: __COLUMNS[0usize].1,
                nullable: <uuid::Uuid as ::orm_core::value::FieldType>::NULLABLE,
                list: <uuid::Uuid as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <uuid::Uuid as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "name",
                name: "name",
                column: "name",
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
        key_source: ::orm_core::model::schema::KeySource::Made(|| ::orm_core::derive_support::made_value::<
            uuid::Uuid,
        >(::orm_core::derive_support::uuid_v7::<uuid::Uuid>())),
        indexes: &[],
        relations: &[
            ::orm_core::model::schema::RelationSchema {
                model: "Playlist",
                field: "tracks",
                name: "tracks",
                kind: ::orm_core::model::schema::RelationKind::BelongsToMany,
                target: <Track as ::orm_core::model::Model>::schema,
                from: &[0usize],
                to: <Track as ::orm_core::model::Model>::KEY,
                pivot: ::core::option::Option::Some(::orm_core::model::schema::PivotSchema {
                    entity: <PlaylistTrack as ::orm_core::model::Model>::schema,
                    from: &::orm_core::derive_support::find(
                        <PlaylistTrack as ::orm_core::model::Model>::COLUMNS,
                        ["playlist_id"],
                    ),
                    to: &::orm_core::derive_support::find(
                        <PlaylistTrack as ::orm_core::model::Model>::COLUMNS,
                        ["track_id"],
                    ),
                }),
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
    ///The columns and relations of [`Playlist`].
    #[derive(::core::fmt::Debug)]
    pub struct PlaylistFields {
        ///The column of `id`.
        pub id: ::orm_core::model::Column<Playlist, uuid::Uuid>,
        ///The column of `name`.
        pub name: ::orm_core::model::Column<Playlist, String>,
        ///The relation of `tracks`.
        pub tracks: ::orm_core::model::ToMany<Playlist, Track>,
    }
    static __FIELDS: PlaylistFields = PlaylistFields {
        id: ::orm_core::model::Column::new(0usize),
        name: ::orm_core::model::Column::new(1usize),
        tracks: ::orm_core::model::ToMany::new(0usize, |m| &mut m.tracks),
    };
    ///A [`Playlist`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    pub struct PlaylistDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl PlaylistDraft {
        ///Gives `id` its value.
        pub fn id(self, value: impl ::orm_core::value::IntoOperand<uuid::Uuid>) -> Self {
            Self(self.0.set::<uuid::Uuid>(0usize, value))
        }
        ///Gives `name` its value.
        pub fn name(self, value: impl ::orm_core::value::IntoOperand<String>) -> Self {
            Self(self.0.set::<String>(1usize, value))
        }
        ///Nests what is given in `tracks`.
        pub fn tracks(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::model::IntoDraft<Track>,
            >,
        ) -> Self {
            Self(self.0.nest::<Track>(0usize, given))
        }
        ///Nests what is given in `tracks`, each with its `PlaylistTrack`.
        pub fn tracks_with(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = (
                    impl ::orm_core::model::IntoDraft<Track>,
                    impl ::orm_core::model::IntoDraft<PlaylistTrack>,
                ),
            >,
        ) -> Self {
            Self(self.0.nest_tied::<Track, PlaylistTrack>(0usize, given))
        }
        ///Says `tracks` by key.
        pub fn tracks_keys(
            self,
            given: impl ::core::iter::IntoIterator<
                Item = impl ::orm_core::value::IntoKey<
                    <Track as ::orm_core::model::Model>::Key,
                >,
            >,
        ) -> Self {
            Self(self.0.refer::<Track>(0usize, given))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for PlaylistDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <Playlist as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<Playlist> for PlaylistDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl Playlist {
        /// A record that says nothing yet.
        pub fn draft() -> PlaylistDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for Playlist {
        type Key = uuid::Uuid;
        type Fields = PlaylistFields;
        type Draft = PlaylistDraft;
        type Connection = ::orm_core::connections::AnyConnection;
        const ENTITY: &'static str = "playlists";
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
                    <uuid::Uuid as ::orm_core::value::FieldType>::from_place,
                )?,
                name: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <String as ::orm_core::value::FieldType>::from_place,
                )?,
                tracks: ::orm_core::model::Many::unloaded(&__SCHEMA.relations[0usize]),
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
                0usize => {
                    <uuid::Uuid as ::orm_core::value::FieldType>::to_value(&self.id)
                }
                1usize => <String as ::orm_core::value::FieldType>::to_value(&self.name),
                _ => ::core::result::Result::Ok(::orm_core::value::ValueRef::Null),
            }
        }
        fn relations<V: ::orm_core::model::RelationVisitor>(
            &mut self,
            visitor: &mut V,
        ) -> ::orm_core::Result<()> {
            ::orm_core::model::RelationVisitor::many::<
                Track,
            >(visitor, 0usize, &mut self.tracks)?;
            ::core::result::Result::Ok(())
        }
        fn each_relation<V: ::orm_core::model::FieldsVisitor<Self>>(visitor: &mut V) {
            ::orm_core::model::FieldsVisitor::many::<Track>(visitor, __FIELDS.tracks);
        }
    }
    #[automatically_derived]
    impl ::orm_core::sql::FromRow for Playlist {
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
        ("playlist_id", <uuid::Uuid as ::orm_core::value::FieldType>::KIND),
        ("track_id", <u64 as ::orm_core::value::FieldType>::KIND),
    ];
    const _: () = ::orm_core::derive_support::key_column(
        <uuid::Uuid as ::orm_core::value::FieldType>::KIND,
        <uuid::Uuid as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    const _: () = ::orm_core::derive_support::key_column(
        <u64 as ::orm_core::value::FieldType>::KIND,
        <u64 as ::orm_core::value::FieldType>::NULLABLE,
        false,
    );
    static __SCHEMA: ::orm_core::model::schema::EntitySchema = ::orm_core::model::schema::EntitySchema {
        name: "playlist_tracks",
        model: "PlaylistTrack",
        type_id: ::core::any::TypeId::of::<PlaylistTrack>,
        fields: &[
            ::orm_core::model::schema::FieldSchema {
                field: "playlist_id",
                name: "playlist_id",
                column: "playlist_id",
                kind: __COLUMNS[0usize].1,
                nullable: <uuid::Uuid as ::orm_core::value::FieldType>::NULLABLE,
                list: <uuid::Uuid as ::orm_core::value::FieldType>::LIST,
                default: ::core::option::Option::None,
                hidden: false,
                intake: ::orm_core::value::Intake::of(
                    false,
                    ::core::option::Option::None,
                    <uuid::Uuid as ::orm_core::value::FieldType>::CHECK,
                ),
                ..::orm_core::model::schema::FieldSchema::BASE
            },
            ::orm_core::model::schema::FieldSchema {
                field: "track_id",
                name: "track_id",
                column: "track_id",
                kind: __COLUMNS[1usize].1,
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
        key: &[0usize, 1usize],
        key_source: ::orm_core::model::schema::KeySource::Given,
        indexes: &[],
        relations: &[],
        deny_unknown_fields: false,
        validate: ::core::option::Option::None,
        created_at: ::core::option::Option::None,
        updated_at: ::core::option::Option::None,
        ..::orm_core::model::schema::EntitySchema::BASE
    };
    ///The columns and relations of [`PlaylistTrack`].
    #[derive(::core::fmt::Debug)]
    pub struct PlaylistTrackFields {
        ///The column of `playlist_id`.
        pub playlist_id: ::orm_core::model::Column<PlaylistTrack, uuid::Uuid>,
        ///The column of `track_id`.
        pub track_id: ::orm_core::model::Column<PlaylistTrack, u64>,
    }
    static __FIELDS: PlaylistTrackFields = PlaylistTrackFields {
        playlist_id: ::orm_core::model::Column::new(0usize),
        track_id: ::orm_core::model::Column::new(1usize),
    };
    ///A [`PlaylistTrack`] that says only some of its fields.
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    #[must_use]
    pub struct PlaylistTrackDraft(::orm_core::model::RawDraft);
    #[automatically_derived]
    impl PlaylistTrackDraft {
        ///Gives `playlist_id` its value.
        pub fn playlist_id(
            self,
            value: impl ::orm_core::value::IntoOperand<uuid::Uuid>,
        ) -> Self {
            Self(self.0.set::<uuid::Uuid>(0usize, value))
        }
        ///Gives `track_id` its value.
        pub fn track_id(self, value: impl ::orm_core::value::IntoOperand<u64>) -> Self {
            Self(self.0.set::<u64>(1usize, value))
        }
    }
    #[automatically_derived]
    impl ::core::default::Default for PlaylistTrackDraft {
        fn default() -> Self {
            Self(
                ::orm_core::model::RawDraft::new(
                    <PlaylistTrack as ::orm_core::model::Model>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::IntoDraft<PlaylistTrack> for PlaylistTrackDraft {
        fn into_draft(self) -> ::orm_core::model::RawDraft {
            self.0
        }
    }
    #[automatically_derived]
    impl PlaylistTrack {
        /// A record that says nothing yet.
        pub fn draft() -> PlaylistTrackDraft {
            ::core::default::Default::default()
        }
    }
    #[automatically_derived]
    impl ::orm_core::model::Model for PlaylistTrack {
        type Key = (uuid::Uuid, u64);
        type Fields = PlaylistTrackFields;
        type Draft = PlaylistTrackDraft;
        type Connection = ::orm_core::connections::AnyConnection;
        const ENTITY: &'static str = "playlist_tracks";
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
                playlist_id: ::orm_core::derive_support::read(
                    &values[0usize],
                    &__SCHEMA,
                    0usize,
                    <uuid::Uuid as ::orm_core::value::FieldType>::from_place,
                )?,
                track_id: ::orm_core::derive_support::read(
                    &values[1usize],
                    &__SCHEMA,
                    1usize,
                    <u64 as ::orm_core::value::FieldType>::from_place,
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
                0usize => {
                    <uuid::Uuid as ::orm_core::value::FieldType>::to_value(
                        &self.playlist_id,
                    )
                }
                1usize => <u64 as ::orm_core::value::FieldType>::to_value(&self.track_id),
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
    impl ::orm_core::sql::FromRow for PlaylistTrack {
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
