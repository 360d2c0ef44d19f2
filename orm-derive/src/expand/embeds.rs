//! The columns of embedded structs: only the compiler knows them, so their places are computed by it,
//! after those of the model's own.

use super::at;
use crate::model::{Embed, Model};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// The name of the constant that holds the place of an embedded struct's first column.
pub(super) fn first(place: usize) -> Ident {
    format_ident!("__FIRST_{place}")
}

/// The name of the constant that describes an embedded struct.
pub(super) fn embedding(place: usize) -> Ident {
    format_ident!("__EMBED_{place}")
}

/// For each embedded struct what it is and where its columns start; the number of all columns; and
/// all columns, as `__FIELDS_OF_ALL`. To stand after `__OWN_FIELDS`.
pub(super) fn columns(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let own = model.columns.len();
    let support = quote!(#krate::derive_support);
    let mut next = quote!(#own);
    let mut described = TokenStream::new();
    let mut joined = Vec::new();
    for (place, embed) in model.embeds.iter().enumerate() {
        let (this, first, texts) = (embedding(place), first(place), format_ident!("__TEXTS_{place}"));
        let Embed { name, member, prefix, ty, .. } = embed;
        let core = model.core_at(ty.span());
        let of = quote_spanned!(at(ty.span())=> <#ty as #core::model::Embedded>);
        described.extend(quote! {
            const #this: #support::Embedding = #support::Embedding {
                field: #name,
                name: #member,
                model: #of::NAME,
                prefix: #prefix,
                fields: #of::FIELDS,
                optional: #of::OPTIONAL,
            };
            const #first: usize = #next;
            const #texts: &[u8] = &#support::texts::<{ #support::texts_len(&#this) }>(&#this);
        });
        next = quote!(#first + #of::FIELDS.len());
        joined.push(quote!((#this, #texts)));
    }
    quote! {
        #described
        const __WIDTH: usize = #next;
        const __FIELDS_OF_ALL: [#krate::model::schema::FieldSchema; __WIDTH] =
            #support::join_fields::<__WIDTH>(__OWN_FIELDS, &[#(#joined),*]);
        const __COLUMNS: &[(&'static str, #krate::value::Kind)] =
            &#support::join_columns::<__WIDTH>(&__FIELDS_OF_ALL);
    }
}

/// The schema's list of embedded structs.
pub(super) fn schemas(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let schemas = (0..model.embeds.len()).map(|place| {
        let (this, first) = (embedding(place), first(place));
        quote!(#krate::derive_support::embed_schema(&#this, #first))
    });
    quote!(&[#(#schemas),*])
}
