//! The code of `#[morph_to]` fields. How many models an enum has, only the compiler knows: the schema's
//! relations are put together by it, those of the morphs last.

use super::at;
use crate::model::{Model, MorphTo};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::HashSet;

/// `<Subject as Morph>::TARGETS`.
fn targets(model: &Model, morph: &MorphTo) -> TokenStream {
    let place = at(morph.choice_span());
    let (krate, choice) = (model.core_at(place), &morph.choice);
    quote_spanned!(place=> <#choice as #krate::model::Morph>::TARGETS)
}

/// The place of a morph's first relation.
pub(super) fn first(model: &Model, number: usize) -> TokenStream {
    let ordinary = model.relations.len();
    let before = model.morphs[..number].iter().map(|morph| targets(model, morph));
    quote!((#ordinary #(+ #before.len())*))
}

/// The relations of the schema: a static of its own where there are morphs.
pub(super) fn relations(model: &Model, ordinary: &[TokenStream]) -> (TokenStream, TokenStream) {
    if model.morphs.is_empty() {
        return (TokenStream::new(), quote!(&[#(#ordinary),*]));
    }
    let krate = &model.krate;
    let schema = quote!(#krate::model::schema);
    let count = first(model, model.morphs.len());
    let model_name = &model.name;
    let fields = model.morphs.iter().map(|morph| {
        let MorphTo { name, member, from, type_column, .. } = morph;
        let targets = targets(model, morph);
        quote! {
            #krate::model::MorphField {
                relation: #schema::RelationSchema {
                    model: #model_name,
                    field: #name,
                    name: #member,
                    from: &[#(#from),*],
                    ..#schema::RelationSchema::BASE
                },
                type_column: #type_column,
                targets: #targets,
            }
        }
    });
    let all = quote! {
        static __RELATIONS: [#schema::RelationSchema; #count] =
            #krate::derive_support::with_morphs(&[#(#ordinary),*], &[#(#fields),*]);
    };
    (all, quote!(&__RELATIONS))
}

/// Checks that the columns can hold the keys and the types of all models.
pub(super) fn checks(model: &Model, morph: &MorphTo) -> TokenStream {
    let (name, from) = (&model.name, &morph.from);
    let (place, type_place) = (at(morph.span), at(morph.type_span));
    let (krate, type_krate) = (model.core_at(place), model.core_at(type_place));
    let targets = targets(model, morph);
    let column = &model.columns[morph.type_column].name;
    let keys = quote_spanned! {place=>
        const _: () = #krate::derive_support::morph(
            &#krate::derive_support::Side { model: #name, columns: __COLUMNS, at: &[#(#from),*] },
            #targets,
        );
    };
    let types = quote_spanned! {type_place=>
        const _: () = #type_krate::derive_support::guard(&#type_krate::derive_support::Named {
            model: #name,
            columns: __COLUMNS,
            names: [#column],
            argument: "",
        });
    };
    quote!(#keys #types)
}

/// The accessor in `Fields<M>`.
pub(super) fn declared(model: &Model, morph: &MorphTo) -> TokenStream {
    let (krate, this) = (&model.krate, &model.ident);
    let MorphTo { ident, vis, name, choice, .. } = morph;
    let about = format!("The relation of `{name}`.");
    quote!(#[doc = #about] #vis #ident: #krate::model::ToMorph<#this, #choice>)
}

/// Its value.
pub(super) fn field(model: &Model, number: usize, morph: &MorphTo) -> TokenStream {
    let (krate, ident, first) = (&model.krate, &morph.ident, first(model, number));
    quote!(#ident: #krate::model::ToMorph::new(#first))
}

/// The field of a record that was just read.
pub(super) fn unloaded(model: &Model, number: usize, morph: &MorphTo) -> TokenStream {
    let (krate, ident, first) = (&model.krate, &morph.ident, first(model, number));
    quote!(#ident: #krate::model::One::unloaded(&__RELATIONS[#first]))
}

/// The call of a visitor.
pub(super) fn visit(model: &Model, number: usize, morph: &MorphTo) -> TokenStream {
    let place = at(morph.choice_span());
    let (krate, first) = (model.core_at(place), first(model, number));
    let MorphTo { ident, choice, .. } = morph;
    quote_spanned! {place=>
        #krate::model::RelationVisitor::morph::<#choice>(visitor, #first, &mut self.#ident)?;
    }
}

/// The call of a visitor of the fields.
pub(super) fn each(model: &Model, morph: &MorphTo) -> TokenStream {
    let place = at(morph.choice_span());
    let krate = model.core_at(place);
    let MorphTo { ident, choice, .. } = morph;
    quote_spanned!(place=> #krate::model::FieldsVisitor::morph::<#choice>(visitor, __FIELDS.#ident);)
}

/// The methods of the draft: one that takes a record of any of the models and, unless a field has its
/// name, one that takes a key.
pub(super) fn draft(model: &Model, number: usize, morph: &MorphTo, taken: &HashSet<&str>) -> TokenStream {
    let place = at(morph.choice_span());
    let (krate, first) = (model.core_at(place), first(model, number));
    let MorphTo { ident, vis, name, choice, .. } = morph;
    let relation = quote_spanned!(place=> #first + <#choice as #krate::model::Holds<__T>>::PLACE);
    let key_name = format!("{name}_key");
    let by_key = (!taken.contains(key_name.as_str())).then(|| {
        let key_ident = Ident::new(&key_name, at(ident.span()));
        let about = format!("Says `{name}` by key; the model is named, as in `{key_name}::<Post>(1)`.");
        quote_spanned! {place=>
            #[doc = #about]
            #vis fn #key_ident<__T: #krate::model::Model>(
                self,
                given: impl #krate::value::IntoKey<<__T as #krate::model::Model>::Key>,
            ) -> Self
            where
                #choice: #krate::model::Holds<__T>,
            {
                Self(self.0.refer::<__T>(#relation, [given]))
            }
        }
    });
    let about = format!("Nests what is given in `{name}`.");
    quote_spanned! {place=>
        #[doc = #about]
        #vis fn #ident<__T: #krate::model::Model>(
            self,
            given: impl #krate::model::IntoDraft<__T>,
        ) -> Self
        where
            #choice: #krate::model::Holds<__T>,
        {
            Self(self.0.nest::<__T>(#relation, [given]))
        }
        #by_key
    }
}
