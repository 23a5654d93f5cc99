//! Reads the page's requests, plain JavaScript values, through serde, and writes what the worker says. (serde-wasm-bindgen
//! would weigh 20 KB after gzip more.)
//!
//! Decides only the form: a struct is an object, a variant with fields an object of one key, one without a string, a
//! list an array, `None` null or absent. It knows the shapes that the protocol has and refuses others; fields are read by name in the
//! order of their declaration, which costs half the code of a general reader. It runs in the studio worker.

/// The way out.
mod writer;

use std::fmt;
use std::slice::Iter;

use js_sys::{Array, Object};
use serde::de::value::U32Deserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use wasm_bindgen::{JsCast, JsValue};

use crate::js;

pub use writer::write;

/// Reads a value.
///
/// # Errors
/// Where it has not the shape of `T`; the message names the field.
pub fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, Mismatch> {
    T::deserialize(Reader(value))
}

/// What was wanted, and in which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(String);

impl Mismatch {
    #[inline(never)]
    fn wanted(what: &dyn Expected) -> Mismatch {
        Mismatch(format!("wanted {what}"))
    }

    #[inline(never)]
    fn within(&self, field: &str) -> Mismatch {
        Mismatch(format!("{field}: {}", self.0))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

/// The defaults would print numbers of every kind, which weighs 20 KB.
impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Mismatch {
        Mismatch(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn Expected) -> Mismatch {
        Mismatch::wanted(wanted)
    }

    fn invalid_value(_: Unexpected<'_>, wanted: &dyn Expected) -> Mismatch {
        Mismatch::wanted(wanted)
    }

    fn invalid_length(_: usize, wanted: &dyn Expected) -> Mismatch {
        Mismatch::wanted(wanted)
    }

    fn unknown_variant(found: &str, _: &'static [&'static str]) -> Mismatch {
        Mismatch(found.to_owned()).within("unknown variant")
    }
}

/// Reads one value.
struct Reader(JsValue);

impl Reader {
    fn whole<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.as_f64() {
            // Whole numbers of a double end at 2^53.
            Some(number) if number.trunc() == number && (0.0..=9e15).contains(&number) => {
                visitor.visit_u64(number as u64)
            }
            _ => Err(Mismatch::wanted(&visitor)),
        }
    }
}

macro_rules! whole {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            self.whole(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Mismatch;

    whole!(deserialize_u8 deserialize_u16 deserialize_u32);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        Err(Mismatch::wanted(&visitor))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.as_bool() {
            Some(yes) => visitor.visit_bool(yes),
            None => Err(Mismatch::wanted(&visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.as_f64() {
            Some(number) => visitor.visit_f64(number),
            None => Err(Mismatch::wanted(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.as_string() {
            Some(text) => visitor.visit_string(text),
            None => Err(Mismatch::wanted(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.0.is_null() || self.0.is_undefined() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if !self.0.is_object() {
            return Err(Mismatch::wanted(&visitor));
        }
        visitor.visit_seq(Fields { object: self.0, left: fields.iter() })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if !Array::is_array(&self.0) {
            return Err(Mismatch::wanted(&visitor));
        }
        visitor.visit_seq(Items { list: self.0.unchecked_into(), at: 0 })
    }

    /// A tuple is a list.
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match Choice::of(&self.0, variants)? {
            Some(choice) => visitor.visit_enum(choice),
            None => Err(Mismatch::wanted(&visitor)),
        }
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u64 u128 f32 char str bytes byte_buf unit unit_struct tuple_struct map identifier
        ignored_any
    }
}

/// The fields of an object in the order of the struct.
struct Fields {
    object: JsValue,
    left: Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some(field) = self.left.next() else { return Ok(None) };
        seed.deserialize(Reader(js::get(&self.object, field))).map(Some).map_err(|error| error.within(field))
    }
}

/// The items of a list.
struct Items {
    list: Array,
    at: u32,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        if self.at >= self.list.length() {
            return Ok(None);
        }
        let item = self.list.get(self.at);
        self.at += 1;
        seed.deserialize(Reader(item)).map(Some)
    }
}

/// One variant and what it holds.
struct Choice {
    variant: u32,
    content: JsValue,
}

impl Choice {
    /// `None` where the value has not the form of any variant.
    #[inline(never)]
    fn of(value: &JsValue, variants: &'static [&'static str]) -> Result<Option<Choice>, Mismatch> {
        let (name, content) = if let Some(name) = value.as_string() {
            (name, JsValue::UNDEFINED)
        } else if value.is_object() {
            let keys = Object::keys(value.unchecked_ref::<Object>());
            let (1, Some(name)) = (keys.length(), keys.get(0).as_string()) else { return Ok(None) };
            let content = js::get(value, &name);
            (name, content)
        } else {
            return Ok(None);
        };
        let place = (0_u32..).zip(variants).find(|(_, variant)| **variant == name);
        let (variant, _) = place.ok_or_else(|| <Mismatch as de::Error>::unknown_variant(&name, variants))?;
        Ok(Some(Choice { variant, content }))
    }
}

impl<'de> EnumAccess<'de> for Choice {
    type Error = Mismatch;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader), Mismatch> {
        let variant: U32Deserializer<Mismatch> = self.variant.into_deserializer();
        Ok((seed.deserialize(variant)?, Reader(self.content)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        Err(Mismatch::wanted(&visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_struct("", fields, visitor)
    }
}
