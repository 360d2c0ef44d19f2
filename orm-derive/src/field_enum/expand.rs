//! The code of a field enum.

use super::{FieldEnum, Form};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// All of it.
pub(crate) fn expand(of: &FieldEnum) -> TokenStream {
    let FieldEnum { ident, krate, variants, .. } = of;
    let idents = variants.iter().map(|(ident, _)| ident);
    let names = variants.iter().map(|(_, name)| name);
    let (kind, statics, to, from) = match &of.form {
        Form::Text => {
            let (idents, idents_again, names_again) = (idents.clone(), idents, names.clone());
            (
                quote!(Text),
                quote! {
                    static __NAMES: &[&str] = &[#(#names),*];
                    static __VALUES: #krate::derive_support::EnumValues = #krate::derive_support::EnumValues::Names(__NAMES);
                },
                quote!(#krate::value::ValueRef::Text(match self { #(Self::#idents => #names_again,)* })),
                {
                    let names = variants.iter().map(|(_, name)| name);
                    quote!(#(#krate::value::ValueRef::Text(#names) => ::core::result::Result::Ok(Self::#idents_again),)*)
                },
            )
        }
        Form::Number(kind) => {
            let kind = Ident::new(kind, Span::call_site());
            let values: Vec<TokenStream> = idents.clone().map(|v| quote!(#ident::#v as i64)).collect();
            let idents_again = idents.clone();
            (
                quote!(#kind),
                quote! {
                    static __NUMBERS: &[(i64, &str)] = &[#((#values, #names)),*];
                    static __VALUES: #krate::derive_support::EnumValues = #krate::derive_support::EnumValues::Numbers(__NUMBERS);
                },
                quote!(#krate::value::ValueRef::Int(match self { #(Self::#idents => #values,)* })),
                quote!(#(#krate::value::ValueRef::Int(n) if n == #values => ::core::result::Result::Ok(Self::#idents_again),)*),
            )
        }
    };
    let own = (quote!(#ident), quote!(&self));
    let borrowed = (quote!(&#ident), quote!(self));
    let operands = [own, borrowed].into_iter().map(|(operand, value)| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #krate::value::IntoOperand<#ident> for #operand {
                fn into_operand(self) -> ::core::result::Result<#krate::value::Value, #krate::value::Mismatch> {
                    ::core::result::Result::Ok(#krate::value::FieldType::to_value(#value)?.to_value())
                }
            }
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #krate::value::IntoOperand<::core::option::Option<#ident>> for #operand {
                fn into_operand(self) -> ::core::result::Result<#krate::value::Value, #krate::value::Mismatch> {
                    #krate::value::IntoOperand::<#ident>::into_operand(self)
                }
            }
        }
    });
    let operands: TokenStream = operands.collect();
    let serde = of.serde.then(|| serde(of));
    quote! {
        #[doc(hidden)]
        #[allow(unused_qualifications, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            #statics

            #[automatically_derived]
            impl #krate::value::FieldType for #ident {
                type Plain = Self;
                const KIND: #krate::value::Kind = #krate::value::Kind::#kind;
                const CHECK: ::core::option::Option<#krate::value::Check> =
                    ::core::option::Option::Some(|value| __VALUES.check(value));

                fn to_value(&self) -> ::core::result::Result<#krate::value::ValueRef<'_>, #krate::value::Mismatch> {
                    ::core::result::Result::Ok(#to)
                }

                fn from_value(
                    value: #krate::value::ValueRef<'_>,
                ) -> ::core::result::Result<Self, #krate::value::Mismatch> {
                    match value {
                        #from
                        other => ::core::result::Result::Err(__VALUES.mismatch(other)),
                    }
                }
            }

            #operands
            #serde
        };
    }
}

/// `Serialize` and `Deserialize`, in the form that is stored.
fn serde(of: &FieldEnum) -> TokenStream {
    let FieldEnum { ident, krate, .. } = of;
    quote! {
        #[automatically_derived]
        impl #krate::derive_support::serde::Serialize for #ident {
            fn serialize<S: #krate::derive_support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #krate::derive_support::serialize_value(self, serializer)
            }
        }
        #[automatically_derived]
        impl<'de> #krate::derive_support::serde::Deserialize<'de> for #ident {
            fn deserialize<D: #krate::derive_support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #krate::derive_support::deserialize_value(deserializer)
            }
        }
    }
}
