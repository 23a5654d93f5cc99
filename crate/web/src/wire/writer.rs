//! Writes what the worker says, plain JavaScript values, through serde.
//!
//! Decides only the form, the one that the reader beside it takes: a struct is an object, a word a string, a list an
//! array, an absent thing null. It knows the shapes that events have and no others, cannot fail, and keeps no table of
//! names: events are few. It runs in the studio worker.

use std::fmt;

use js_sys::{Array, Object};
use serde::Serialize;
use serde::ser::{self, Impossible, SerializeSeq, SerializeStruct, Serializer};
use wasm_bindgen::JsValue;

use crate::js;

/// Writes a value.
///
/// # Panics
/// Where `T` has a shape that no event has: a map, a tuple, bytes, or a variant with fields that is not tagged inside.
pub fn write(value: &impl Serialize) -> JsValue {
    match value.serialize(Writer) {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Writing cannot fail, and knowing that leaves no paths for failure to compile.
enum Never {}

impl fmt::Debug for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        no_event()
    }
}

#[cold]
fn no_event() -> ! {
    unreachable!("no event has this shape")
}

/// Writes one value.
struct Writer;

macro_rules! plain {
    ($($method:ident($kind:ty))*) => { $(
        fn $method(self, value: $kind) -> Result<JsValue, Never> {
            Ok(JsValue::from(value))
        }
    )* };
}

macro_rules! no {
    ($($method:ident($($kind:ty),*) -> $wanted:ty)*) => { $(
        fn $method(self, $(_: $kind),*) -> Result<$wanted, Never> {
            no_event()
        }
    )* };
}

impl Serializer for Writer {
    type Ok = JsValue;
    type Error = Never;
    type SerializeSeq = Items;
    type SerializeStruct = Fields;
    type SerializeTuple = Impossible<JsValue, Never>;
    type SerializeTupleStruct = Impossible<JsValue, Never>;
    type SerializeTupleVariant = Impossible<JsValue, Never>;
    type SerializeMap = Impossible<JsValue, Never>;
    type SerializeStructVariant = Impossible<JsValue, Never>;

    plain! {
        serialize_bool(bool) serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_i8(i8) serialize_i16(i16)
        serialize_i32(i32) serialize_f32(f32) serialize_f64(f64) serialize_str(&str)
    }

    // Numbers of 64 bits would lose theirs; the protocol has doubles where it counts that far.
    no! {
        serialize_u64(u64) -> JsValue
        serialize_i64(i64) -> JsValue
        serialize_char(char) -> JsValue
        serialize_bytes(&[u8]) -> JsValue
        serialize_unit() -> JsValue
        serialize_unit_struct(&'static str) -> JsValue
        serialize_tuple(usize) -> Self::SerializeTuple
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant
        serialize_map(Option<usize>) -> Self::SerializeMap
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant
    }

    fn serialize_none(self) -> Result<JsValue, Never> {
        Ok(JsValue::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<JsValue, Never> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<JsValue, Never> {
        Ok(JsValue::from_str(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<JsValue, Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<JsValue, Never> {
        no_event()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Never> {
        Ok(Items(Array::new()))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Never> {
        Ok(Fields(Object::new()))
    }
}

/// The items of a list.
struct Items(Array);

impl SerializeSeq for Items {
    type Ok = JsValue;
    type Error = Never;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.0.push(&write(&value));
        Ok(())
    }

    fn end(self) -> Result<JsValue, Never> {
        Ok(self.0.into())
    }
}

/// The fields of an object.
struct Fields(Object);

impl SerializeStruct for Fields {
    type Ok = JsValue;
    type Error = Never;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
        js::set(&self.0, name, write(&value));
        Ok(())
    }

    fn end(self) -> Result<JsValue, Never> {
        Ok(self.0.into())
    }
}
