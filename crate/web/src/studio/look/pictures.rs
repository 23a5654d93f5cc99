//! Reads the pictures and tables that a chain names. It decides only what kind a file is; whether it fits is its caller's.

use std::rc::Rc;

use js_sys::{Object, Promise};
use onetake_core::error::{Failure, Retry};
use onetake_core::filter::cube;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap};

use crate::gl::Pixels;
use crate::js;

/// The longest side of a picture; a larger one is made smaller, for no film is larger.
const LARGEST: u32 = 2048;
/// The most bytes that are read of a file as text: of `.cube` files the largest.
const LONGEST: f64 = 67_108_864.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = createImageBitmap)]
    fn create_image_bitmap(source: &JsValue, options: &Object) -> Result<Promise, JsValue>;
}

/// A picture that the browser reads, else a `.cube` file. `table`: it is to be one, and its levels are kept as they are.
///
/// # Errors
/// `filter_invalid` where it is neither.
pub(super) async fn pixels(file: &Blob, table: bool) -> Result<Pixels, Failure> {
    if let Ok(bitmap) = bitmap(file, table, None).await {
        let longer = bitmap.width().max(bitmap.height());
        if longer <= LARGEST {
            return Ok(Pixels::Bitmap(bitmap));
        }
        let size = Some((bitmap.width(), bitmap.height(), longer));
        let smaller = self::bitmap(&bitmap, table, size).await;
        return smaller.map(Pixels::Bitmap).map_err(|reason| js::failure("filter_invalid", &reason));
    }
    let refused = |what: &str| Failure::new("filter_invalid", Retry::Never, what);
    if file.size() > LONGEST {
        return Err(refused("neither a picture nor a .cube file"));
    }
    let text = JsFuture::from(file.text()).await.map_err(|reason| js::failure("file_damaged", &reason))?;
    let text = text.as_string().unwrap_or_default();
    Ok(Pixels::Table(Rc::new(cube(&text)?)))
}

/// A table has neither alpha nor a colour space. `size`: and the longer side, which becomes [`LARGEST`].
async fn bitmap(source: &JsValue, table: bool, size: Option<(u32, u32, u32)>) -> Result<ImageBitmap, JsValue> {
    let options = Object::new();
    if table {
        js::set(&options, "premultiplyAlpha", "none");
        js::set(&options, "colorSpaceConversion", "none");
    }
    if let Some((width, height, longer)) = size {
        js::set(&options, "resizeWidth", (width * LARGEST / longer.max(1)).max(1));
        js::set(&options, "resizeHeight", (height * LARGEST / longer.max(1)).max(1));
        js::set(&options, "resizeQuality", "high");
    }
    JsFuture::from(create_image_bitmap(source, &options)?).await?.dyn_into()
}
