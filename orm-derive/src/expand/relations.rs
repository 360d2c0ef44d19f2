//! The relations' entries in the schema. Columns of other models are looked up by the compiler; that
//! they are there and fit is checked apart, so that each mistake is told once.

use super::at;
use crate::model::{GuardValue, Model, Names, Pivot, Relation, There};
use crate::parse::Kind;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// The entry in the schema.
pub(super) fn entry(model: &Model, relation: &Relation) -> TokenStream {
    let krate = &model.krate;
    let schema = quote!(#krate::model::schema);
    let (model_name, name, member) = (&model.name, &relation.name, &relation.member);
    let kind = match relation.kind {
        Kind::BelongsTo | Kind::MorphTo => quote!(BelongsTo),
        Kind::HasOne | Kind::MorphOne => quote!(HasOne),
        Kind::HasMany | Kind::MorphMany => quote!(HasMany),
        Kind::BelongsToMany | Kind::MorphToMany | Kind::MorphedByMany => quote!(BelongsToMany),
        Kind::HasOneThrough => quote!(HasOneThrough),
        Kind::HasManyThrough => quote!(HasManyThrough),
        Kind::HasManyBy => quote!(HasManyBy),
    };
    let from = &relation.from;
    let place = relation.target_span();
    let target = Other::target(model, relation, place);
    let (to, target_schema) = (target.places(&relation.to), target.item("schema"));
    let pivot = match &relation.pivot {
        None => quote!(::core::option::Option::None),
        Some(pivot) => {
            let other = Other::pivot(model, relation, pivot.span());
            let (from, to) = (other.find(&pivot.from), other.places(&pivot.to));
            let entity = other.item("schema");
            quote! {
                ::core::option::Option::Some(#schema::PivotSchema {
                    entity: #entity,
                    from: #from,
                    to: #to,
                })
            }
        }
    };
    let on_delete = relation.on_delete.as_ref().map(|said| {
        let variant = proc_macro2::Ident::new(said.variant, at(said.place.span()));
        quote!(on_delete: ::core::option::Option::Some(#schema::OnDelete::#variant),)
    });
    let guard = match &relation.guard {
        None => quote!(::core::option::Option::None),
        Some(guard) => {
            let (on, other) = guarded(model, relation);
            let column = other.find(&guard.column);
            let value = match &guard.value {
                GuardValue::Own => model.entity.to_token_stream(),
                GuardValue::Target => Other::target(model, relation, place).item("ENTITY"),
                GuardValue::Text(text) => quote!(#text),
            };
            quote! {
                ::core::option::Option::Some(#schema::Guard {
                    on: #schema::Side::#on,
                    column: (#column)[0],
                    value: #value,
                })
            }
        }
    };
    quote! {
        #schema::RelationSchema {
            model: #model_name,
            field: #name,
            name: #member,
            kind: #schema::RelationKind::#kind,
            target: #target_schema,
            from: &[#(#from),*],
            to: #to,
            pivot: #pivot,
            guard: #guard,
            #on_delete
            ..#schema::RelationSchema::BASE
        }
    }
}

/// The records that a relation's guard looks at: those in between, if there are any.
fn guarded<'a>(model: &Model, relation: &'a Relation) -> (TokenStream, Other<'a>) {
    let place = relation.guard.as_ref().map_or(relation.span, |guard| guard.column.span);
    match &relation.pivot {
        Some(_) => (quote!(Middle), Other::pivot(model, relation, place)),
        None => (quote!(Target), Other::target(model, relation, place)),
    }
}

/// Checks that the columns are there and can refer to each other.
pub(super) fn checks(model: &Model, relation: &Relation) -> TokenStream {
    let guard = relation.guard.as_ref().map(|guard| {
        let (_, other) = guarded(model, relation);
        let (krate, named) = (&other.krate, other.named(&guard.column));
        quote_spanned!(other.place=> const _: () = #krate::derive_support::guard(&#named);)
    });
    let columns = columns(model, relation);
    quote!(#columns #guard)
}

fn columns(model: &Model, relation: &Relation) -> TokenStream {
    let (place, to) = (relation.span, &relation.to);
    match (&relation.pivot, relation.kind, to) {
        (Some(pivot), Kind::HasOneThrough | Kind::HasManyThrough, There::Named(names)) => {
            let here = here(model, relation, pivot.from.span);
            let from = Other::pivot(model, relation, pivot.from.span).check("foreign", &here, &pivot.from);
            let through = Other::pivot(model, relation, names.span).side(&pivot.to);
            let related = Other::target(model, relation, names.span).check("foreign", &through, names);
            let key = match &pivot.to {
                There::Key => TokenStream::new(),
                There::Named(names) => Other::pivot(model, relation, names.span).exist(names),
            };
            let beside = beside(model, relation, pivot);
            quote!(#key #from #related #beside)
        }
        (Some(pivot), _, _) => {
            let There::Named(ties) = &pivot.to else { return TokenStream::new() };
            let here = here(model, relation, pivot.from.span);
            let other = |at| Other::pivot(model, relation, at);
            let from = other(pivot.from.span).check("foreign", &here, &pivot.from);
            let there = Other::target(model, relation, ties.span).side(to);
            let related = other(ties.span).check("foreign", &there, ties);
            let owner = match to {
                There::Key => TokenStream::new(),
                There::Named(names) => Other::target(model, relation, names.span).exist(names),
            };
            let beside = beside(model, relation, pivot);
            quote!(#owner #from #related #beside)
        }
        (None, Kind::HasManyBy, to) => {
            let column = &model.columns[relation.from[0]];
            let (ty, krate) = (&column.ty, model.core_at(place));
            let here = here(model, relation, place);
            let named = match to {
                There::Key => TokenStream::new(),
                There::Named(names) => Other::target(model, relation, names.span).exist(names),
            };
            let there = Other::target(model, relation, place).side(to);
            quote_spanned! {at(place)=>
                #named
                const _: () = #krate::derive_support::listed(
                    <#ty as #krate::value::FieldType>::LIST,
                    &#here,
                    &#there,
                );
            }
        }
        (None, kind, There::Named(names)) => {
            let check = if kind == Kind::BelongsTo { "owner" } else { "foreign" };
            let here = here(model, relation, names.span);
            Other::target(model, relation, names.span).check(check, &here, names)
        }
        (None, _, There::Key) => {
            let krate = model.core_at(place);
            let here = here(model, relation, place);
            let there = Other::target(model, relation, place).side(to);
            quote_spanned!(at(place)=> const _: () = #krate::derive_support::meet(&#here, &#there);)
        }
    }
}

/// Checks that what stands between is in the database of the target.
fn beside(model: &Model, relation: &Relation, pivot: &Pivot) -> TokenStream {
    let krate = model.core_at(pivot.span());
    let (path, name) = (&pivot.path, &pivot.name);
    let (target, target_name) = (&relation.target, &relation.target_name);
    quote_spanned! {at(pivot.span())=>
        const _: () = #krate::derive_support::beside::<#path, #target>(#name, #target_name);
    }
}

/// This side's columns.
fn here(model: &Model, relation: &Relation, place: Span) -> TokenStream {
    let krate = model.core_at(place);
    let (name, from) = (&model.name, &relation.from);
    quote_spanned! {at(place)=>
        #krate::derive_support::Side { model: #name, columns: __COLUMNS, at: &[#(#from),*] }
    }
}

/// Another model, named by code whose tokens all stand at one place.
struct Other<'a> {
    krate: TokenStream,
    path: TokenStream,
    name: &'a str,
    place: Span,
}

impl<'a> Other<'a> {
    fn target(model: &Model, relation: &'a Relation, place: Span) -> Self {
        let target = &relation.target;
        Self {
            krate: model.core_at(place),
            path: quote!(#target),
            name: &relation.target_name,
            place: at(place),
        }
    }

    fn pivot(model: &Model, relation: &'a Relation, place: Span) -> Self {
        let pivot = relation.pivot.as_ref();
        let path = pivot.map(|p| &p.path);
        Self {
            krate: model.core_at(place),
            path: quote!(#path),
            name: pivot.map_or("", |p| &p.name),
            place: at(place),
        }
    }

    /// `<Post as Model>::COLUMNS`.
    fn item(&self, item: &str) -> TokenStream {
        let (krate, path) = (&self.krate, &self.path);
        let item = proc_macro2::Ident::new(item, self.place);
        quote_spanned!(self.place=> <#path as #krate::model::Model>::#item)
    }

    /// The places of its columns.
    fn places(&self, there: &There) -> TokenStream {
        match there {
            There::Key => self.item("KEY"),
            There::Named(names) => self.find(names),
        }
    }

    /// The places of the columns of these names; some place where there is no such column.
    fn find(&self, names: &Names) -> TokenStream {
        let (krate, columns, texts) = (&self.krate, self.item("COLUMNS"), &names.texts);
        quote_spanned!(self.place=> &#krate::derive_support::find(#columns, [#(#texts),*]))
    }

    fn side(&self, there: &There) -> TokenStream {
        let (krate, name) = (&self.krate, self.name);
        let (columns, places) = (self.item("COLUMNS"), self.places(there));
        quote_spanned! {self.place=>
            #krate::derive_support::Side { model: #name, columns: #columns, at: #places }
        }
    }

    /// The names as an operand of the checks.
    fn named(&self, names: &Names) -> TokenStream {
        let (krate, name, texts) = (&self.krate, self.name, &names.texts);
        let columns = self.item("COLUMNS");
        let argument = names.argument.unwrap_or("");
        quote_spanned! {self.place=>
            #krate::derive_support::Named {
                model: #name,
                columns: #columns,
                names: [#(#texts),*],
                argument: #argument,
            }
        }
    }

    fn check(&self, check: &str, side: &TokenStream, names: &Names) -> TokenStream {
        let (krate, named) = (&self.krate, self.named(names));
        let check = proc_macro2::Ident::new(check, self.place);
        quote_spanned!(self.place=> const _: () = #krate::derive_support::#check(&#side, &#named);)
    }

    fn exist(&self, names: &Names) -> TokenStream {
        let (krate, named) = (&self.krate, self.named(names));
        quote_spanned!(self.place=> const _: () = #krate::derive_support::exist(&#named);)
    }
}
